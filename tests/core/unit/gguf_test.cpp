// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/gguf.h"
#include "core/formats/hdf5.h"
#include "core/formats/json.h"
#include "core/formats/quantized.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/model_copy.h"

#include <chrono>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

using namespace ketscope;
using ketscope::test::GgufBuilder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

std::string floats(std::size_t count)
{
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i)
        bytes += GgufBuilder::bytes(static_cast<float>(i));
    return bytes;
}

// Two tensors and an entry of every kind.
GgufBuilder smallFile()
{
    GgufBuilder file;
    file.set("general.architecture", "llama")
        .set("a.count", 7U)
        .set("a.words", std::vector<std::string>{"x", "", "yz"});
    file.tensor("b", {2, 3}, GgufBuilder::kTensorF32, floats(6));
    file.tensor("a", {32}, GgufBuilder::kTensorQ4_0,
                GgufBuilder::bytes<std::uint16_t>(0x3C00) + std::string(16, '\x19'));
    return file;
}

class Gguf : public testing::Test {
protected:
    fs::path write(const std::string& bytes, const std::string& name = "model.gguf") const
    {
        const fs::path path = m_folder.path() / name;
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }

    static std::string refusalOf(const fs::path& path)
    {
        try {
            const GgufFile file(path);
            for (const TensorEntry& entry : file.entries()) {
                std::vector<float> out(entry.elements);
                file.read(entry, 0, out);
            }
            for (const std::string_view key : file.metadata().keys())
                if (file.metadata().arraySize(key) > 0)
                    readArray(file.metadata(), key);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return "accepted";
    }
    std::string refusal(const std::string& bytes) const { return refusalOf(write(bytes)); }
    std::string refusal(const GgufBuilder& file) const { return refusal(file.build()); }

    // Texts, or numbers of any kind.
    static void readArray(const GgufMetadata& metadata, std::string_view key)
    {
        try {
            metadata.texts(key);
        } catch (const Error& error) {
            if (std::string(error.what()).find("UTF-8") != std::string::npos)
                throw;
        }
    }

    test::TemporaryFolder m_folder;
};

TEST_F(Gguf, EveryTypeHasTheValuesOfTheReference)
{
    const GgufFile file(test::fixtures() / "gguf/types.gguf");
    const Hdf5File expected = Hdf5File::open(test::fixtures() / "gguf/types_expected.h5");
    const std::vector<std::string> names = expected.members("/");
    EXPECT_EQ(names.size(), file.entries().size());
    for (const std::string& name : names) {
        const TensorEntry* entry = file.find("t." + name);
        ASSERT_NE(entry, nullptr) << name;
        const Tensor wanted = expected.readFloats("/" + name);
        EXPECT_THAT(std::vector<std::size_t>(entry->shape.begin(), entry->shape.end()), testing::Eq(wanted.shape()))
            << name;
        std::vector<float> found(entry->elements);
        file.read(*entry, 0, found);
        for (std::size_t i = 0; i < found.size(); ++i)
            ASSERT_EQ(found[i], wanted.data()[i]) << name << " at " << i;
    }
}

TEST_F(Gguf, AnyRangeIsAPartOfTheWhole)
{
    const GgufFile file(test::fixtures() / "gguf/types.gguf");
    for (const TensorEntry& entry : file.entries()) {
        std::vector<float> whole(entry.elements);
        file.read(entry, 0, whole);
        const auto size = static_cast<std::size_t>(entry.elements);
        for (const std::size_t first : {std::size_t{0}, std::size_t{1}, size / 3, size / 2, size - 1}) {
            for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{31}, size / 2, size - first}) {
                std::vector<float> part(std::min(count, size - first), -7.0F);
                file.read(entry, first, part);
                for (std::size_t i = 0; i < part.size(); ++i)
                    ASSERT_EQ(part[i], whole[first + i]) << entry.name << " " << first << " + " << i;
            }
        }
        std::vector<float> over(2);
        EXPECT_THROW(file.read(entry, size - 1, over), Error);
        EXPECT_THROW(file.read(entry, ~std::uint64_t{0}, over), Error);
    }
}

// No file of the reference holds Q8_K, which exists between layers of llama.cpp only: a scale and 256 bytes.
TEST_F(Gguf, Q8KIsAScaleTimesBytes)
{
    std::string block = GgufBuilder::bytes(0.375F);
    for (int i = 0; i < 256; ++i)
        block += static_cast<char>(i);
    block += std::string(32, '\xFF');
    std::vector<float> out(256);
    quantized::q8_K(reinterpret_cast<const std::byte*>(block.data()), out);
    for (int i = 0; i < 256; ++i)
        EXPECT_EQ(out[static_cast<std::size_t>(i)], 0.375F * static_cast<float>(static_cast<std::int8_t>(i)));
}

TEST_F(Gguf, EveryKindOfMetadataIsRead)
{
    const GgufFile file(test::fixtures() / "gguf/types.gguf");
    const GgufMetadata& metadata = file.metadata();
    const Json expected = readJsonFile(test::fixtures() / "gguf/types.json").at("metadata");
    for (const auto& [key, value] : expected.items()) {
        if (value.is_string())
            EXPECT_EQ(metadata.text(key), value.get<std::string>()) << key;
        else if (value.is_boolean())
            EXPECT_EQ(metadata.flag(key), value.get<bool>()) << key;
        else if (value.is_number_unsigned())
            EXPECT_EQ(metadata.count(key), value.get<std::uint64_t>()) << key;
        else if (value.is_number_integer())
            EXPECT_EQ(metadata.integer(key), value.get<std::int64_t>()) << key;
        else if (value.is_number())
            EXPECT_EQ(metadata.number(key), value.get<double>()) << key;
        else
            EXPECT_EQ(metadata.arraySize(key), value.size()) << key;
    }
    EXPECT_EQ(metadata.texts("kv.arr_strings")->at(2), "β");
    EXPECT_THAT(*metadata.integers("kv.arr_ints"), ElementsAre(1, -2, 3));
    EXPECT_THAT(*metadata.numbers("kv.arr_floats"), ElementsAre(0.5F, -1.25F));
    EXPECT_THAT(*metadata.flags("kv.arr_bools"), ElementsAre(true, false, true));
    EXPECT_FALSE(metadata.text("kv.none"));
    EXPECT_FALSE(metadata.has("kv.none"));
}

TEST_F(Gguf, ValuesOfAnotherKindAreRefusedByName)
{
    const GgufFile file(test::fixtures() / "gguf/types.gguf");
    const GgufMetadata& metadata = file.metadata();
    const auto refused = [](const auto& read) -> std::string {
        try {
            read();
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    };
    EXPECT_THAT(refused([&] { metadata.text("kv.u8"); }),
                AllOf(HasSubstr("kv.u8"), HasSubstr("a text"), HasSubstr("U8")));
    EXPECT_THAT(refused([&] { metadata.count("kv.i8"); }), HasSubstr("-128"));
    EXPECT_THAT(refused([&] { metadata.integer("kv.u64"); }), HasSubstr("18446744073709551615"));
    EXPECT_THAT(refused([&] { metadata.count("kv.f32"); }), HasSubstr("a whole number"));
    EXPECT_THAT(refused([&] { metadata.number("kv.bool_t"); }), HasSubstr("BOOL"));
    EXPECT_THAT(refused([&] { metadata.flag("kv.u8"); }), HasSubstr("BOOL"));
    EXPECT_THAT(refused([&] { metadata.texts("kv.arr_ints"); }), HasSubstr("an array of 3 × I32"));
    EXPECT_THAT(refused([&] { metadata.integers("kv.arr_floats"); }), HasSubstr("an array of whole numbers"));
    EXPECT_THAT(refused([&] { metadata.numbers("kv.str_ascii"); }), HasSubstr("a text"));
    EXPECT_THAT(refused([&] { metadata.flags("kv.arr_ints"); }), HasSubstr("truth values"));
}

TEST_F(Gguf, VersionTwoAndAnyAlignmentAreRead)
{
    EXPECT_EQ(GgufFile(test::fixtures() / "gguf/gpt2-f16-v2.gguf").version(), 2U);
    for (const std::uint32_t alignment : {1U, 2U, 8U, 64U, 4096U}) {
        GgufBuilder file;
        file.alignment = alignment;
        file.set("general.alignment", alignment);
        file.tensor("t", {3}, GgufBuilder::kTensorF32, floats(3));
        file.tensor("u", {2}, GgufBuilder::kTensorF32, floats(2));
        const GgufFile opened(write(file.build()));
        EXPECT_EQ(opened.alignment(), alignment);
        std::vector<float> out(3);
        opened.read(*opened.find("t"), 0, out);
        EXPECT_THAT(out, ElementsAre(0.0F, 1.0F, 2.0F));
        opened.read(*opened.find("u"), 0, std::span(out).first(2));
        EXPECT_THAT(out, ElementsAre(0.0F, 1.0F, 2.0F));
    }
    for (const std::uint32_t alignment : {0U, 3U, 48U, 4294967295U})
        EXPECT_THAT(refusal(GgufBuilder().set("general.alignment", alignment)), HasSubstr("a power of two"));
    EXPECT_THAT(refusal(GgufBuilder().set("general.alignment", "32")), HasSubstr("a whole number"));
}

TEST_F(Gguf, RefusesTheMalformedFixtures)
{
    const fs::path bad = test::fixtures() / "badinput";
    EXPECT_THAT(refusalOf(bad / "gguf_bad_magic.gguf"), HasSubstr("does not start with GGUF"));
    EXPECT_THAT(refusalOf(bad / "gguf_truncated_data.gguf"), HasSubstr("cut short"));
}

TEST_F(Gguf, RefusesOtherFilesUnderItsName)
{
    EXPECT_THAT(refusal(""), HasSubstr("does not start with GGUF"));
    EXPECT_THAT(refusal("version https://git-lfs.github.com/spec/v1"), HasSubstr("git lfs pull"));
    EXPECT_THAT(refusal("tjgg\x03"), HasSubstr("before GGUF"));
    EXPECT_THAT(refusal("PK\x03\x04"), HasSubstr("PyTorch"));
    GgufBuilder file = smallFile();
    EXPECT_EQ(refusal(file), "accepted");
    file.version = 1;
    EXPECT_THAT(refusal(file), HasSubstr("version 1"));
    file.version = 4;
    EXPECT_THAT(refusal(file), HasSubstr("version 4"));
    file.version = 0x03000000;
    EXPECT_THAT(refusal(file), HasSubstr("big-endian"));
}

TEST_F(Gguf, EveryTruncationIsRefused)
{
    const std::string whole = smallFile().build();
    ASSERT_EQ(refusal(whole), "accepted");
    for (std::size_t length = 0; length < whole.size(); ++length)
        ASSERT_NE(refusal(whole.substr(0, length)), "accepted") << length;
}

TEST_F(Gguf, RefusesCountsAndLengthsThatLie)
{
    for (const std::uint64_t many : {std::uint64_t{3}, std::uint64_t{1000}, std::uint64_t{1} << 32,
                                     std::uint64_t{1} << 61, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        GgufBuilder file = smallFile();
        file.tensors = many;
        EXPECT_NE(refusal(file), "accepted") << many;
        file = smallFile();
        file.pairs = many + 1;
        EXPECT_NE(refusal(file), "accepted") << many;
        const std::string count = GgufBuilder::bytes(many + 1000);
        for (const GgufBuilder::Kind kind : {GgufBuilder::kU8, GgufBuilder::kF64, GgufBuilder::kText}) {
            file = GgufBuilder();
            file.raw("k", GgufBuilder::kArray, GgufBuilder::bytes<std::uint32_t>(kind) + count);
            EXPECT_THAT(refusal(file), HasSubstr("in an array")) << many;
        }
        EXPECT_NE(refusal(GgufBuilder().raw("k", GgufBuilder::kText, count)), "accepted");
        std::string name = smallFile().build();
        const std::size_t at = name.find("\1\0\0\0\0\0\0\0b", 0, 9);
        ASSERT_NE(at, std::string::npos);
        name.replace(at, 8, count);
        EXPECT_NE(refusal(name), "accepted");
    }
}

TEST_F(Gguf, RefusesKindsAndNestingItDoesNotKnow)
{
    const std::string zero(8, '\0');
    EXPECT_THAT(refusal(GgufBuilder().raw("k", 13, zero)), HasSubstr("from 0 to 12"));
    EXPECT_THAT(refusal(GgufBuilder().raw("k", ~0U, zero)), HasSubstr("4294967295"));
    const auto array = [&](std::uint32_t kind) {
        return GgufBuilder().raw("k", GgufBuilder::kArray, GgufBuilder::bytes(kind) + zero);
    };
    EXPECT_EQ(refusal(array(GgufBuilder::kText)), "accepted");
    EXPECT_THAT(refusal(array(GgufBuilder::kArray)), HasSubstr("an array of arrays"));
    EXPECT_THAT(refusal(array(13)), HasSubstr("from 0 to 12"));
}

TEST_F(Gguf, RefusesNamesThatAreDoubleEmptyOrNotText)
{
    EXPECT_THAT(refusal(GgufBuilder().set("k", 1U).set("k", 1U)), HasSubstr("one value for each key"));
    EXPECT_THAT(refusal(GgufBuilder().set("", 1U)), HasSubstr("0 bytes"));
    EXPECT_THAT(refusal(GgufBuilder().set(std::string(70000, 'k'), 1U)), HasSubstr("70000 bytes"));
    EXPECT_THAT(refusal(GgufBuilder().set("k\xFF", 1U)), HasSubstr("not UTF-8"));
    EXPECT_THAT(refusal(GgufBuilder().set("k", std::vector<std::string>{"a", "\xC3"})), HasSubstr("index 1"));
    const auto tensor = [](std::string_view name) {
        return GgufBuilder().tensor(name, {1}, 0, "abcd").tensor("t", {1}, 0, "abcd");
    };
    EXPECT_EQ(refusal(tensor("s")), "accepted");
    EXPECT_THAT(refusal(tensor("t")), HasSubstr("one tensor of each name"));
    EXPECT_THAT(refusal(tensor("")), HasSubstr("0 bytes"));
    EXPECT_THAT(refusal(tensor(std::string(2000, 'n'))), HasSubstr("2000 bytes"));
    EXPECT_THAT(refusal(tensor("\xED\xA0\x80")), HasSubstr("not UTF-8"));
}

TEST_F(Gguf, RefusesShapesAndPlacesThatLie)
{
    const auto shaped = [](std::vector<std::uint64_t> shape, std::uint32_t type = 0) {
        return GgufBuilder().tensor("t", std::move(shape), type, std::string(64, 'x'));
    };
    EXPECT_EQ(refusal(shaped({4, 2, 2})), "accepted");
    EXPECT_EQ(refusal(shaped({0, 5})), "accepted");
    EXPECT_EQ(refusal(shaped({})), "accepted");
    EXPECT_THAT(refusal(shaped({1, 1, 1, 1, 1})), HasSubstr("at most 4 dimensions"));
    EXPECT_THAT(refusal(shaped({17})), HasSubstr("68 bytes"));
    EXPECT_THAT(refusal(shaped({std::uint64_t{1} << 32, std::uint64_t{1} << 32})), HasSubstr("overflows"));
    EXPECT_THAT(refusal(shaped({(std::uint64_t{1} << 62) + 1})), HasSubstr("overflows"));
    EXPECT_THAT(refusal(shaped({~std::uint64_t{0}, ~std::uint64_t{0}, 0})), HasSubstr("overflows"));
    EXPECT_THAT(refusal(shaped({std::uint64_t{1} << 59, 32}, GgufBuilder::kTensorQ4_0)), HasSubstr("overflows"));
    EXPECT_THAT(refusal(shaped({2, 33}, GgufBuilder::kTensorQ4_0)), HasSubstr("a multiple of 32"));
    EXPECT_THAT(refusal(shaped({2, 128}, 14)), HasSubstr("Q6_K"));
    EXPECT_THAT(refusal(shaped({}, GgufBuilder::kTensorQ4_0)), HasSubstr("a multiple of 32"));
    EXPECT_THAT(refusal(shaped({256}, 16)), HasSubstr("IQ2_XXS"));
    EXPECT_THAT(refusal(shaped({256}, 4)), HasSubstr("type 4"));
    const auto placed = [](std::uint64_t first, std::uint64_t second) {
        GgufBuilder file;
        file.addTensor("a", {8}, 0, first).addTensor("b", {8}, 0, second);
        return file.build() + std::string(96, 'x');
    };
    EXPECT_EQ(refusal(placed(32, 0)), "accepted");
    EXPECT_THAT(refusal(placed(0, 16)), HasSubstr("a multiple of 32"));
    EXPECT_THAT(refusal(placed(0, 0)), HasSubstr("an overlap"));
    EXPECT_THAT(refusal(placed(0, 64)), HasSubstr("a gap"));
    EXPECT_THAT(refusal(placed(0, 96)), HasSubstr("96 bytes of data"));
    EXPECT_THAT(refusal(placed(0, ~std::uint64_t{31})), HasSubstr("96 bytes of data"));
}

TEST_F(Gguf, FlippedBytesAreRefusedOrHarmless)
{
    const std::string whole = test::readBytes(test::fixtures() / "gguf/types.gguf");
    constexpr std::size_t kHeader = 2006;
    ASSERT_GT(whole.size(), kHeader);
    std::mt19937 random(11);
    int refused = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string damaged = whole;
        for (auto flips = 1 + random() % 3; flips > 0; --flips)
            damaged[random() % kHeader] = static_cast<char>(random());
        refused += refusal(damaged) == "accepted" ? 0 : 1;
    }
    EXPECT_GT(refused, 1000);
}

std::size_t peakMegabytes()
{
    std::ifstream status("/proc/self/status");
    std::string word;
    std::size_t kilobytes = 0;
    while (status >> word)
        if (word == "VmHWM:")
            status >> kilobytes;
    return kilobytes / 1024;
}

// As large as Llama 2 7B in Q4_0, but a sparse file: only its header takes room on the disk.
TEST_F(Gguf, SevenBillionParametersOpenAtOnceInLittleMemory)
{
    GgufBuilder file;
    std::vector<std::string> words;
    for (int i = 0; i < 32000; ++i)
        words.push_back("▁word" + std::to_string(i));
    file.set("general.architecture", "llama").set("tokenizer.ggml.tokens", words);
    std::uint64_t offset = 0;
    std::uint64_t parameters = 0;
    const auto add = [&](const std::string& name, std::uint64_t rows, std::uint64_t columns) {
        file.addTensor(name, {rows, columns}, GgufBuilder::kTensorQ4_0, offset);
        offset += rows * columns / 32 * 18;
        parameters += rows * columns;
    };
    add("token_embd.weight", 32000, 4096);
    for (int layer = 0; layer < 32; ++layer) {
        for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"})
            add("blk." + std::to_string(layer) + "." + name + ".weight", 4096, 4096);
        add("blk." + std::to_string(layer) + ".ffn_gate.weight", 11008, 4096);
        add("blk." + std::to_string(layer) + ".ffn_up.weight", 11008, 4096);
        add("blk." + std::to_string(layer) + ".ffn_down.weight", 4096, 11008);
    }
    add("output.weight", 32000, 4096);
    const fs::path path = write(file.header());
    fs::resize_file(path, file.header().size() + offset);

    const std::size_t before = peakMegabytes();
    const auto start = std::chrono::steady_clock::now();
    const GgufFile opened(path);
    EXPECT_EQ(opened.metadata().texts("tokenizer.ggml.tokens")->back(), "▁word31999");
    float last = 1.0F;
    const TensorEntry& output = *opened.find("output.weight");
    opened.read(output, output.elements - 1, {&last, 1});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_EQ(last, 0.0F);
    EXPECT_GT(parameters, 6'600'000'000U);
    EXPECT_LT(seconds, 1.0);
    EXPECT_LT(peakMegabytes() - before, 50U);
}

}  // namespace
