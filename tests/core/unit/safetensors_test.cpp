// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/tensor_archive.h"
#include "core/formats/widen.h"
#include "tests/support/paths.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

using namespace ketscope;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

std::string file(const std::string& header, const std::string& payload)
{
    const std::uint64_t length = header.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    return bytes + header + payload;
}

std::string tensor(const std::string& type, const std::string& shape, const std::string& offsets)
{
    return R"({"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

template <typename Value> std::string bytesOf(const std::vector<Value>& values)
{
    std::string bytes(values.size() * sizeof(Value), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

class SafetensorsFile : public testing::Test {
protected:
    fs::path write(const std::string& name, const std::string& bytes) const
    {
        const fs::path path = m_folder.path() / name;
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }

    std::string refusal(const std::string& bytes) const { return refusalOf(write("model.safetensors", bytes)); }

    static std::string refusalOf(const fs::path& path)
    {
        try {
            openSafetensors(path);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return "accepted";
    }

    std::string folderRefusal() const
    {
        try {
            openWeights(m_folder.path());
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return "accepted";
    }

    std::vector<float> values(const std::string& type, const std::string& payload, std::size_t count) const
    {
        const std::string header =
            "{\"t\":" + tensor(type, "[" + std::to_string(count) + "]", "[0," + std::to_string(payload.size()) + "]")
            + "}";
        const auto archive = openSafetensors(write("values.safetensors", file(header, payload)));
        std::vector<float> out(count);
        archive->read(archive->entries().at(0), 0, out);
        return out;
    }

    test::TemporaryFolder m_folder;
};

// Definition from IEEE 754, in double precision.
double halfValue(unsigned pattern)
{
    const int exponent = static_cast<int>((pattern >> 10) & 31U);
    const double fraction = pattern & 1023U;
    const double sign = (pattern & 0x8000U) != 0 ? -1.0 : 1.0;
    if (exponent == 31)
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::quiet_NaN();
    return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

TEST(Widen, EveryHalfIsExact)
{
    for (unsigned pattern = 0; pattern < 65536; ++pattern) {
        const double expected = halfValue(pattern);
        const float found = halfToFloat(static_cast<std::uint16_t>(pattern));
        if (std::isnan(expected))
            ASSERT_TRUE(std::isnan(found)) << pattern;
        else
            ASSERT_EQ(static_cast<double>(found), expected) << pattern;
        ASSERT_EQ(std::signbit(found), (pattern & 0x8000U) != 0) << pattern;
    }
}

TEST_F(SafetensorsFile, WidensEveryType)
{
    using testing::ElementsAre;
    EXPECT_THAT(values("F64", bytesOf<double>({1.5, -0.1, 1e300}), 3),
                ElementsAre(1.5F, -0.1F, std::numeric_limits<float>::infinity()));
    EXPECT_THAT(values("F32", bytesOf<float>({1.25F, -3e-40F}), 2), ElementsAre(1.25F, -3e-40F));
    EXPECT_THAT(values("F16", bytesOf<std::uint16_t>({0x3C00, 0x0001, 0xC000}), 3), ElementsAre(1.0F, 0x1p-24F, -2.0F));
    EXPECT_THAT(values("BF16", bytesOf<std::uint16_t>({0x3F80, 0xC040}), 2), ElementsAre(1.0F, -3.0F));
    EXPECT_THAT(values("I64", bytesOf<std::int64_t>({-7, 16777217}), 2), ElementsAre(-7.0F, 16777216.0F));
    EXPECT_THAT(values("I32", bytesOf<std::int32_t>({-8}), 1), ElementsAre(-8.0F));
    EXPECT_THAT(values("I16", bytesOf<std::int16_t>({-300}), 1), ElementsAre(-300.0F));
    EXPECT_THAT(values("I8", bytesOf<std::int8_t>({-128, 127}), 2), ElementsAre(-128.0F, 127.0F));
    EXPECT_THAT(values("U64", bytesOf<std::uint64_t>({std::uint64_t{1} << 63}), 1), ElementsAre(0x1p63F));
    EXPECT_THAT(values("U32", bytesOf<std::uint32_t>({4294967295U}), 1), ElementsAre(4294967296.0F));
    EXPECT_THAT(values("U16", bytesOf<std::uint16_t>({65535}), 1), ElementsAre(65535.0F));
    EXPECT_THAT(values("U8", bytesOf<std::uint8_t>({255}), 1), ElementsAre(255.0F));
    EXPECT_THAT(values("BOOL", bytesOf<std::uint8_t>({0, 1, 2}), 3), ElementsAre(0.0F, 1.0F, 1.0F));
}

TEST_F(SafetensorsFile, ListsSortedAndReadsRanges)
{
    const std::string header = R"({"__metadata__":{"format":"pt"},"b":)" + tensor("F32", "[2,2]", "[2,18]") + R"(,"a":)"
                               + tensor("F16", "[]", "[0,2]") + R"(,"empty":)" + tensor("F32", "[0,5]", "[2,2]")
                               + "}   ";
    const std::string payload = bytesOf<std::uint16_t>({0x4000}) + bytesOf<float>({1, 2, 3, 4});
    const auto archive = openSafetensors(write("m.safetensors", file(header, payload)));
    ASSERT_EQ(archive->entries().size(), 3U);
    EXPECT_EQ(archive->entries()[0].name, "a");
    EXPECT_EQ(archive->entries()[0].elements, 1U);
    EXPECT_EQ(archive->entries()[2].elements, 0U);
    const TensorEntry* const b = archive->find("b");
    ASSERT_NE(b, nullptr);
    EXPECT_THAT(b->shape, testing::ElementsAre(2U, 2U));
    std::vector<float> out(2);
    archive->read(*b, 1, out);
    EXPECT_THAT(out, testing::ElementsAre(2.0F, 3.0F));
    EXPECT_EQ(archive->find("c"), nullptr);
    EXPECT_EQ(archive->fileOf(*b).filename(), "m.safetensors");
    EXPECT_THROW(archive->read(*b, 3, out), Error);
    EXPECT_THROW(archive->read(*b, ~std::uint64_t{0}, out), Error);
    TensorEntry stranger = *b;
    stranger.name = "c";
    EXPECT_THROW(archive->read(stranger, 0, out), Error);
    archive->read(*archive->find("empty"), 0, {});
}

TEST_F(SafetensorsFile, RefusesTheMalformedFixtures)
{
    const fs::path bad = test::fixtures() / "badinput";
    EXPECT_THAT(refusalOf(bad / "st_header_len_huge.safetensors"), HasSubstr("header length of 18446744073709551615"));
    EXPECT_THAT(refusalOf(bad / "st_truncated_payload.safetensors"), HasSubstr("cut short"));
    EXPECT_THAT(refusalOf(bad / "st_unknown_dtype.safetensors"), HasSubstr("'F128'"));
    EXPECT_THAT(refusalOf(bad / "st_lfs_pointer.safetensors"),
                AllOf(HasSubstr("not downloaded"), HasSubstr("git lfs pull")));
    EXPECT_EQ(refusalOf(bad / "st_nan_weights/model.safetensors"), "accepted");
}

TEST_F(SafetensorsFile, RefusesOtherFilesUnderItsName)
{
    EXPECT_THAT(refusal(""), HasSubstr("0 bytes"));
    EXPECT_THAT(refusal("<!DOCTYPE html><html></html>"), HasSubstr("web page"));
    EXPECT_THAT(refusal("PK\x03\x04 and so on"), HasSubstr("PyTorch"));
    EXPECT_THAT(refusal("GGUF and so on"), HasSubstr("GGUF"));
    EXPECT_THAT(refusalOf(m_folder.path() / "none.safetensors"), HasSubstr("none.safetensors"));
    EXPECT_THAT(refusalOf(m_folder.path()), HasSubstr("a folder"));
}

TEST_F(SafetensorsFile, RefusesHeadersThatDoNotFit)
{
    const std::string one = "{\"t\":" + tensor("F32", "[1]", "[0,4]") + "}";
    EXPECT_EQ(refusal(file(one, "abcd")), "accepted");
    EXPECT_THAT(refusal(file("", "")), HasSubstr("starts with {"));
    EXPECT_THAT(refusal(file(" " + one, "abcd")), HasSubstr("starts with {"));
    EXPECT_THAT(refusal(file("[]", "")), HasSubstr("starts with {"));
    EXPECT_THAT(refusal(file(one + "x", "abcd")), HasSubstr("valid JSON"));
    EXPECT_THAT(refusal(file("{\"t\":1}", "")), HasSubstr("'dtype'"));
    EXPECT_THAT(refusal(file("{\"t\":{\"dtype\":5,\"shape\":[],\"data_offsets\":[0,4]}}", "abcd")), HasSubstr("'5'"));
    EXPECT_THAT(refusal(file("{\"t\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", "abcd")), HasSubstr("'shape'"));
    EXPECT_THAT(refusal(file("{\"t\":{\"dtype\":\"F32\",\"shape\":[1]}}", "abcd")), HasSubstr("'data_offsets'"));
    EXPECT_THAT(refusal(file("{\"t\":1,\"t\":2}", "")), HasSubstr("'t' twice"));
    EXPECT_THAT(refusal(file("{\"\xFF\":1}", "")), HasSubstr("UTF-8"));
    EXPECT_THAT(refusal(file("{\"t\":" + std::string(100, '[') + "}", "")), HasSubstr("nest"));
    EXPECT_THAT(refusal(file("{\"__metadata__\":{\"a\":1}}", "")), HasSubstr("__metadata__"));
    EXPECT_THAT(refusal(file("{\"__metadata__\":[]}", "")), HasSubstr("__metadata__"));
    EXPECT_EQ(refusal(file("{}", "")), "accepted");
}

TEST_F(SafetensorsFile, RefusesShapesAndOffsetsThatLie)
{
    const auto withShape = [&](const std::string& shape) {
        return refusal(file("{\"t\":" + tensor("F32", shape, "[0,4]") + "}", "abcd"));
    };
    for (const char* shape : {"[-1]", "[1.0]", "[\"1\"]", "[null]", "4", "[18446744073709551616]", "[[1]]"})
        EXPECT_THAT(withShape(shape), HasSubstr("a shape of")) << shape;
    EXPECT_THAT(withShape("[4294967296,4294967296]"), HasSubstr("overflow"));
    EXPECT_THAT(withShape("[4611686018427387905]"), HasSubstr("overflow"));
    EXPECT_THAT(withShape("[2]"), HasSubstr("expected 8 bytes"));
    EXPECT_THAT(withShape("[0]"), HasSubstr("expected 0 bytes"));
    EXPECT_THAT(withShape("[" + std::string(200, '1') + "]"), HasSubstr("a shape of"));
    std::string ranks = "[1";
    for (int i = 0; i < 40; ++i)
        ranks += ",1";
    EXPECT_THAT(withShape(ranks + "]"), HasSubstr("41 entries"));

    const auto withOffsets = [&](const std::string& offsets) {
        return refusal(file("{\"t\":" + tensor("F32", "[1]", offsets) + "}", "abcd"));
    };
    EXPECT_THAT(withOffsets("[4,0]"), HasSubstr("begin ≤ end"));
    EXPECT_THAT(withOffsets("[0]"), HasSubstr("begin ≤ end"));
    EXPECT_THAT(withOffsets("[0,4,8]"), HasSubstr("3 entries"));
    EXPECT_THAT(withOffsets("[-4,0]"), HasSubstr("data_offsets"));
    EXPECT_THAT(withOffsets("[0,8]"), HasSubstr("cut short"));
    EXPECT_THAT(withOffsets("[18446744073709551612,18446744073709551615]"), HasSubstr("cut short"));
}

TEST_F(SafetensorsFile, RefusesOverlapsHolesAndTrailingBytes)
{
    const auto two = [&](const std::string& a, const std::string& b, std::size_t bytes) {
        return refusal(file("{\"a\":" + tensor("F32", "[1]", a) + ",\"b\":" + tensor("F32", "[1]", b) + "}",
                            std::string(bytes, 'x')));
    };
    EXPECT_EQ(two("[4,8]", "[0,4]", 8), "accepted");
    EXPECT_THAT(two("[0,4]", "[2,6]", 6), AllOf(HasSubstr("'b'"), HasSubstr("overlap")));
    EXPECT_THAT(two("[0,4]", "[0,4]", 4), HasSubstr("overlap"));
    EXPECT_THAT(two("[0,4]", "[5,9]", 9), HasSubstr("gap up to byte 5"));
    EXPECT_THAT(two("[1,5]", "[5,9]", 9), HasSubstr("gap up to byte 1"));
    EXPECT_THAT(two("[0,4]", "[4,8]", 9), HasSubstr("1 bytes that belong to no tensor"));
}

TEST_F(SafetensorsFile, EveryTruncationIsRefused)
{
    const std::string whole =
        file("{\"a\":" + tensor("F32", "[1]", "[0,4]") + ",\"b\":" + tensor("F16", "[2,1]", "[4,8]") + "}", "abcdefgh");
    ASSERT_EQ(refusal(whole), "accepted");
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_NE(refusal(whole.substr(0, length)), "accepted") << length;
}

TEST_F(SafetensorsFile, FlippedBytesAreRefusedOrHarmless)
{
    std::ifstream input(test::fixtures() / "badinput/st_nan_weights/model.safetensors", std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(input), {}};
    std::uint64_t header = 0;
    ASSERT_GT(whole.size(), 8U);
    std::memcpy(&header, whole.data(), 8);
    std::mt19937 random(7);
    int refused = 0;
    for (int round = 0; round < 400; ++round) {
        std::string damaged = whole;
        for (auto flips = 1 + random() % 3; flips > 0; --flips)
            damaged[random() % (8 + header)] = static_cast<char>(random());
        const fs::path path = write("model.safetensors", damaged);
        if (refusalOf(path) != "accepted") {
            ++refused;
            continue;
        }
        const auto archive = openSafetensors(path);
        for (const TensorEntry& entry : archive->entries()) {
            std::vector<float> out(entry.elements);
            archive->read(entry, 0, out);
        }
    }
    EXPECT_GT(refused, 200);
}

TEST_F(SafetensorsFile, ReadsShards)
{
    const auto shard = [](const std::string& name, float value) {
        return file("{\"" + name + "\":" + tensor("F32", "[1]", "[0,4]") + "}", bytesOf<float>({value}));
    };
    write("model-2.safetensors", shard("a", 1));
    write("model-1.safetensors", shard("b", 2));
    write("model.safetensors.index.json",
          R"({"metadata":{"total_size":8},"weight_map":{"a":"model-2.safetensors","b":"model-1.safetensors"}})");
    const auto archive = openWeights(m_folder.path());
    ASSERT_EQ(archive->entries().size(), 2U);
    float value = 0;
    archive->read(*archive->find("a"), 0, {&value, 1});
    EXPECT_EQ(value, 1.0F);
    archive->read(*archive->find("b"), 0, {&value, 1});
    EXPECT_EQ(value, 2.0F);
    EXPECT_EQ(archive->fileOf(*archive->find("b")).filename(), "model-1.safetensors");
    EXPECT_EQ(archive->find("c"), nullptr);

    write("model-1.safetensors", shard("a", 2));
    EXPECT_THAT(folderRefusal(), HasSubstr("tensor 'b'"));
    write("model.safetensors.index.json", R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
    write(
        "model-2.safetensors",
        file("{\"a\":" + tensor("F32", "[1]", "[0,4]") + ",\"b\":" + tensor("F32", "[1]", "[4,8]") + "}", "abcdefgh"));
    EXPECT_THAT(folderRefusal(), AllOf(HasSubstr("'a'"), HasSubstr("each tensor in one shard")));
}

TEST_F(SafetensorsFile, RefusesIndexesThatLeadElsewhereOrNowhere)
{
    const auto withIndex = [&](const std::string& index) {
        write("model.safetensors.index.json", index);
        return folderRefusal();
    };
    write("outside.safetensors", file("{}", ""));
    for (const char* name : {"../x.safetensors", "/etc/passwd", "", ".", "..", "a/b", "a\\\\b", "a\\u0000b"})
        EXPECT_THAT(withIndex(std::string(R"({"weight_map":{"t":")") + name + "\"}}"), HasSubstr("plain file names"))
            << name;
    EXPECT_THAT(withIndex(R"({"weight_map":{"t":"missing.safetensors"}})"), HasSubstr("missing.safetensors"));
    EXPECT_THAT(withIndex(R"({"weight_map":{"t":"outside.safetensors"}})"), HasSubstr("tensor 't'"));
    EXPECT_THAT(withIndex(R"({"weight_map":{"t":3}})"), HasSubstr("'t'"));
    EXPECT_THAT(withIndex(R"({"weight_map":{}})"), HasSubstr("weight_map"));
    EXPECT_THAT(withIndex(R"({"weight_map":[]})"), HasSubstr("weight_map"));
    EXPECT_THAT(withIndex(R"([])"), HasSubstr("weight_map"));
    EXPECT_THAT(withIndex(R"({"weight_map":{"t":"a","t":"b"}})"), HasSubstr("twice"));
}

TEST_F(SafetensorsFile, SaysWhichWeightsAreThereInstead)
{
    EXPECT_THAT(folderRefusal(), HasSubstr("an empty folder"));
    write("config.json", "{}");
    EXPECT_THAT(folderRefusal(), HasSubstr("model.safetensors"));
    for (const char* name : {"tf_model.h5", "model.gguf", "pytorch_model.bin"}) {
        write(name, "x");
        EXPECT_THAT(folderRefusal(), HasSubstr(std::string("only ") + name));
        fs::remove(m_folder.path() / name);
    }
    EXPECT_THROW(openWeights(m_folder.path() / "config.json"), Error);
    EXPECT_THROW(openWeights(m_folder.path() / "none"), Error);
}

TEST_F(SafetensorsFile, OpensEveryFixtureModel)
{
    int models = 0;
    for (const fs::directory_entry& model : fs::directory_iterator(test::fixtures() / "models")) {
        const auto archive = openWeights(model.path());
        ++models;
        EXPECT_GT(archive->entries().size(), 10U);
        for (const TensorEntry& entry : archive->entries()) {
            std::vector<float> out(entry.elements);
            archive->read(entry, 0, out);
            EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](float v) { return std::isfinite(v); })) << entry.name;
        }
    }
    EXPECT_GE(models, 7);
}

}  // namespace
