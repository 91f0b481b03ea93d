// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/image/processor.h"

#include <gtest/gtest.h>

namespace ketscope {
namespace {

Image blank(std::size_t width, std::size_t height) { return blankImage(width, height, "test"); }

// Every patch that shows anything is found again from the middle of what it shows.
void expectRoundTrip(const PatchGeometry& geometry)
{
    for (std::size_t patch = 0; patch < geometry.patches(); ++patch) {
        const PixelRectangle place = geometry.rectangle(patch);
        if (place.empty())
            continue;
        EXPECT_EQ(geometry.patchAt((place.left + place.right) / 2.0, (place.top + place.bottom) / 2.0), patch);
        EXPECT_EQ(geometry.patchAt(place.left + 1e-6, place.top + 1e-6), patch);
        EXPECT_EQ(geometry.patchAt(place.right - 1e-6, place.bottom - 1e-6), patch);
    }
}

TEST(PatchGeometry, StretchesWithAnExactSize)
{
    ImageProcessor processor;
    processor.exactSize = Extent{32, 32};
    const FramedImage framed = frame(blank(97, 61), processor);
    const PatchGeometry geometry(framed.placement, 8, 8);
    EXPECT_EQ(geometry.rows(), 4U);
    EXPECT_EQ(geometry.columns(), 4U);
    // Column 1 covers resized pixels 8 … 16 of 32, which are 24.25 … 48.5 of 97; row 2 covers 16 … 24, 30.5 … 45.75 of 61.
    EXPECT_EQ(geometry.rectangle(2 * 4 + 1), (PixelRectangle{24.25, 30.5, 48.5, 45.75}));
    EXPECT_EQ(geometry.rectangle(15), (PixelRectangle{72.75, 45.75, 97.0, 61.0}));
    EXPECT_EQ(geometry.patchAt(0.0, 0.0), 0U);
    EXPECT_EQ(geometry.patchAt(24.25, 30.5), 9U);
    EXPECT_EQ(geometry.patchAt(96.9, 60.9), 15U);
    EXPECT_EQ(geometry.patchAt(97.0, 10.0), std::nullopt);
    EXPECT_EQ(geometry.patchAt(-0.1, 10.0), std::nullopt);
    expectRoundTrip(geometry);
}

TEST(PatchGeometry, KnowsWhatACentreCropLeavesOut)
{
    ImageProcessor processor;
    processor.shortestEdge = 32;
    processor.cropSize = Extent{32, 32};
    // 75 × 49: the longer side becomes ⌊32 · 75 / 49⌋ = 48, of which 8 … 40 stay.
    const FramedImage framed = frame(blank(75, 49), processor);
    EXPECT_EQ(framed.placement, (ImagePlacement{75, 49, 48, 32, 8, 0, 32, 32}));
    const PatchGeometry geometry(framed.placement, 8, 8);
    // 8 of 48 resized columns are 12.5 of 75 original ones.
    EXPECT_EQ(geometry.rectangle(0), (PixelRectangle{12.5, 0.0, 25.0, 12.25}));
    EXPECT_EQ(geometry.rectangle(15), (PixelRectangle{50.0, 36.75, 62.5, 49.0}));
    EXPECT_EQ(geometry.patchAt(12.4, 5.0), std::nullopt);
    EXPECT_EQ(geometry.patchAt(12.5, 5.0), 0U);
    EXPECT_EQ(geometry.patchAt(62.5, 5.0), std::nullopt);
    expectRoundTrip(geometry);
}

TEST(PatchGeometry, CutsOddSparesDownOrToEven)
{
    ImageProcessor processor;
    processor.resizes = false;
    processor.cropSize = Extent{4, 4};
    const auto offset = [&](std::size_t width) { return frame(blank(width, 4), processor).placement.left; };
    EXPECT_EQ(offset(5), 0);
    EXPECT_EQ(offset(7), 1);
    EXPECT_EQ(offset(9), 2);
    processor.cropRoundsToEven = true;  // 0.5 to 0, 1.5 to 2, 2.5 to 2, 3.5 to 4
    EXPECT_EQ(offset(5), 0);
    EXPECT_EQ(offset(7), 2);
    EXPECT_EQ(offset(9), 2);
    EXPECT_EQ(offset(11), 4);
}

TEST(PatchGeometry, LaysSmallPicturesOnALargerGround)
{
    ImageProcessor processor;
    processor.resizes = false;
    processor.cropSize = Extent{8, 8};
    Image image = blank(3, 11);
    std::ranges::fill(image.rgb, std::uint8_t{255});
    const FramedImage framed = frame(image, processor);
    // 5 columns are missing: ⌈5 / 2⌉ = 3 at the left. 3 rows are spare: ⌊3 / 2⌋ = 1 goes at the top.
    EXPECT_EQ(framed.placement, (ImagePlacement{3, 11, 3, 11, -3, 1, 8, 8}));
    for (std::size_t x = 0; x < 8; ++x)
        EXPECT_EQ(framed.image.rgb[x * 3], x >= 3 && x < 6 ? 255 : 0);
    const PatchGeometry geometry(framed.placement, 2, 4);
    EXPECT_EQ(geometry.rows(), 2U);
    EXPECT_EQ(geometry.columns(), 4U);
    EXPECT_TRUE(geometry.rectangle(0).empty());
    EXPECT_EQ(geometry.rectangle(1), (PixelRectangle{0.0, 1.0, 1.0, 5.0}));
    EXPECT_EQ(geometry.rectangle(2), (PixelRectangle{1.0, 1.0, 3.0, 5.0}));
    EXPECT_TRUE(geometry.rectangle(3).empty());
    EXPECT_EQ(geometry.patchAt(0.5, 0.5), std::nullopt);
    EXPECT_EQ(geometry.patchAt(0.5, 1.5), 1U);
    EXPECT_EQ(geometry.patchAt(2.5, 8.5), 6U);
    expectRoundTrip(geometry);
}

TEST(PatchGeometry, PadsABatchAtTheRightAndBottom)
{
    ImageProcessor processor;
    processor.shortestEdge = 32;
    processor.longestEdge = 53;
    processor.sizeDivisor = 8;
    processor.pads = true;
    // 70 × 64 at half size is 35 × 32, cut down to 32 × 32.
    const PreparedImage prepared = prepare(blank(70, 64), processor, Extent{40, 48});
    EXPECT_EQ(prepared.pixelValues.shape(), (std::vector<std::size_t>{3, 40, 48}));
    const PatchGeometry geometry(prepared.placement, 8, 8);
    EXPECT_EQ(geometry.columns(), 6U);
    EXPECT_EQ(geometry.rows(), 5U);
    EXPECT_EQ(geometry.rectangle(3), (PixelRectangle{52.5, 0.0, 70.0, 16.0}));
    EXPECT_TRUE(geometry.rectangle(4).empty());
    EXPECT_TRUE(geometry.rectangle(24).empty());
    expectRoundTrip(geometry);
    for (std::size_t y = 0; y < 40; ++y)
        for (std::size_t x = 0; x < 48; ++x) {
            const bool inside = x < 32 && y < 32;
            ASSERT_EQ(prepared.pixelMask[y * 48 + x], inside ? 1 : 0);
            // Black is −1 with mean and deviation 0.5; padding is 0 after that.
            ASSERT_EQ(prepared.pixelValues.matrix({1})(y, x), inside ? -1.0F : 0.0F);
        }
    EXPECT_TRUE(prepare(blank(70, 64), processor).pixelMask.empty());
    EXPECT_THROW(prepare(blank(70, 64), processor, Extent{16, 48}), Error);
    processor.pads = false;
    EXPECT_THROW(prepare(blank(70, 64), processor, Extent{40, 48}), Error);
}

TEST(PatchGeometry, LimitsTheLongerSide)
{
    ImageProcessor processor;
    processor.shortestEdge = 384;
    processor.longestEdge = 639;
    processor.sizeDivisor = 32;
    // Worked by hand: 640 × 480 → 512 × 384; 300 × 1000 → 384 × 1280, × 639 / 1280 → 191.7 × 639 → 192, 639 → 192 × 608.
    EXPECT_EQ(processor.resizedSize({480, 640}), (Extent{384, 512}));
    EXPECT_EQ(processor.resizedSize({1000, 300}), (Extent{608, 192}));
    // 1 × 1000: the shorter side would be less than one patch.
    EXPECT_EQ(processor.resizedSize({1, 1000}).height, 0U);
    EXPECT_THROW(frame(blank(1000, 1), processor), Error);
}

TEST(PatchGeometry, DropsPixelsThatFillNoPatch)
{
    const PatchGeometry geometry(unchangedPlacement(13, 9), 4, 4);
    EXPECT_EQ(geometry.columns(), 3U);
    EXPECT_EQ(geometry.rows(), 2U);
    EXPECT_EQ(geometry.patchAt(12.5, 1.0), std::nullopt);
    EXPECT_EQ(geometry.patchAt(1.0, 8.5), std::nullopt);
    expectRoundTrip(geometry);
    EXPECT_THROW(PatchGeometry(unchangedPlacement(3, 9), 4, 4), Error);
}

}  // namespace
}  // namespace ketscope
