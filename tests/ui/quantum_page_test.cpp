// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file.h"
#include "tests/ui/desk.h"
#include "ui/docks/pair_sections.h"
#include "ui/views/quantum_page.h"

#include <QStackedWidget>
#include <QUndoGroup>
#include <QUndoStack>

#include <fstream>

namespace ketscope::test {
namespace {

class QuantumPageTest : public testing::Test {
protected:
    void SetUp() override
    {
        desk.openSample();
        page = std::make_unique<QuantumPage>(desk.controller, desk.appearance);
        page->resize(1100, 800);
        page->show();
        ASSERT_TRUE(waitFor([&] { return page->reader().pair() != nullptr; }));
    }

    FigurePane& pane(const char* id) const
    {
        return *page->findChild<FigurePane*>(QStringLiteral("figure.") + QString::fromLatin1(id));
    }

    // Every figure that is shown is there, or says why not.
    bool isDrawn() const
    {
        const auto panes = page->findChildren<FigurePane*>();
        return std::ranges::all_of(panes, [](FigurePane* each) { return each->isHidden() || each->figure(); });
    }

    void use(const std::string& id)
    {
        const auto before = page->reader().pair();
        desk.controller.setMechanism(mechanism(id));
        desk.controller.run();
        desk.waitUntilSettled();
        ASSERT_TRUE(waitFor([&] {
            return page->reader().pair() && page->reader().pair()->used == &mechanism(id) && isDrawn();
        })) << id
            << ": " << page->reader().problem().toStdString();
    }

    // B's first patched head.
    void selectPatched()
    {
        Selection at = desk.controller.selection();
        at.layer = desk.controller.comparison()->plans[1]->firstPatchedLayer(0);
        desk.controller.select(at);
    }

    Desk desk;
    std::unique_ptr<QuantumPage> page;
};

// Features alone fill the page, keep the focus that a figure had, and are scrolled where the page is low.
TEST_F(QuantumPageTest, FeaturesTakeThePageOfWhatIsNotThere)
{
    selectPatched();
    use("fidelity");
    page->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(page.get()));
    page->takeFocus();
    ASSERT_TRUE(pane("pair-amplitudes").hasFocus());
    use("rff");
    EXPECT_TRUE(pane("pair-amplitudes").isHidden());
    EXPECT_TRUE(pane("pair-features").hasFocus());
    EXPECT_TRUE(waitFor([&] { return pane("pair-features").height() > 600; })) << pane("pair-features").height();
    page->resize(1100, 300);
    const int wanted = pane("pair-features").heightForWidth(pane("pair-features").width());
    EXPECT_TRUE(waitFor([&] { return pane("pair-features").height() > wanted / 2; }));
}

TEST_F(QuantumPageTest, EveryMechanismHasSomethingToShowAndComesToItsCell)
{
    selectPatched();
    for (const Mechanism* each : mechanisms()) {
        if (each == &mechanism("exact"))
            continue;
        SCOPED_TRACE(each->info().id);
        use(each->info().id);
        const SelectedPair& pair = *page->reader().pair();
        EXPECT_EQ(pair.trace, 1U);
        EXPECT_FALSE(pair.isIllustration());
        EXPECT_NEAR(pair.reading.weight, pair.weights[1], 2e-5);
        int shown = 0;
        for (FigurePane* figure : page->findChildren<FigurePane*>())
            shown += figure->isHidden() ? 0 : 1;
        EXPECT_GE(shown, 1);
    }
}

TEST_F(QuantumPageTest, AnUnpatchedHeadIsShownAsAnIllustration)
{
    Selection at = desk.controller.selection();
    at.layer = 0;
    desk.controller.select(at);
    ASSERT_TRUE(waitFor([&] { return page->reader().pair() && page->reader().pair()->isIllustration(); }));
    const auto* note = page->findChild<QLabel*>(QStringLiteral("pairNote"));
    EXPECT_TRUE(note->text().contains(QStringLiteral("Not what this head used")));
    EXPECT_FALSE(pane("pair-circuit").isHidden());
}

TEST_F(QuantumPageTest, StepsMoveTheCursorAndTheStageTakesItBack)
{
    selectPatched();
    use("fidelity");
    const auto view = [&]() -> const QuantumView& { return desk.controller.study().view.quantum; };
    const PairCircuit& circuit = page->reader().pair()->reading.circuits.front();
    const std::size_t start = shownColumns(circuit, view());
    page->stepCircuit(1);
    EXPECT_EQ(view().step, start + 1);
    page->stepCircuit(-1);
    page->stepCircuit(-1);
    EXPECT_EQ(view().step, start - 1);
    page->findChild<Segment*>(QStringLiteral("pairStage"))->button(2)->click();
    EXPECT_FALSE(view().step.has_value());
    EXPECT_EQ(shownColumns(circuit, view()), circuit.columns());
    page->stepCircuit(1);
    EXPECT_EQ(view().step, circuit.columns()) << "there is nothing after the last column";
}

// Each test of an overlap has stages of its own, before which the cursor stands at its blocks.
TEST_F(QuantumPageTest, StagesAreThoseOfTheCircuit)
{
    selectPatched();
    use("fidelity");
    auto* stage = page->findChild<Segment*>(QStringLiteral("pairStage"));
    const auto titles = [&] { return QStringList{stage->button(0)->text(), stage->button(1)->text()}; };
    const auto run = [&](const char* id) {
        const auto before = page->reader().pair();
        const auto& choices = mechanism("fidelity").info().parameters.front().choices;
        const auto choice = std::ranges::find(choices, id) - choices.begin();
        desk.controller.setParameter("test", static_cast<double>(choice));
        desk.waitUntilSettled();
        return waitFor([&] { return page->reader().pair() && page->reader().pair() != before && isDrawn(); });
    };
    ASSERT_TRUE(run("inversion"));
    EXPECT_EQ(titles(), (QStringList{QStringLiteral("After U(q)"), QStringLiteral("After U†(k)")}));
    ASSERT_TRUE(run("swap"));
    EXPECT_EQ(titles(), (QStringList{QStringLiteral("After U(q)"), QStringLiteral("After U(k)")}));
    ASSERT_TRUE(run("hadamard"));
    EXPECT_EQ(titles(), (QStringList{QStringLiteral("Prepared"), QStringLiteral("After U")}));
    const PairCircuit& circuit = page->reader().pair()->reading.circuits.front();
    EXPECT_EQ(shownColumns(circuit, desk.controller.study().view.quantum), circuit.columnsOf(circuit.blocks[1]));
}

TEST_F(QuantumPageTest, AClickOnABarChoosesTheKey)
{
    selectPatched();
    use("fidelity");
    std::vector<QWidget*> sections = page->makeLeftSections();
    std::vector<std::unique_ptr<QWidget>> owned(sections.begin(), sections.end());
    auto* bars = owned[1]->findChild<ScoreBars*>();
    ASSERT_NE(bars, nullptr);
    bars->resize(240, bars->sizeHint().height());
    const auto rows = page->reader().pair()->reading.scores.size();
    const int height = bars->sizeHint().height() / static_cast<int>(rows);
    QTest::mouseClick(bars, Qt::LeftButton, {}, QPoint(100, 2 * height + height / 2));
    EXPECT_EQ(desk.controller.selection().key, 2U);
    ASSERT_TRUE(waitFor([&] { return isDrawn(); }));
    QTest::keyClick(bars, Qt::Key_Down);
    EXPECT_EQ(desk.controller.selection().key, 3U);
}

// An exact head is A's: nothing of B is in its bars.
TEST_F(QuantumPageTest, BarsHaveTheColourOfTheTraceThatIsShown)
{
    const std::vector<QWidget*> sections = page->makeLeftSections();
    const std::vector<std::unique_ptr<QWidget>> owned(sections.begin(), sections.end());
    auto* bars = owned[1]->findChild<ScoreBars*>();
    const Theme& theme = desk.appearance.theme();
    const auto has = [&](const QColor& colour) {
        bars->resize(bars->sizeHint());
        const QImage image = bars->grab().toImage();
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                if (image.pixelColor(x, y) == colour)
                    return true;
        return false;
    };
    Selection at = desk.controller.selection();
    at.layer = 0;
    desk.controller.select(at);
    ASSERT_TRUE(waitFor([&] { return page->reader().pair() && page->reader().pair()->trace == 0; }));
    EXPECT_TRUE(has(theme.traceA));
    EXPECT_FALSE(has(theme.traceB));
    selectPatched();
    ASSERT_TRUE(waitFor([&] { return page->reader().pair()->trace == 1; }));
    EXPECT_TRUE(has(theme.traceB));
    EXPECT_FALSE(has(theme.traceA));
}

TEST_F(QuantumPageTest, ImportedCountsAreDrawnReadTheOtherWayAndRemoved)
{
    selectPatched();
    use("fidelity");
    const std::vector<QWidget*> sections = page->makeRightSections();
    const std::vector<std::unique_ptr<QWidget>> owned(sections.begin(), sections.end());
    const auto section =
        std::ranges::find(owned, QStringLiteral("measuredCounts"), [](const auto& each) { return each->objectName(); });
    ASSERT_NE(section, owned.end());
    const std::string zeros(page->reader().pair()->reading.circuits.front().circuit.qubits() - 1, '0');
    const auto file = desk.folder.path() / "counts.json";
    std::ofstream(file) << "{\"0" << zeros << "\": 30, \"1" << zeros << "\": 10}";
    const auto imported = [&]() -> const std::optional<MeasuredCounts>& {
        return desk.controller.study().view.quantum.counts;
    };
    const auto drawn = [&] {
        return page->reader().counts() && pane("pair-counts").isVisible() && pane("pair-counts").figure();
    };
    EXPECT_TRUE(pane("pair-counts").isHidden());
    page->importCountsFrom(QString::fromStdString(file.string()), BitOrder::Qubit0Last);
    ASSERT_TRUE(waitFor(drawn));
    QTest::qWait(50);
    const auto placed = [&](const char* id) { return QRect(pane(id).mapTo(page.get(), QPoint()), pane(id).size()); };
    EXPECT_TRUE(page->rect().contains(placed("pair-counts"))) << "beside the outcomes, in sight";
    ASSERT_TRUE(pane("pair-outcomes").isVisible());
    EXPECT_EQ(placed("pair-counts").top(), placed("pair-outcomes").top());
    EXPECT_EQ(page->reader().counts()->shots, 40.0);
    EXPECT_EQ(page->reader().counts()->outcomes[1].count, 10U);

    auto* order = (*section)->findChild<QComboBox*>(QStringLiteral("countsOrder"));
    EXPECT_EQ(order->currentIndex(), 1);
    emit order->activated(0);
    ASSERT_TRUE(waitFor([&] { return page->reader().counts()->outcomes[1].count == 0; }));
    EXPECT_EQ(imported()->order, BitOrder::Qubit0First);

    (*section)->findChild<QPushButton*>(QStringLiteral("removeCounts"))->click();
    EXPECT_FALSE(imported().has_value());
    ASSERT_TRUE(waitFor([&] { return pane("pair-counts").isHidden(); }));
    desk.controller.undoGroup().activeStack()->undo();
    EXPECT_TRUE(imported().has_value());
    ASSERT_TRUE(waitFor(drawn));

    QString message;
    QObject::connect(&desk.controller, &StudyController::failed, page.get(),
                     [&](const QString& text) { message = text; });
    std::ofstream(file) << "{\"2\": 1}";
    page->importCountsFrom(QString::fromStdString(file.string()), BitOrder::Qubit0Last);
    ASSERT_TRUE(waitFor([&] { return !message.isEmpty(); }));
    EXPECT_TRUE(message.contains(QStringLiteral("bits, found \"2\""))) << message.toStdString();
    EXPECT_TRUE(imported().has_value());
}

TEST_F(QuantumPageTest, WithoutTheModelThePageSaysWhyItCannotBeShown)
{
    EXPECT_EQ(page->obstacle(), QString());
    Comparison elsewhere = *desk.controller.comparison();
    elsewhere.study.modelPath = "/nowhere/model";
    Monitor monitor;
    const auto file = desk.folder.path() / "run.h5";
    writeRunFile(elsewhere, file, monitor);
    desk.controller.openRecorded(QString::fromStdString(file.string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.isRecorded(); }));
    EXPECT_TRUE(page->obstacle().contains(QStringLiteral("Open the run's own model")));
}

}  // namespace
}  // namespace ketscope::test
