// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/image_embedding.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace ketscope {

namespace {

constexpr std::size_t kMostPixels = 1U << 16;  // a side
constexpr std::size_t kMostChannels = 64;

PatchGrid learnedGrid(const ImageInfo& info) { return {info.height / info.patchHeight, info.width / info.patchWidth}; }

// The pixels of one patch, channel by channel, as the convolution that makes tokens reads them.
void copyPatch(const ImageInfo& info, const Tensor& pixels, std::size_t row, std::size_t column, std::span<float> out)
{
    auto to = out.begin();
    for (std::size_t channel = 0; channel < info.channels; ++channel) {
        const MatrixView plane = pixels.matrix({channel});
        for (std::size_t y = 0; y < info.patchHeight; ++y) {
            const auto line = plane.row(row * info.patchHeight + y);
            to = std::ranges::copy(line.subspan(column * info.patchWidth, info.patchWidth), to).out;
        }
    }
}

// Keys' cubic convolution kernel with a = −0.75, for a distance of at most 2.
double cubic(double distance)
{
    constexpr double a = -0.75;
    const double x = std::abs(distance);
    return x <= 1.0 ? ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0 : ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a;
}

std::vector<PositionTap> cubicTaps(double place, std::size_t learned)
{
    std::vector<PositionTap> taps;
    const double first = std::floor(place) - 1.0;
    for (double at = first; at < first + 4.0; ++at) {
        const double inside = std::clamp(at, 0.0, static_cast<double>(learned - 1));
        taps.push_back({static_cast<std::size_t>(inside), cubic(place - at)});
    }
    return taps;
}

std::vector<PositionTap> linearTaps(double place, std::size_t learned)
{
    const auto low = std::min(static_cast<std::size_t>(place), learned - 1);
    const double part = place - static_cast<double>(low);
    return {{low, 1.0 - part}, {std::min(low + 1, learned - 1), part}};
}

}  // namespace

std::vector<std::vector<PositionTap>> positionTaps(PositionResize resize, std::size_t learned, std::size_t wanted)
{
    const auto from = static_cast<double>(learned);
    const auto to = static_cast<double>(wanted);
    std::vector<std::vector<PositionTap>> taps;
    for (std::size_t i = 0; i < wanted; ++i) {
        const auto at = static_cast<double>(i);
        if (resize == PositionResize::Bicubic)
            taps.push_back(cubicTaps((at + 0.5) * from / (to + 0.1) - 0.5, learned));
        else
            taps.push_back(linearTaps(wanted == 1 ? 0.0 : at * (from - 1.0) / (to - 1.0), learned));
    }
    return taps;
}

ImageEmbedding::ImageEmbedding(const Weights& weights, const ImageInfo& info, PositionResize resize)
    : m_info(info), m_resize(resize), m_classToken(weights.row("class token")),
      m_projection(weights.linear("patch projection")), m_positions(weights.table("image positions"))
{
}

void ImageEmbedding::embed(const Operations& operations, const ImageInput& image, MutableMatrixView out) const
{
    const PatchGrid grid = patchGrid(m_info, image);
    Tensor patches({grid.count(), m_projection.inputs()});
    for (std::size_t row = 0; row < grid.rows; ++row)
        for (std::size_t column = 0; column < grid.columns; ++column)
            copyPatch(m_info, *image.pixels, row, column, patches.matrix().row(row * grid.columns + column));
    operations.lookUp(m_classToken, std::vector<std::int32_t>{0}, out.middleRows(0, 1));
    operations.apply(m_projection, patches.matrix(), out.middleRows(1, grid.count()));
    addPositions(operations, grid, out);
}

// out[1 + token] of a grid is the sum of weight · table[1 + place] over what this calls.
template <typename Body> void ImageEmbedding::forTaps(PatchGrid grid, const Body& body) const
{
    const PatchGrid learned = learnedGrid(m_info);
    const auto rows = positionTaps(m_resize, learned.rows, grid.rows);
    const auto columns = positionTaps(m_resize, learned.columns, grid.columns);
    for (std::size_t token = 0; token < grid.count(); ++token)
        for (const PositionTap& y : rows[token / grid.columns])
            for (const PositionTap& x : columns[token % grid.columns])
                body(token, y.index * learned.columns + x.index, y.weight * x.weight);
}

void ImageEmbedding::addPositions(const Operations& operations, PatchGrid grid, MutableMatrixView out) const
{
    if (grid == learnedGrid(m_info))
        return operations.addPositions(m_positions, out);
    operations.addLookUp(m_positions, std::vector<std::int32_t>{0}, out.middleRows(0, 1));
    const MatrixView table = m_positions.matrix();
    std::vector<double> sums(grid.count() * out.columns);
    forTaps(grid, [&](std::size_t token, std::size_t place, double weight) {
        for (std::size_t i = 0; i < out.columns; ++i)
            sums[token * out.columns + i] += weight * table(1 + place, i);
    });
    for (std::size_t token = 0; token < grid.count(); ++token)
        for (std::size_t i = 0; i < out.columns; ++i)
            out(1 + token, i) += static_cast<float>(sums[token * out.columns + i]);
    if (operations.tape() == nullptr || !operations.tape()->wantsParameters())
        return;
    operations.tape()->record([this, grid, out](Tape& tape) {
        const MatrixView gradients = tape.found(out);
        if (gradients.empty())
            return;
        float* const into = tape.parameter(m_positions.place).data();
        forTaps(grid, [&](std::size_t token, std::size_t place, double weight) {
            for (std::size_t i = 0; i < out.columns; ++i)
                into[(1 + place) * out.columns + i] += static_cast<float>(weight) * gradients(1 + token, i);
        });
    });
}

ImageInfo readImageInfo(const Config& config, std::size_t imageSize, std::size_t patchSize)
{
    ImageInfo info;
    info.channels = config.count("num_channels", 3, kMostChannels);
    std::tie(info.height, info.width) = config.sides("image_size", imageSize, kMostPixels);
    std::tie(info.patchHeight, info.patchWidth) = config.sides("patch_size", patchSize, kMostPixels);
    if (info.patchHeight > info.height || info.patchWidth > info.width)
        config.refuseKey("patch_size",
                         "patches no larger than the image, " + std::to_string(info.height) + " × "
                             + std::to_string(info.width),
                         std::to_string(info.patchHeight) + " × " + std::to_string(info.patchWidth));
    return info;
}

std::map<Axis, std::size_t> imageAxes(const ImageInfo& info)
{
    return {{Axis::Channels, info.channels},
            {Axis::PatchHeight, info.patchHeight},
            {Axis::PatchWidth, info.patchWidth},
            {Axis::ImagePositions, 1 + learnedGrid(info).count()}};
}

}  // namespace ketscope
