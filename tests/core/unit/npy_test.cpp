// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/npy.h"

#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/formats/npz.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gmock/gmock.h>
#include <random>
#include <zip.h>

using namespace ketscope;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

fs::path fixture(const std::string& name) { return test::fixtures() / "captured" / name; }

std::vector<float> valuesOf(const NpyArray& array)
{
    std::vector<float> values(array.size());
    array.read(0, values);
    return values;
}

NpyArray parse(const std::string& bytes) { return NpyArray(std::as_bytes(std::span(bytes)), bytes.size(), "array"); }

std::string refusal(const std::string& bytes)
{
    try {
        const NpyArray array = parse(bytes);
        array.isText() ? static_cast<void>(array.texts()) : static_cast<void>(valuesOf(array));
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "accepted";
}

// A file of version 1.0 with this header and so many bytes of zeros.
std::string npy(const std::string& header, std::size_t data)
{
    std::string bytes = "\x93NUMPY\x01";
    bytes += '\0';
    bytes += static_cast<char>(header.size() & 0xFF);
    bytes += static_cast<char>(header.size() >> 8);
    return bytes + header + std::string(data, '\0');
}

std::string header(const std::string& dtype, const std::string& shape)
{
    return "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

TEST(Npy, EveryVersionOfTheFormat)
{
    for (const char* name : {"version1.npy", "version2.npy", "version3.npy"}) {
        const MappedFile file(fixture(name));
        const NpyArray array(file.bytes(), file.bytes().size(), name);
        EXPECT_THAT(array.shape(), ElementsAre(2, 3));
        EXPECT_THAT(valuesOf(array), ElementsAre(0, 1, 2, 3, 4, 5));
    }
}

TEST(Npy, EveryDtypeOrderAndByteOrderOfAnArchive)
{
    for (const char* name : {"types.npz", "types_deflated.npz"}) {
        const NpzFile archive(fixture(name));
        EXPECT_EQ(archive.names().size(), 20U);
        for (const std::string& entry : archive.names()) {
            SCOPED_TRACE(std::string(name) + " " + entry);
            const std::vector<std::byte> bytes = archive.read(entry);
            const NpyArray array(bytes, bytes.size(), entry);
            if (entry == "text") {
                EXPECT_THAT(array.texts(), ElementsAre("a", "bé", "日本"));
            } else if (entry == "bytes") {
                EXPECT_THAT(array.texts(), ElementsAre("a", "bc"));
            } else if (entry == "empty") {
                EXPECT_EQ(array.size(), 0U);
            } else if (entry == "big_fortran") {
                std::vector<float> part(5);
                array.read(10, part);
                EXPECT_THAT(part, ElementsAre(10, 11, 12, 13, 14));
            } else {
                EXPECT_THAT(valuesOf(array), ElementsAre(0, 1, 2, 3, 4, 5));
            }
        }
    }
}

TEST(Npy, OtherDtypesAreRefusedByName)
{
    const auto fileRefusal = [](const std::string& name) {
        const MappedFile file(fixture(name));
        return refusal(std::string(file.text()));
    };
    EXPECT_THAT(fileRefusal("structured.npy"), HasSubstr("structured"));
    EXPECT_THAT(fileRefusal("complex.npy"), HasSubstr("'<c8'"));
    EXPECT_THAT(fileRefusal("truth.npy"), HasSubstr("'|b1'"));
    for (const char* dtype :
         {"|O8", "<M8", "<f16", "<f3", "<i16", "f4", "<f", "<f4x", "<f-4", "", "<U99999999", "<f99999999999999999999"})
        EXPECT_THAT(refusal(npy(header(dtype, "(1,)"), 8)), HasSubstr("array: expected")) << dtype;
}

TEST(Npy, HeadersAndSizesAreChecked)
{
    EXPECT_EQ(refusal(npy(header("<f4", "(2, 3)"), 24)), "accepted");
    EXPECT_EQ(refusal(npy(header("<f4", "()"), 4)), "accepted");
    EXPECT_EQ(refusal(npy("{\"shape\":(3,),\"fortran_order\":True,\"descr\":\"<f4\"}", 12)), "accepted");
    EXPECT_THAT(refusal(npy(header("<f4", "(2, 3)"), 23)), HasSubstr("24 bytes of data, found 23"));
    EXPECT_THAT(refusal(npy(header("<f4", "(2, 3)"), 25)), HasSubstr("24 bytes of data, found 25"));
    EXPECT_THAT(refusal(npy(header("<f4", "(4294967296, 4294967296)"), 0)), HasSubstr("overflows"));
    EXPECT_THAT(refusal(npy(header("<f8", "(4611686018427387904,)"), 0)), HasSubstr("overflows"));
    EXPECT_THAT(refusal(npy(header("<f4", "(99999999999999999999,)"), 0)), HasSubstr("a length"));
    EXPECT_THAT(refusal(npy(header("<f4", "(1,1,1,1,1,1,1,1,1)"), 4)), HasSubstr("at most 8 axes"));
    EXPECT_THAT(refusal(npy(header("<U0", "(9999999999,)"), 0)), HasSubstr("bytes of data"));
    EXPECT_THAT(refusal(npy(header("<f4", "(-1,)"), 4)), HasSubstr("a length"));
    EXPECT_THAT(refusal(npy(header("<f4", "(1,)") + "x", 4)), HasSubstr("end of the header"));
    EXPECT_THAT(refusal(npy("{'descr': '<f4', 'descr': '<f4', }", 4)), HasSubstr("each once"));
    EXPECT_THAT(refusal(npy("{'descr': '<f4', }", 4)), HasSubstr("missing"));
    EXPECT_THAT(refusal(npy("{'descr': '<f4", 4)), HasSubstr("closing quote"));
    EXPECT_THAT(refusal("\x93NUMPY\x04" + std::string(20, '\0')), HasSubstr("4.0"));
    EXPECT_THAT(refusal(std::string("\x93NUMPY\x02\0\xFF\xFF\xFF\xFF", 12)), HasSubstr("a header of at most 0"));
    EXPECT_THAT(refusal("\x93NUMPY"), HasSubstr("too few bytes"));
    EXPECT_THAT(refusal(npy(header("<U1", "(1,)"), 0) + std::string("\0\xD8\0\0", 4)), HasSubstr("code 55296"));
}

TEST(Npy, DamagedArraysAreRefusedOrHarmless)
{
    const MappedFile file(fixture("version3.npy"));
    const std::string whole(file.text());
    std::mt19937 random(9);
    int refused = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string damaged = whole;
        for (auto flips = 1 + random() % 4; flips > 0; --flips)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        if (round % 4 == 0)
            damaged.resize(random() % damaged.size());
        refused += refusal(damaged) == "accepted" ? 0 : 1;
    }
    EXPECT_GT(refused, 500);
}

class NpzTest : public testing::Test {
protected:
    std::string read() const
    {
        try {
            const NpzFile archive(m_file);
            for (const std::string& name : archive.names())
                archive.read(name);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return "accepted";
    }

    void write(const std::string& bytes) const { std::ofstream(m_file, std::ios::binary) << bytes; }

    // One entry, written by the library with a method of its own.
    void pack(const std::string& name, const std::string& bytes, zip_int32_t method, bool encrypted = false) const
    {
        int error = 0;
        zip_t* archive = zip_open(m_file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
        ASSERT_NE(archive, nullptr);
        const auto index =
            zip_file_add(archive, name.c_str(), zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0);
        zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0);
        if (encrypted)
            zip_file_set_encryption(archive, static_cast<zip_uint64_t>(index), ZIP_EM_AES_256, "secret");
        ASSERT_EQ(zip_close(archive), 0);
    }

    const test::TemporaryFolder m_folder;
    const fs::path m_file = m_folder.path() / "a.npz";
};

TEST_F(NpzTest, OtherPackingIsRefused)
{
    pack("a.npy", std::string(5000, 'x'), ZIP_CM_DEFLATE);
    EXPECT_EQ(read(), "accepted");
    pack("a.npy", std::string(5000, 'x'), ZIP_CM_BZIP2);
    EXPECT_THAT(read(), HasSubstr("compression method 12"));
    pack("a.npy", std::string(5000, 'x'), ZIP_CM_DEFLATE, true);
    EXPECT_THAT(read(), HasSubstr("encrypted"));
    write("PK\x03\x04 nothing more");
    EXPECT_THAT(read(), HasSubstr("ZIP"));
    write("");
    EXPECT_THAT(read(), HasSubstr("ZIP"));
}

TEST_F(NpzTest, SizesThatCannotBeTrueAreRefusedBeforeMemoryIsTaken)
{
    pack("a.npy", std::string(5000, 'x'), ZIP_CM_DEFLATE);
    std::ifstream stream(m_file, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    const std::size_t directory = bytes.rfind("PK\x01\x02");
    ASSERT_NE(directory, std::string::npos);
    bytes.replace(directory + 24, 4, std::string("\xF0\xFF\xFF\xFE", 4));  // size once unpacked: 4 GB
    write(bytes);
    EXPECT_THAT(read(), HasSubstr("belong together"));
    bytes.replace(directory + 24, 4, std::string("\x89\x13\0\0", 4));  // one byte more than there are
    write(bytes);
    EXPECT_NE(read(), "accepted");
}

TEST_F(NpzTest, DamagedArchivesAreRefusedOrHarmless)
{
    std::ifstream stream(fixture("types_deflated.npz"), std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(stream)), {});
    std::mt19937 random(12);
    int refused = 0;
    for (int round = 0; round < 400; ++round) {
        std::string damaged = whole;
        for (auto flips = 1 + random() % 8; flips > 0; --flips)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        if (round % 4 == 0)
            damaged.resize(random() % damaged.size());
        write(damaged);
        refused += read() == "accepted" ? 0 : 1;
    }
    EXPECT_GT(refused, 200);
}

}  // namespace
