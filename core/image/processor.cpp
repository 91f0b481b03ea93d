// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/processor.h"

#include "core/base/error.h"

#include <cmath>

namespace ketscope {

namespace {

// Where a crop of `length` begins on an axis of `available` pixels; negative when it is longer.
std::ptrdiff_t cropOffset(std::size_t available, std::size_t length, bool roundsToEven)
{
    if (available < length)
        return -static_cast<std::ptrdiff_t>((length - available + 1) / 2);
    const std::size_t spare = available - length;
    const bool up = roundsToEven && spare % 4 == 3;  // half of 4k + 3 is 2k + 1.5, and 2k + 2 is even
    return static_cast<std::ptrdiff_t>(spare / 2 + (up ? 1 : 0));
}

Image cropped(const Image& image, std::ptrdiff_t left, std::ptrdiff_t top, const Extent& size)
{
    Image result = blankImage(size.width, size.height, "cropped picture");
    const auto width = static_cast<std::ptrdiff_t>(size.width);
    const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, -left);
    const std::ptrdiff_t end = std::min(width, static_cast<std::ptrdiff_t>(image.width) - left);
    for (std::size_t row = 0; row < size.height; ++row) {
        const std::ptrdiff_t y = static_cast<std::ptrdiff_t>(row) + top;
        if (y < 0 || y >= static_cast<std::ptrdiff_t>(image.height) || begin >= end)
            continue;
        const std::ptrdiff_t source = (y * static_cast<std::ptrdiff_t>(image.width) + begin + left) * 3;
        const std::ptrdiff_t target = (static_cast<std::ptrdiff_t>(row) * width + begin) * 3;
        std::copy_n(image.rgb.begin() + source, (end - begin) * 3, result.rgb.begin() + target);
    }
    return result;
}

// The value of each of the 256 bytes in one channel, in float32 as the reference implementation computes it.
std::array<float, 256> valuesOf(const ImageProcessor& processor, std::size_t channel)
{
    std::array<float, 256> values = {};
    const auto mean = static_cast<float>(processor.mean[channel]);
    const auto deviation = static_cast<float>(processor.deviation[channel]);
    for (std::size_t byte = 0; byte < values.size(); ++byte) {
        const auto whole = static_cast<double>(byte);
        const auto scaled = static_cast<float>(processor.rescales ? whole * processor.rescaleFactor : whole);
        values[byte] = processor.normalizes ? (scaled - mean) / deviation : scaled;
    }
    return values;
}

}  // namespace

Extent ImageProcessor::resizedSize(const Extent& original) const
{
    if (!resizes)
        return original;
    if (exactSize)
        return *exactSize;
    const bool tall = original.height > original.width;
    const std::size_t shorter = std::min(original.height, original.width);
    const std::size_t longer = std::max(original.height, original.width);
    if (longestEdge == 0) {
        const std::size_t length = shortestEdge * longer / shorter;
        return tall ? Extent{length, shortestEdge} : Extent{shortestEdge, length};
    }
    double scale = static_cast<double>(shortestEdge) / static_cast<double>(shorter);
    auto newShorter = static_cast<double>(shortestEdge);
    double newLonger = scale * static_cast<double>(longer);
    if (newLonger > static_cast<double>(longestEdge)) {
        scale = static_cast<double>(longestEdge) / newLonger;
        newShorter *= scale;
        newLonger *= scale;
    }
    const auto whole = [this](double side) { return static_cast<std::size_t>(side + 0.5) / sizeDivisor * sizeDivisor; };
    return tall ? Extent{whole(newLonger), whole(newShorter)} : Extent{whole(newShorter), whole(newLonger)};
}

std::string describe(const ImageProcessor& processor)
{
    constexpr std::array<const char*, 3> kFilters = {"nearest", "bilinear", "bicubic"};
    const auto shown = [](const Extent& e) { return std::to_string(e.width) + " × " + std::to_string(e.height); };
    std::string text = processor.type + ":";
    if (processor.resizes)
        text += (processor.exactSize ? " to " + shown(*processor.exactSize)
                                     : " shorter side " + std::to_string(processor.shortestEdge))
                + ", " + kFilters[static_cast<std::size_t>(processor.resampling)];
    else
        text += " not resized";
    if (processor.sizeDivisor > 1)
        text += ", multiples of " + std::to_string(processor.sizeDivisor);
    if (processor.cropSize)
        text += ", centre " + shown(*processor.cropSize);
    return text;
}

FramedImage frame(const Image& image, const ImageProcessor& processor)
{
    requireUsableSize(image.width, image.height, "picture");
    const Extent size = processor.resizedSize({image.height, image.width});
    if (size.height == 0 || size.width == 0)
        refuse({"picture", "sides that differ less: the shorter one would vanish",
                std::to_string(image.width) + " × " + std::to_string(image.height) + " pixels", "Crop the picture."});
    FramedImage framed;
    framed.image = resized(image, size.width, size.height, processor.resampling);
    framed.placement = {image.width, image.height, size.width, size.height, 0, 0, size.width, size.height};
    if (processor.cropSize) {
        const Extent& crop = *processor.cropSize;
        framed.placement.left = cropOffset(size.width, crop.width, processor.cropRoundsToEven);
        framed.placement.top = cropOffset(size.height, crop.height, processor.cropRoundsToEven);
        framed.placement.width = crop.width;
        framed.placement.height = crop.height;
        framed.image = cropped(framed.image, framed.placement.left, framed.placement.top, crop);
    }
    return framed;
}

PreparedImage prepare(const Image& image, const ImageProcessor& processor, std::optional<Extent> padTo)
{
    const FramedImage framed = frame(image, processor);
    const std::size_t width = framed.image.width;
    const std::size_t height = framed.image.height;
    const Extent ground = padTo.value_or(Extent{height, width});
    if (ground.width < width || ground.height < height || (padTo && !processor.pads))
        refuse({"padding", processor.pads ? "a size that the picture fits in" : "a processor that pads pictures",
                processor.pads ? std::to_string(ground.width) + " × " + std::to_string(ground.height) : processor.type,
                ""});
    requireUsableSize(ground.width, ground.height, "padded picture");
    PreparedImage prepared{Tensor::zeros({3, ground.height, ground.width}), {}, framed.placement};
    prepared.placement.width = ground.width;
    prepared.placement.height = ground.height;
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const std::array<float, 256> values = valuesOf(processor, channel);
        const MutableMatrixView plane = prepared.pixelValues.matrix({channel});
        for (std::size_t y = 0; y < height; ++y)
            for (std::size_t x = 0; x < width; ++x)
                plane(y, x) = values[framed.image.rgb[(y * width + x) * 3 + channel]];
    }
    if (ground == Extent{height, width})
        return prepared;
    prepared.pixelMask.assign(ground.height * ground.width, 0);
    for (std::size_t y = 0; y < height; ++y)
        std::fill_n(prepared.pixelMask.begin() + static_cast<std::ptrdiff_t>(y * ground.width), width, std::uint8_t{1});
    return prepared;
}

}  // namespace ketscope
