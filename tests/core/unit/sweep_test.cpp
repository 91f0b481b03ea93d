// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file.h"
#include "core/study/sweep.h"

#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/measures/measures.h"
#include "core/study/head_recorder.h"
#include "tests/support/paths.h"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>

namespace ketscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SweepTest : public testing::Test {
protected:
    SweepRequest request(const std::string& spec, const std::vector<std::string>& axes, std::size_t seeds = 4) const
    {
        SweepRequest result;
        result.study.modelPath = (test::samples() / "sentiment").string();
        result.study.input.text = "a long way to a warm and funny end";
        result.study.seed = 3;
        result.candidate = parseSpec(spec);
        for (const std::string& axis : axes)
            result.axes.push_back(parseAxis(axis));
        result.seeds = seeds;
        return result;
    }

    Sweep sweep(const SweepRequest& what) { return runSweep(what, *model, 1, monitor); }

    std::string refusal(const SweepRequest& what)
    {
        try {
            sweep(what);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        ADD_FAILURE() << "was accepted";
        return {};
    }

    static Interval measure(const SweepRow& row, const std::string& id)
    {
        const auto& all = sweepMeasures();
        return row.measures[static_cast<std::size_t>(std::ranges::find(all, id, &SweepMeasure::id) - all.begin())];
    }

    Monitor monitor;
    std::shared_ptr<const LoadedModel> model = loadModel(test::samples() / "sentiment", monitor);
};

TEST_F(SweepTest, BaselinesStandBesideEveryValue)
{
    const Sweep found = sweep(request("shots@layers=4-5", {"shots=16,256", "estimator=naive,systematic"}));
    ASSERT_EQ(found.rows.size(), 7U);
    EXPECT_EQ(found.question, "class");
    EXPECT_THAT(found.rows[3].values, ElementsAre("16", "naive"));
    EXPECT_THAT(found.rows[4].values, ElementsAre("16", "systematic"));
    EXPECT_THAT(found.rows[5].values, ElementsAre("256", "naive"));
    const SweepRow& exact = found.rows[0];
    EXPECT_EQ(exact.label, "exact");
    for (const char* id : {"weight_error", "weight_variation", "output_error", "output_divergence"})
        EXPECT_EQ(measure(exact, id).mean, 0.0) << id;
    EXPECT_EQ(found.rows[1].label, "uniform");
    EXPECT_GT(measure(found.rows[1], "output_error").mean, 0.05);
    EXPECT_EQ(found.rows[2].label, "zero");
    EXPECT_NEAR(measure(found.rows[2], "output_error").mean, 1.0, 1e-9);
    EXPECT_NEAR(measure(found.rows[2], "weight_error").mean, 1.0, 1e-9);
    EXPECT_NEAR(measure(found.rows[2], "weight_variation").mean, 0.5, 1e-6);
    EXPECT_GT(measure(found.rows[2], "output_divergence").mean, 0.0);
}

TEST_F(SweepTest, MoreShotsMeanLessError)
{
    const Sweep found = sweep(request("shots@layers=5", {"shots=16,256,4096"}, 6));
    for (std::size_t row = 4; row < 6; ++row)
        for (const char* id : {"weight_error", "weight_variation", "output_error"}) {
            const double ratio = measure(found.rows[row - 1], id).mean / measure(found.rows[row], id).mean;
            EXPECT_NEAR(ratio, 4.0, 1.0) << id;  // 1/√S
            EXPECT_LT(measure(found.rows[row], id).low, measure(found.rows[row], id).mean);
        }
    const double entropy = measure(found.rows[0], "entropy").mean;
    EXPECT_LT(measure(found.rows[3], "entropy").mean, measure(found.rows[3], "entropy_corrected").mean);
    EXPECT_NEAR(measure(found.rows[5], "entropy_corrected").mean, entropy, 0.01);
    EXPECT_EQ(measure(found.rows[3], "shots").mean, 4.0 * 11.0 * 16.0);  // 4 heads, 11 tokens
    EXPECT_NEAR(measure(found.rows[5], "probability_of_top").mean, measure(found.rows[0], "probability_of_top").mean,
                0.02);
}

TEST_F(SweepTest, WhatLeavesNothingToChanceRunsOnce)
{
    const Sweep found = sweep(request("top-k@layers=5;heads=1", {"k=1,4,4096"}));
    for (std::size_t row = 3; row < 6; ++row) {
        EXPECT_EQ(found.rows[row].runs, 1U);
        EXPECT_EQ(measure(found.rows[row], "output_error").low, measure(found.rows[row], "output_error").mean);
    }
    EXPECT_NEAR(measure(found.rows[5], "output_error").mean, 0.0, 1e-5);
}

TEST_F(SweepTest, PublishedVariantsAreMarked)
{
    const Sweep found = sweep(request("shots@layers=5", {"estimator=naive,hybrid-published"}, 2));
    EXPECT_FALSE(found.rows[3].published);
    EXPECT_TRUE(found.rows[4].published);
}

TEST_F(SweepTest, ThreadsDoNotChangeTheNumbers)
{
    const SweepRequest what = request("shots@layers=4-5", {"shots=16"}, 2);
    const Sweep one = sweep(what);
    const Sweep three = runSweep(what, *model, 3, monitor);
    for (std::size_t row = 0; row < one.rows.size(); ++row)
        for (std::size_t k = 0; k < sweepMeasures().size(); ++k)
            if (sweepMeasures()[k].id != "seconds") {
                const double a = one.rows[row].measures[k].mean, b = three.rows[row].measures[k].mean;
                EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b)))
                    << sweepMeasures()[k].id << ' ' << a << ' ' << b;
            }
}

TEST_F(SweepTest, WrongRequestsAreRefused)
{
    EXPECT_THAT(refusal(request("shots", {"shots=0,16"})), HasSubstr("parameter shots"));
    EXPECT_THAT(refusal(request("shots", {"frobs=1"})), HasSubstr("frobs"));
    EXPECT_THAT(refusal(request("shots", {"epsilon=0.1,0.2"})), HasSubstr("estimator=adaptive"));
    EXPECT_THAT(refusal(request("shots", {"shots=1,2", "shots=3"})), HasSubstr("twice"));
    EXPECT_THAT(refusal(request("shots", {"shots=1"}, 0)), HasSubstr("seeds"));
    std::string many = "shots=1";
    for (int i = 0; i < 150; ++i)
        many += ",1";
    EXPECT_THAT(refusal(request("shots", {many, "repeats" + many.substr(5)})), HasSubstr("10000"));
    for (const char* text : {"", "shots", "shots=", "=1", "shots=1,,2", "shots=1,"})
        EXPECT_THROW(parseAxis(text), Error) << text;
}

TEST_F(SweepTest, StopsWhenCancelled)
{
    class CancelLate : public Monitor {
    public:
        bool cancelled() const noexcept override { return m_cancel; }
        void progress(double, std::string_view what) override { m_cancel = what.starts_with("swept"); }

    private:
        bool m_cancel = false;
    } late;
    try {
        runSweep(request("shots@layers=5", {"shots=16,32"}), *model, 1, late);
        FAIL() << "not cancelled";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Cancelled);
    }
}

// Recorded heads, run exactly, give the maps of the baseline.
TEST_F(SweepTest, RecordedHeadsAreThoseOfTheModel)
{
    const Study study = request("shots@layers=2,5;heads=3", {}).study;
    const ComparisonPointer baseline = runStudy(study, *model, nullptr, 1, monitor);
    const HeadPlan plan = resolve({{parseSpec("shots@layers=2,5;heads=3")}}, baseline->model, 0);
    const auto heads = recordHeads(*baseline, *model, plan, monitor);
    ASSERT_EQ(heads.size(), 2U);
    for (const auto& head : heads) {
        EXPECT_EQ(head->head, 3U);
        Tensor weights({head->input.queries.rows, head->input.keys.rows});
        Tensor output({head->input.queries.rows, head->input.values.columns});
        attendHead(mechanism("exact"), head->input, mechanism("exact").defaults(),
                   {weights.matrix(), output.matrix(), {}, {}}, monitor);
        const MatrixView map = baseline->traces[0]->stacks[0].attention[head->layer]->matrix({3});
        for (std::size_t row = 0; row < map.rows; ++row)
            EXPECT_TRUE(std::ranges::equal(map.row(row), weights.matrix().row(row)));
    }
}

TEST_F(SweepTest, FilesHoldTheWholeTable)
{
    const test::TemporaryFolder folder;
    const Sweep found = sweep(request("shots@layers=5", {"shots=16,64"}, 2));
    writeSweep(found, folder.path() / "sweep.csv");
    std::ifstream in(folder.path() / "sweep.csv");
    std::string line;
    std::vector<std::string> lines;
    while (std::getline(in, line))
        lines.push_back(line);
    ASSERT_EQ(lines.size(), 6U);
    EXPECT_THAT(lines[0],
                HasSubstr("row,shots,runs,as_published,weight_error_mean,weight_error_low,weight_error_high"));
    EXPECT_THAT(lines[1], HasSubstr("exact,,1,0,0,0,0"));
    EXPECT_THAT(lines[4], HasSubstr("swept,16,2,0,"));
    for (const std::string& each : lines)
        EXPECT_EQ(std::ranges::count(each, ','), 3 + 3 * static_cast<std::ptrdiff_t>(sweepMeasures().size()));
    writeSweep(found, folder.path() / "sweep.h5");
    EXPECT_TRUE(isSweepFile(folder.path() / "sweep.h5"));
    EXPECT_FALSE(isSweepFile(folder.path() / "sweep.csv"));
    const Hdf5File file = Hdf5File::open(folder.path() / "sweep.h5");
    EXPECT_EQ(file.textAttribute("/", "format"), "ketscope-sweep");
    EXPECT_THAT(file.readStrings("/axes/shots"), ElementsAre("", "", "", "16", "64"));
    EXPECT_THAT(file.shape("/measures/output_error"), ElementsAre(5U, 3U));
    EXPECT_FLOAT_EQ(file.readFloats("/measures/output_error").data()[9],
                    static_cast<float>(measure(found.rows[3], "output_error").mean));
}

// The selected head alone is measured as the head that a run of the whole model patches.
TEST_F(SweepTest, OneHeadHasTheDivergenceOfItsMaps)
{
    SweepRequest what = request("rff@layers=4;heads=1", {"m=64"}, 1);
    what.wholeModel = false;
    Study study = what.study;
    study.candidates = {{{what.candidate}}};
    study.candidates[0].entries[0].parameters.setText("m", "64");
    const ComparisonPointer run = runStudy(study, *model, nullptr, 1, monitor);
    const Sweep found = runSweep(what, *model, 1, monitor, run);
    const auto map = [&](std::size_t trace) { return run->traces[trace]->stacks[0].attention[4]->matrix({1}); };
    const MapComparison expected = compareMaps(map(0), map(1));
    EXPECT_NEAR(measure(found.rows[3], "weight_divergence").mean, expected.kl, 1e-6);
    EXPECT_NEAR(measure(found.rows[3], "weight_jensen_shannon").mean, expected.jensenShannon, 1e-6);
    EXPECT_NEAR(measure(found.rows[3], "weight_maximum").mean, expected.maximumDifference, 1e-6);
    EXPECT_TRUE(std::isnan(measure(found.rows[3], "output_divergence").mean));
    EXPECT_TRUE(std::isnan(measure(found.rows[3], "standard_error").mean));
    EXPECT_EQ(found.question, "");
}

TEST_F(SweepTest, AnEarlierRunGivesTheSameNumbers)
{
    const SweepRequest what = request("shots@layers=5", {"shots=16,64"}, 2);
    const ComparisonPointer run = runStudy(what.study, *model, nullptr, 1, monitor);
    const Sweep fresh = sweep(what), reused = runSweep(what, *model, 1, monitor, run);
    for (std::size_t row = 0; row < fresh.rows.size(); ++row)
        for (const char* id : {"weight_divergence", "output_error", "output_divergence"}) {
            const double a = measure(fresh.rows[row], id).mean, b = measure(reused.rows[row], id).mean;
            EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << id;
        }
}

TEST_F(SweepTest, StandardErrorsFallWithShotsAndRepeats)
{
    const Sweep shots = sweep(request("shots:repeats=32@layers=5;heads=0", {"shots=16,256"}, 4));
    EXPECT_NEAR(measure(shots.rows[3], "standard_error").mean / measure(shots.rows[4], "standard_error").mean, 4.0,
                1.2);
    const Sweep repeats = sweep(request("shots:shots=16@layers=5;heads=0", {"repeats=16,256"}, 4));
    EXPECT_NEAR(measure(repeats.rows[3], "standard_error").mean / measure(repeats.rows[4], "standard_error").mean, 4.0,
                1.2);
}

TEST(CountForError, FollowsTheSquare)
{
    EXPECT_EQ(countForError(16.0, 0.02, 0.01), 64.0);
    EXPECT_EQ(countForError(16.0, 0.005, 0.01), 4.0);
    EXPECT_EQ(countForError(3.0, 0.011, 0.01), 4.0);  // 3.63
    EXPECT_EQ(countForError(8.0, 0.0, 0.01), 1.0);
}

TEST(NumericParameters, TheMainOneIsFirst)
{
    EXPECT_EQ(numericParameters(parseSpec("rff").parameters).front()->id, "m");
    EXPECT_EQ(numericParameters(parseSpec("shots").parameters).front()->id, "shots");
    EXPECT_TRUE(numericParameters(parseSpec("exact").parameters).empty());
}

class SweepFileTest : public SweepTest {
protected:
    SweepFileTest()
    {
        SweepRequest what = request("shots:estimator=naive@layers=4-5", {"shots=16,64", "repeats=1,2"}, 2);
        what.study.view.outputs.sweepMeasure = "weight_error";
        written = sweep(what);
        writeSweep(written, file);
    }

    std::string readingRefused() const
    {
        try {
            readSweep(file);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n")));
            return error.what();
        }
        ADD_FAILURE() << "was read";
        return {};
    }

    // The same file with another text, number or name of a parameter.
    struct Change {
        std::string text = {}, number = {}, axis = {};  // which attribute, or which dataset of /request
        std::string value = {};
        double amount = 0.0;
    };

    void rewrite(const Change& change)
    {
        const std::filesystem::path other = folder.path() / "other.h5";
        const Hdf5File from = Hdf5File::open(file);
        Hdf5File to = Hdf5File::create(other);
        for (const char* name :
             {"format", "model_path", "model_title", "model_sha256", "candidate", "study", "question", "top_answer"})
            to.setText("/", name, change.text == name ? change.value : *from.textAttribute("/", name));
        for (const char* name : {"version", "seeds", "whole_model"})
            to.setNumber("/", name, change.number == name ? change.amount : *from.numberAttribute("/", name));
        for (const std::string group : {"rows", "axes", "measures", "request"})
            for (const std::string& member : from.members("/" + group))
                copy(from, to, "/" + group + "/" + member, change);
        to.close();
        std::filesystem::rename(other, file);
    }

    static void copy(const Hdf5File& from, Hdf5File& to, const std::string& path, const Change& change)
    {
        if (path.starts_with("/measures/"))
            to.writeFloats(path, from.shape(path), from.readFloats(path).values());
        else if (path == "/rows/runs" || path == "/rows/published")
            to.writeIntegers(path, from.shape(path), from.readIntegers(path));
        else
            to.writeStrings(path, from.readStrings(path));
        if (const auto parameter = from.textAttribute(path, "parameter"))
            to.setText(path, "parameter", change.axis == path ? change.value : *parameter);
    }

    test::TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "sweep.h5";
    Sweep written;
};

// All of a sweep, its model beside title and path left out.
void expectSame(const Sweep& read, const Sweep& written)
{
    EXPECT_EQ(read.request.study, written.request.study);
    EXPECT_EQ(read.request.candidate, written.request.candidate);
    EXPECT_EQ(read.request.axes, written.request.axes);
    EXPECT_EQ(read.request.seeds, written.request.seeds);
    EXPECT_EQ(read.request.wholeModel, written.request.wholeModel);
    EXPECT_EQ(read.model.title, written.model.title);
    EXPECT_EQ(read.model.path, written.model.path);
    EXPECT_EQ(read.weightsSha256, written.weightsSha256);
    EXPECT_EQ(read.question, written.question);
    EXPECT_EQ(read.topAnswer, written.topAnswer);
    ASSERT_EQ(read.rows.size(), written.rows.size());
    for (std::size_t row = 0; row < read.rows.size(); ++row) {
        EXPECT_EQ(read.rows[row].label, written.rows[row].label);
        EXPECT_EQ(read.rows[row].values, written.rows[row].values);
        EXPECT_EQ(read.rows[row].runs, written.rows[row].runs);
        EXPECT_EQ(read.rows[row].published, written.rows[row].published);
        for (std::size_t k = 0; k < sweepMeasures().size(); ++k)
            for (double Interval::*part : {&Interval::mean, &Interval::low, &Interval::high}) {
                const double a = read.rows[row].measures[k].*part;
                const double b = static_cast<double>(static_cast<float>(written.rows[row].measures[k].*part));
                EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << sweepMeasures()[k].id;
            }
    }
    EXPECT_EQ(sweepComparison(std::make_shared<const Sweep>(read))->sweep->rows.size(), read.rows.size());
}

TEST_F(SweepFileTest, EveryFieldComesBack) { expectSame(readSweep(file), written); }

TEST_F(SweepFileTest, AStudyKeepsTheLastSweep)
{
    Study study = written.request.study;
    study.candidates = {{{written.request.candidate}}};
    Comparison run = *runStudy(study, *model, nullptr, 1, monitor);
    run.sweep = std::make_shared<const Sweep>(written);
    const std::filesystem::path ket = folder.path() / "swept.ket";
    writeRunFile(run, ket, monitor);
    const ComparisonPointer read = readRunFile(ket, monitor);
    ASSERT_NE(read->sweep, nullptr);
    expectSame(*read->sweep, written);
    EXPECT_TRUE(sweepIsCurrent(*read->sweep, read->study));
    EXPECT_EQ(read->traces[1]->stacks[0].firstComputedLayer, 4U);
    // One of another model says nothing about this one, and none is written where there is none.
    Sweep other = written;
    other.weightsSha256 = "00";
    run.sweep = std::make_shared<const Sweep>(other);
    writeRunFile(run, ket, monitor);
    EXPECT_EQ(readRunFile(ket, monitor)->sweep, nullptr);
    run.sweep = nullptr;
    writeRunFile(run, ket, monitor);
    EXPECT_EQ(readRunFile(ket, monitor)->sweep, nullptr);
}

TEST_F(SweepFileTest, TheUnchangedCopyIsRead)
{
    rewrite({});
    EXPECT_EQ(readSweep(file).rows.size(), written.rows.size());
}

TEST_F(SweepFileTest, DamageIsOneClearLine)
{
    const auto refusedWith = [&](const Change& change) {
        writeSweep(written, file);
        rewrite(change);
        return readingRefused();
    };
    EXPECT_THAT(refusedWith({.number = "version", .amount = 1.0}), HasSubstr("version"));
    EXPECT_THAT(refusedWith({.text = "format", .value = "ketscope-run"}), HasSubstr("version"));
    EXPECT_THAT(refusedWith({.text = "study", .value = "{"}), HasSubstr("JSON"));
    EXPECT_THAT(refusedWith({.text = "candidate", .value = "nothing"}), HasSubstr("nothing"));
    EXPECT_THAT(refusedWith({.number = "seeds", .amount = 1e9}), HasSubstr("seeds"));
    EXPECT_THAT(refusedWith({.number = "seeds", .amount = 1.5}), HasSubstr("seeds"));
    EXPECT_THAT(refusedWith({.axis = "/request/0", .value = "lambda-x"}), HasSubstr("lambda-x"));
    EXPECT_THAT(refusedWith({.axis = "/request/1", .value = "shots"}), HasSubstr("twice"));
}

TEST_F(SweepFileTest, RowsThatCannotBeAreRefused)
{
    const auto refusedWith = [&](auto change) {
        Sweep other = written;
        change(other);
        writeSweep(other, file);
        return readingRefused();
    };
    EXPECT_THAT(refusedWith([](Sweep& sweep) { sweep.rows[0].label = "surprise"; }), HasSubstr("surprise"));
    EXPECT_THAT(refusedWith([](Sweep& sweep) { sweep.rows[4].values[0] = "17"; }), HasSubstr("17"));
    EXPECT_THAT(refusedWith([](Sweep& sweep) { sweep.rows[4].runs = 0; }), HasSubstr("runs"));
    EXPECT_THAT(refusedWith([](Sweep& sweep) { sweep.request.axes[0].values = {"0"}; }), HasSubstr("shots"));
}

TEST_F(SweepFileTest, ACutFileIsRefused)
{
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    readingRefused();
}

}  // namespace
}  // namespace ketscope
