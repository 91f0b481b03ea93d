// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/monitor.h"
#include "core/formats/hdf5.h"
#include "core/formats/npy.h"
#include "core/study/data_set.h"
#include "core/study/samples.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/paths.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ketscope::test {

namespace {

// A comparison of two traces by hand: one stack of two layers and one head, "a" and "a" and a comma.
ComparisonPointer small()
{
    auto made = std::make_shared<Comparison>();
    made->model.stacks = {{.name = "text", .layers = 2, .heads = 1, .headSize = 1, .width = 1}};
    for (const char* text : {"a", "a", "say \"b\", c"})
        made->input.tokens.push_back({.id = 1, .piece = text, .display = text, .span = {}});
    for (std::size_t trace = 0; trace < 2; ++trace) {
        auto one = std::make_shared<Trace>();
        StackTrace stack{.name = "text"};
        for (std::size_t layer = 0; layer < 2; ++layer) {
            Tensor maps({1, 3, 3});
            for (std::size_t i = 0; i < 9; ++i)
                maps.data()[i] = static_cast<float>(100 * trace + 10 * layer + i);
            stack.attention.push_back(layer == 0 ? std::make_shared<const Tensor>(std::move(maps)) : nullptr);
        }
        one->stacks.push_back(std::move(stack));
        made->traces.push_back(std::move(one));
    }
    made->plans.resize(2);
    return made;
}

DataSet dataOf(const ComparisonPointer& comparison, const std::string& id)
{
    const auto& types = dataSetTypes();
    return std::ranges::find(types, id, &DataSetType::id)->make(comparison);
}

std::string obstacleTo(const Comparison& comparison, const std::string& id)
{
    const auto& types = dataSetTypes();
    return std::ranges::find(types, id, &DataSetType::id)->obstacle(comparison);
}

std::string contents(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST(DataSet, CsvNamesThePlaceOfEveryNumber)
{
    const TemporaryFolder folder;
    const auto comparison = small();
    Monitor monitor;
    writeDataSet(dataOf(comparison, "head_weights"), *comparison, folder.path() / "w.csv", monitor);
    std::istringstream lines(contents(folder.path() / "w.csv"));
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(line, "trace,query,query_text,key,key_text,head_weights\r");
    std::vector<std::string> rows;
    while (std::getline(lines, line))
        rows.push_back(line);
    ASSERT_EQ(rows.size(), 18U);
    EXPECT_EQ(rows[5], "A,1,a,2,\"say \"\"b\"\", c\",5\r");
    EXPECT_EQ(rows[9 + 6], "B,2,\"say \"\"b\"\", c\",0,a,106\r");
    const Json description = Json::parse(contents(folder.path() / "w.csv.json"));
    EXPECT_EQ(description["axes"][1]["labels"][2], "say \"b\", c");
    EXPECT_TRUE(description.contains("study"));
}

TEST(DataSet, NpyHoldsTheValuesAndWhatWasNotKeptIsNaN)
{
    const TemporaryFolder folder;
    const auto comparison = small();
    Monitor monitor;
    writeDataSet(dataOf(comparison, "weights"), *comparison, folder.path() / "w.npy", monitor);
    const std::string bytes = contents(folder.path() / "w.npy");
    const NpyArray array(std::as_bytes(std::span(bytes)), bytes.size(), "w.npy");
    EXPECT_EQ(array.shape(), (std::vector<std::size_t>{2, 2, 1, 3, 3}));
    EXPECT_EQ(array.dtype(), "<f4");
    std::vector<float> values(array.size());
    array.read(0, values);
    EXPECT_EQ(values[4], 4.0F);
    EXPECT_TRUE(std::isnan(values[9]));
    EXPECT_EQ(values[18 + 7], 107.0F);
}

TEST(DataSet, Hdf5HoldsTheValuesAndTheNames)
{
    const TemporaryFolder folder;
    const auto comparison = small();
    Monitor monitor;
    writeDataSet(dataOf(comparison, "head_weights"), *comparison, folder.path() / "w.h5", monitor);
    const Hdf5File file = Hdf5File::open(folder.path() / "w.h5");
    EXPECT_EQ(file.shape("/values"), (std::vector<std::size_t>{2, 3, 3}));
    EXPECT_EQ(file.readFloats("/values").values()[17], 108.0F);
    EXPECT_EQ(file.readStrings("/axes/trace"), (std::vector<std::string>{"A", "B"}));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "w.h5.json"));
}

// Most of the file is there before the last block is asked for: the array is never in memory as a whole.
TEST(DataSet, Hdf5IsWrittenBlockByBlock)
{
    const TemporaryFolder folder;
    const auto written = [&] {
        std::uintmax_t bytes = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            bytes += entry.file_size();
        return bytes;
    };
    DataSet data{"weights", "", {{"layer", 16}, {"head", 4}, {"query", 256}, {"key", 256}}, 2, {}};
    std::uintmax_t before = 0;  // the last layer; values are packed, so only the whole file tells how much that is
    const auto value = [](std::size_t place) { return static_cast<float>(place * 2654435761U % 16777213U); };
    data.read = [&](std::span<const std::size_t> at, std::span<float> block) {
        if (at[0] == 15)
            before = written();
        for (std::size_t i = 0; i < block.size(); ++i)
            block[i] = value((4 * at[0] + at[1]) * block.size() + i);
    };
    Monitor monitor;
    writeDataSet(data, *small(), folder.path() / "w.h5", monitor);
    EXPECT_GT(before, std::filesystem::file_size(folder.path() / "w.h5") / 2);
    const Tensor all = Hdf5File::open(folder.path() / "w.h5").readFloats("/values");
    EXPECT_EQ(all.shape(), (std::vector<std::size_t>{16, 4, 256, 256}));
    for (std::size_t i = 0; i < all.values().size(); ++i)
        ASSERT_EQ(all.values()[i], value(i));
    CancelledAfter cancelling;
    EXPECT_THROW(writeDataSet(data, *small(), folder.path() / "other.h5", cancelling), Error);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "other.h5"));
}

TEST(DataSet, SaysWhatAComparisonDoesNotHave)
{
    const auto comparison = small();
    EXPECT_EQ(obstacleTo(*comparison, "head_weights"), "");
    EXPECT_NE(obstacleTo(*comparison, "head_standard_errors"), "");
    EXPECT_NE(obstacleTo(*comparison, "hidden_states"), "");
    EXPECT_NE(obstacleTo(*comparison, "logits"), "");
}

TEST(DataSet, NothingIsLeftOfWhatWasCancelledOrRefused)
{
    const TemporaryFolder folder;
    const auto comparison = small();
    const DataSet data = dataOf(comparison, "head_weights");
    CancelledAfter cancelling;
    EXPECT_THROW(writeDataSet(data, *comparison, folder.path() / "w.csv", cancelling), Error);
    Monitor monitor;
    EXPECT_THROW(writeDataSet(data, *comparison, folder.path() / "w.xls", monitor), Error);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(DataSet, EverySetOfASampleHasTheSizeOfItsAxes)
{
    Monitor monitor;
    const Study study = sampleStudy();
    const auto model = loadModel(study.modelPath, monitor);
    const auto comparison = runStudy(study, *model, nullptr, 1, monitor);
    const TemporaryFolder folder;
    for (const DataSetType& type : dataSetTypes()) {
        if (!type.obstacle(*comparison).empty())
            continue;
        const DataSet data = type.make(comparison);
        writeDataSet(data, *comparison, folder.path() / (type.id + ".npy"), monitor);
        const std::string bytes = contents(folder.path() / (type.id + ".npy"));
        EXPECT_EQ(NpyArray(std::as_bytes(std::span(bytes)), bytes.size(), type.id).size(), data.size()) << type.id;
        for (const DataAxis& axis : data.axes)
            EXPECT_TRUE(axis.labels.empty() || axis.labels.size() == axis.extent) << type.id << ' ' << axis.name;
    }
    const Selection& at = comparison->study.selection;
    std::vector<float> block(dataOf(comparison, "head_weights").blockSize());
    const std::size_t b[] = {1};
    dataOf(comparison, "head_weights").read(b, block);
    const MatrixView map = comparison->traces[1]->stacks[at.stack].attention[at.layer]->matrix({at.head});
    EXPECT_EQ(block[at.query * map.columns + at.key], map(at.query, at.key));
}

}  // namespace ketscope::test
