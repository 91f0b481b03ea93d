// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/counts_reading.h"
#include "tests/support/paths.h"
#include "tests/viz/golden.h"
#include "tests/viz/synthetic.h"
#include "viz/export.h"
#include "viz/figures/circuit_layout.h"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

const char* const kIds[] = {"pair-amplitudes", "pair-circuit", "pair-bloch",    "pair-density",
                            "pair-outcomes",   "pair-counts",  "pair-features", "mps-bonds"};

std::unique_ptr<Figure> figure(const QString& id, const ComparisonPointer& comparison)
{
    return figureType(id).make(comparison);
}

double number(const QStringList& row, int column) { return row.at(column).toDouble(); }

// Every figure says something for every mechanism, at every stage, and stays inside its height.
TEST(PairFigures, HaveSomethingToSayForEveryMechanism)
{
    for (const Mechanism* mechanism : mechanisms())
        for (const PairStage stage : {PairStage::AfterQuery, PairStage::Measured})
            for (const char* id : kIds) {
                SCOPED_TRACE(mechanism->info().id + " " + id);
                auto comparison = std::make_shared<Comparison>(*sample(6, false, false, mechanism->info().id));
                comparison->study.view.quantum.stage = stage;
                const auto made = figure(QString::fromLatin1(id), comparison);
                for (const double width : {200.0, 700.0}) {
                    const Theme theme = lightTheme();
                    const double height = made->heightFor(width, theme);
                    EXPECT_GT(height, 0.0);
                    QImage image(int(width), int(std::ceil(height)), QImage::Format_RGB32);
                    image.fill(theme.panel);
                    const QImage blank = image.copy();
                    QPainter painter(&image);
                    made->paint(painter, image.rect(), theme);
                    painter.end();
                    EXPECT_NE(image, blank);
                    made->hit(QPointF(width / 2.0, height / 2.0), image.rect(), theme);
                }
                EXPECT_FALSE(made->caption().isEmpty());
                EXPECT_FALSE(made->table().header.isEmpty());
            }
}

TEST(PairFigures, AmplitudesAndOutcomesAreTheReadings)
{
    const auto comparison = sample(6, false, false, "fidelity:test=inversion,shots=256");
    const auto pair = selectedPair(comparison, Monitor());
    const Table amplitudes = figure(QStringLiteral("pair-amplitudes"), comparison)->table();
    ASSERT_EQ(amplitudes.rows.size(), 16U);
    for (std::size_t i = 0; i < 8; ++i)
        EXPECT_NEAR(number(amplitudes.rows[i], 2), pair->reading.states[0].amplitudes[i].real(), 1e-8);
    const Table outcomes = figure(QStringLiteral("pair-outcomes"), comparison)->table();
    ASSERT_EQ(outcomes.rows.size(), 8U);
    EXPECT_NEAR(number(outcomes.rows[0], 1), pair->reading.results[0].value, 1e-6) << "0…0 has the fidelity";
    EXPECT_NEAR(number(outcomes.rows[0], 3), pair->reading.scores[5], 1e-9) << "the score was measured there";
}

// A title on two lines pushes the bars down, and what the pointer finds with them.
TEST(PairFigures, BarsAreFoundWhereTheyAreBelowALongTitle)
{
    const TemporaryFolder folder;
    const auto topOfBars = [&](const char* name) {
        auto comparison = std::make_shared<Comparison>(*sample(6, false, false, "fidelity:test=inversion,shots=256"));
        std::ofstream(folder.path() / name) << R"({"000": 70, "100": 20, "011": 10})";
        const auto pair = selectedPair(comparison, Monitor());
        comparison->study.view.quantum.counts =
            readMeasuredCounts(folder.path() / name, BitOrder::Qubit0Last, *pair, comparison->study.selection);
        const auto made = figure(QStringLiteral("pair-counts"), comparison);
        const QRectF area(0.0, 0.0, 200.0, made->heightFor(200.0, lightTheme()));
        double y = 0.0;
        while (y < area.height() && !made->hit({100.0, y}, area, lightTheme()).item)
            y += 1.0;
        return y;
    };
    EXPECT_GT(topOfBars("counts-of-the-second-run-elsewhere.json"), topOfBars("c.json") + 8.0);
}

TEST(PairFigures, CountsStandBesideTheExactOutcomes)
{
    const QString id = QStringLiteral("pair-counts");
    auto comparison = std::make_shared<Comparison>(*sample(6, false, false, "fidelity:test=inversion,shots=256"));
    EXPECT_TRUE(figure(id, comparison)->caption().contains(QStringLiteral("No counts are imported")));
    EXPECT_TRUE(figure(id, comparison)->table().rows.empty());

    const TemporaryFolder folder;
    std::ofstream(folder.path() / "counts.json") << R"({"000": 70, "100": 20, "011": 10})";
    const auto pair = selectedPair(comparison, Monitor());
    comparison->study.view.quantum.counts =
        readMeasuredCounts(folder.path() / "counts.json", BitOrder::Qubit0Last, *pair, comparison->study.selection);
    const auto made = figure(id, comparison);
    const Table table = made->table();
    ASSERT_EQ(table.rows.size(), 8U);
    EXPECT_NEAR(number(table.rows[0], 1), pair->reading.results[0].value, 1e-6) << "0…0 has the fidelity";
    EXPECT_EQ(table.rows[1], (QStringList{table.rows[1][0],
                                          table.rows[1][1],
                                          {},
                                          QStringLiteral("20"),
                                          QStringLiteral("0.2"),
                                          QStringLiteral("0.04"),
                                          table.rows[1][6],
                                          table.rows[1][7]}));
    EXPECT_EQ(table.rows[1][0], QStringLiteral("001")) << "\"100\" ends with qubit 0";
    const QString caption = made->caption();
    for (const char* part :
         {"Counts from counts.json, which writes qubit 0 last", "100 shots", "all 8 outcomes of 3 qubits"})
        EXPECT_TRUE(caption.contains(QString::fromLatin1(part))) << caption.toStdString();
    const QRectF area(0, 0, 600, made->heightFor(600, lightTheme()));
    const Hit hit = made->hit({80, area.bottom() - 60}, area, lightTheme());
    EXPECT_TRUE(hit.sentence.startsWith(QStringLiteral("outcome 000: exact"))) << hit.sentence.toStdString();
    EXPECT_TRUE(hit.sentence.contains(QStringLiteral("counted 70 of 100"))) << hit.sentence.toStdString();

    compareWithGolden("pair_counts_light", *made, false, {620, 240});
    compareWithGolden("pair_counts_dark", *made, true, {620, 240});

    auto other = std::make_shared<Comparison>(*sample(6, false, false, "fidelity:test=swap"));
    other->study.view.quantum.counts = comparison->study.view.quantum.counts;
    EXPECT_TRUE(figure(id, other)->caption().contains(QStringLiteral("are of another circuit")));
    EXPECT_TRUE(figure(id, other)->table().rows.empty());
}

// Products add up to the score, which is an estimate of the kernel beside it.
TEST(PairFigures, FeaturesAddUpToTheEstimateOfAKernel)
{
    const auto comparison = sample(6, false, false, "rff");
    const auto pair = selectedPair(comparison, Monitor());
    const auto made = figure(QStringLiteral("pair-features"), comparison);
    const std::vector<Table> tables = made->tables();
    ASSERT_EQ(tables.size(), 2U);
    const std::size_t key = comparison->study.selection.key;
    EXPECT_NEAR(number(tables[0].rows.back(), 4), pair->reading.scores[key], 1e-6);
    EXPECT_NEAR(number(tables[1].rows[key], 1), pair->reading.results[0].value, 1e-8);
    EXPECT_NEAR(number(tables[1].rows[key], 2), pair->reading.scores[key], 1e-8);
    EXPECT_GT(number(tables[1].rows[key], 3), 0.0);

    const QRectF area(0, 0, 600, made->heightFor(600, lightTheme()));
    const Hit hit = made->hit({580, area.bottom() - 90}, area, lightTheme());
    EXPECT_EQ(hit.key, pair->reading.scores.size() - 1) << hit.sentence.toStdString();
    EXPECT_EQ(figure(QStringLiteral("pair-features"), sample(6, false, false, "performer"))->tables().size(), 1U);
}

// Before any gate the wires are |0…0⟩: ρ has one entry.
TEST(PairFigures, TheStepMovesTheState)
{
    auto comparison = std::make_shared<Comparison>(*sample(6, false, false, "fidelity"));
    comparison->study.view.quantum.step = 0;
    const Table start = figure(QStringLiteral("pair-density"), comparison)->table();
    EXPECT_NEAR(number(start.rows[0], 3), 1.0, 1e-12);
    for (std::size_t i = 1; i < start.rows.size(); ++i)
        EXPECT_NEAR(number(start.rows[i], 3), 0.0, 1e-12);
    comparison->study.view.quantum.step.reset();
    const auto pair = selectedPair(comparison, Monitor());
    const Table query = figure(QStringLiteral("pair-density"), comparison)->table();
    const auto a = pair->reading.states[0].amplitudes;
    EXPECT_NEAR(number(query.rows[1], 3), a[0].real() * a[1].real(), 1e-6);
}

TEST(PairFigures, CircuitsAreCutIntoLinesThatFit)
{
    const auto pair = selectedPair(sample(6, false, false, "fidelity"), Monitor());
    for (const double width : {180.0, 400.0, 1200.0}) {
        const CircuitLayout layout(pair->reading.circuits[0], width, lightTheme());
        for (std::size_t line = 0; line < layout.lines(); ++line)
            EXPECT_LE(layout.wiresRight(line), std::max(width, 110.0));
        EXPECT_EQ(layout.lineOf(layout.columns().size() - 1), layout.lines() - 1);
    }
}

TEST(PairFigures, AnUnpatchedHeadIsAnIllustrationAndSaysSo)
{
    SyntheticComparison made(sentence(6));
    made.trace(attentionLike(6, 1)).select(2, 3);
    const auto comparison = made.make();
    EXPECT_TRUE(selectedPair(comparison, Monitor())->isIllustration());
    const QString caption = figure(QStringLiteral("pair-amplitudes"), comparison)->caption();
    EXPECT_TRUE(caption.contains(QStringLiteral("not these amplitude-encoded states"))) << caption.toStdString();
}

TEST(PairFigures, WithoutVectorsTheySayWhy)
{
    auto comparison = std::make_shared<Comparison>(*sample(6));
    comparison->selectedHead = nullptr;
    try {
        figure(QStringLiteral("pair-bloch"), comparison);
        FAIL() << "made from nothing";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("Open the run's own model"), std::string::npos) << error.what();
    }
}

TEST(PairFigures, CircuitsAreProgramsToo)
{
    const TemporaryFolder folder;
    const auto file = folder.path() / "pair.qasm";
    exportProgram(*figure(QStringLiteral("pair-circuit"), sample(6, false, false, "pqc")), file);
    std::ifstream in(file);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    EXPECT_NE(text.find("OPENQASM 3.0;"), std::string::npos);
    EXPECT_NE(text.find("qubit[4] q;"), std::string::npos);
    EXPECT_THROW(exportProgram(*figure(QStringLiteral("pair-circuit"), sample(6)), file), Error);
}

}  // namespace
}  // namespace ketscope::test
