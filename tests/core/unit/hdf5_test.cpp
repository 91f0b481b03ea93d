// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gmock/gmock.h>
#include <hdf5.h>
#include <numeric>

namespace ketscope {
namespace {

// By the library itself, without a way through double.
std::uint64_t wholeAttribute(const std::filesystem::path& path, const char* object, const char* name)
{
    std::uint64_t value = 0;
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t attribute = H5Aopen_by_name(file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Aread(attribute, H5T_NATIVE_UINT64, &value), 0);
    H5Aclose(attribute);
    H5Fclose(file);
    return value;
}

namespace fs = std::filesystem;

TEST(Hdf5, EverythingSurvivesTheRoundTrip)
{
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "a.h5";
    auto block = std::make_shared<Tensor>(std::vector<std::size_t>{2, 30, 30});
    std::iota(block->values().begin(), block->values().end(), -5.0F);
    const std::vector<float> few = {1.5F, -2.0F};
    {
        Hdf5File out = Hdf5File::create(file);
        out.writeFloats("/a/b/few", {2}, few);
        out.writeFloatBlocks("/a/maps", {block, block, block});
        out.writeIntegers("/ids", {3}, {101, -7, std::int64_t{1} << 40});
        out.writeStrings("/tokens", {"[CLS]", "naïve", ""});
        out.setText("/", "format", "ketscope-run");
        out.setText("/a", "long", std::string(200000, 'x'));
        out.setNumber("/a", "seconds", 0.25);
        out.setWhole("/a", "seed", 18'446'744'073'709'551'615U);
        out.setWhole("/", "small", 7);
        out.close();
    }
    const Hdf5File in = Hdf5File::open(file);
    EXPECT_EQ(in.shape("/a/maps"), (std::vector<std::size_t>{3, 2, 30, 30}));
    const Tensor maps = in.readFloatsAt("/a/maps", {1, 1});
    EXPECT_EQ(maps.shape(), (std::vector<std::size_t>{30, 30}));
    EXPECT_EQ(maps.values()[3], -5.0F + 900 + 3);
    EXPECT_EQ(in.readFloats("/a/b/few").values()[1], -2.0F);
    EXPECT_THAT(in.readIntegers("/ids"), testing::ElementsAre(101, -7, std::int64_t{1} << 40));
    EXPECT_THAT(in.readStrings("/tokens"), testing::ElementsAre("[CLS]", "naïve", ""));
    EXPECT_EQ(in.textAttribute("/", "format"), "ketscope-run");
    EXPECT_EQ(in.textAttribute("/a", "long")->size(), 200000U);
    EXPECT_EQ(in.numberAttribute("/a", "seconds"), 0.25);
    EXPECT_EQ(in.numberAttribute("/", "small"), 7.0);
    EXPECT_EQ(wholeAttribute(file, "/a", "seed"), 18'446'744'073'709'551'615U);
    EXPECT_EQ(in.textAttribute("/", "absent"), std::nullopt);
    EXPECT_THAT(in.members("/"), testing::ElementsAre("a", "ids", "tokens"));
    EXPECT_TRUE(in.isDataset("/ids"));
    EXPECT_FALSE(in.isDataset("/a"));
    EXPECT_FALSE(in.exists("/a/none"));
    EXPECT_THROW(in.readFloats("/tokens"), Error);
    EXPECT_THROW(in.readStrings("/ids"), Error);
    EXPECT_THROW(in.readFloats("/none"), Error);
    EXPECT_THROW(in.readFloatsAt("/a/maps", {3}), Error);
}

TEST(Hdf5, ATruncatedFileIsRefusedInOneLine)
{
    try {
        Hdf5File::open(test::fixtures() / "badinput" / "h5_truncated.h5");
        FAIL() << "was opened";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        EXPECT_THAT(error.what(), testing::HasSubstr("complete HDF5 file"));
        EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n")));
    }
}

TEST(Hdf5, EveryTruncationAndFlippedByteIsRefusedOrRead)
{
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "a.h5";
    {
        Hdf5File out = Hdf5File::create(file);
        out.writeStrings("/tokens", {"a", "b"});
        out.writeFloats("/x", {300}, std::vector<float>(300, 1.0F));
        out.close();
    }
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    const auto tryFile = [&](const std::string& content) {
        std::ofstream(file, std::ios::binary) << content;
        try {
            const Hdf5File in = Hdf5File::open(file);
            in.members("/");
            in.readStrings("/tokens");
            in.readFloats("/x");
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        }
    };
    for (std::size_t length = 0; length < bytes.size(); length += 97)
        tryFile(bytes.substr(0, length));
    for (std::size_t at = 0; at < bytes.size(); at += 53) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
        tryFile(damaged);
    }
}

TEST(Hdf5, AFolderThatIsNotThereIsAFailure)
{
    try {
        Hdf5File::create("/nowhere/at/all/a.h5");
        FAIL() << "was created";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Failure);
    }
}

}  // namespace
}  // namespace ketscope
