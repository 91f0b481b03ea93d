// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/resize.h"

#include "core/base/parallel.h"

#include <array>
#include <cmath>

namespace ketscope {

namespace {

constexpr int kFractionBits = 22;
constexpr std::size_t kChannels = 3;

double triangle(double x)
{
    x = std::abs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

// Keys, "Cubic convolution interpolation", 1981, with a = −1/2.
double cubic(double x)
{
    constexpr double a = -0.5;
    x = std::abs(x);
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * a : 0.0;
}

// What one pixel of the result is made of: `count` pixels from `first` on, with weights that sum to about 2²².
struct Contribution {
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t weights = 0;  // where its weights begin
};

struct Kernel {
    std::vector<Contribution> contributions;
    std::vector<std::int32_t> weights;
};

Kernel kernelFor(std::size_t from, std::size_t to, Resampling resampling)
{
    const bool bicubic = resampling == Resampling::Bicubic;
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    const double stretch = std::max(scale, 1.0);
    const double support = (bicubic ? 2.0 : 1.0) * stretch;
    Kernel kernel;
    std::vector<double> weights;
    for (std::size_t at = 0; at < to; ++at) {
        const double centre = (static_cast<double>(at) + 0.5) * scale;
        const auto first = static_cast<std::size_t>(std::max(0.0, centre - support + 0.5));
        const auto last = std::min(from, static_cast<std::size_t>(centre + support + 0.5));
        weights.clear();
        double sum = 0.0;
        for (std::size_t x = first; x < last; ++x) {
            const double distance = (static_cast<double>(x) - centre + 0.5) * (1.0 / stretch);
            weights.push_back(bicubic ? cubic(distance) : triangle(distance));
            sum += weights.back();
        }
        kernel.contributions.push_back({first, weights.size(), kernel.weights.size()});
        for (const double weight : weights) {
            const double fixed = (sum != 0.0 ? weight / sum : weight) * (1 << kFractionBits);
            kernel.weights.push_back(static_cast<std::int32_t>(fixed < 0.0 ? fixed - 0.5 : fixed + 0.5));
        }
    }
    return kernel;
}

// Weights sum to 1 and their magnitudes to less than 1.3, so that 255 times them fits 31 bits.
std::uint8_t rounded(std::int32_t sum)
{
    const std::int32_t value = (sum + (1 << (kFractionBits - 1))) >> kFractionBits;
    return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

// One pixel: the weighted sum of pixels that lie `stride` bytes apart.
void blend(const std::uint8_t* source, std::size_t stride, const Kernel& kernel, const Contribution& part,
           std::uint8_t* target)
{
    std::array<std::int32_t, kChannels> sums = {};
    source += part.first * stride;
    for (std::size_t i = 0; i < part.count; ++i, source += stride)
        for (std::size_t c = 0; c < kChannels; ++c)
            sums[c] += source[c] * kernel.weights[part.weights + i];
    for (std::size_t c = 0; c < kChannels; ++c)
        target[c] = rounded(sums[c]);
}

Image widthResized(const Image& image, std::size_t width, Resampling resampling)
{
    Image result = blankImage(width, image.height, "resized picture");
    const Kernel kernel = kernelFor(image.width, width, resampling);
    parallelFor(image.height, width * kChannels * 4, [&](std::size_t y) {
        const std::uint8_t* source = image.rgb.data() + y * image.width * kChannels;
        std::uint8_t* target = result.rgb.data() + y * width * kChannels;
        for (std::size_t x = 0; x < width; ++x)
            blend(source, kChannels, kernel, kernel.contributions[x], target + x * kChannels);
    });
    return result;
}

Image heightResized(const Image& image, std::size_t height, Resampling resampling)
{
    Image result = blankImage(image.width, height, "resized picture");
    const Kernel kernel = kernelFor(image.height, height, resampling);
    const std::size_t stride = image.width * kChannels;
    parallelFor(height, stride * 4, [&](std::size_t y) {
        for (std::size_t x = 0; x < stride; x += kChannels)
            blend(image.rgb.data() + x, stride, kernel, kernel.contributions[y], result.rgb.data() + y * stride + x);
    });
    return result;
}

// Steps are added up, not multiplied, because Pillow adds them: the two differ on a pixel's edge.
std::vector<std::size_t> nearestPlaces(std::size_t from, std::size_t to)
{
    const double step = static_cast<double>(from) / static_cast<double>(to);
    std::vector<std::size_t> places;
    double at = step * 0.5;
    for (std::size_t i = 0; i < to; ++i, at += step)
        places.push_back(std::min(from - 1, static_cast<std::size_t>(at)));
    return places;
}

Image nearest(const Image& image, std::size_t width, std::size_t height)
{
    Image result = blankImage(width, height, "resized picture");
    const std::vector<std::size_t> columns = nearestPlaces(image.width, width);
    const std::vector<std::size_t> rows = nearestPlaces(image.height, height);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x)
            std::copy_n(image.rgb.data() + (rows[y] * image.width + columns[x]) * kChannels, kChannels,
                        result.rgb.data() + (y * width + x) * kChannels);
    return result;
}

}  // namespace

Image resized(const Image& image, std::size_t width, std::size_t height, Resampling resampling)
{
    requireUsableSize(width, height, "resized picture");
    if (width == image.width && height == image.height)
        return image;
    if (resampling == Resampling::Nearest)
        return nearest(image, width, height);
    if (width == image.width)
        return heightResized(image, height, resampling);
    const Image between = widthResized(image, width, resampling);
    return height == image.height ? between : heightResized(between, height, resampling);
}

}  // namespace ketscope
