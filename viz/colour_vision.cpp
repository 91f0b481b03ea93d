// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/colour_vision.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace ketscope {

namespace {

double linearOf(int byte)
{
    const double value = byte / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

constexpr int kLevels = 4096;  // of linear light: finer than a byte of sRGB everywhere but in the darkest

// Bytes of equally spaced linear values, so that a picture costs no powers.
std::array<std::uint8_t, kLevels + 1> bytesOfLinear()
{
    std::array<std::uint8_t, kLevels + 1> bytes{};
    for (int i = 0; i <= kLevels; ++i) {
        const double linear = static_cast<double>(i) / kLevels;
        const double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1.0 / 2.4) - 0.055;
        bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(std::lround(255.0 * value));
    }
    return bytes;
}

}  // namespace

const std::vector<ColourVision>& colourVisions()
{
    static const std::vector<ColourVision> all{
        {QStringLiteral("normal"), QStringLiteral("Normal"), {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
        {QStringLiteral("grey"),
         QStringLiteral("Greyscale"),
         {{0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}}},
        {QStringLiteral("deutan"),
         QStringLiteral("Deutan"),
         {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
        {QStringLiteral("protan"),
         QStringLiteral("Protan"),
         {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}}};
    return all;
}

QImage seenWith(const ColourVision& vision, const QImage& image)
{
    if (&vision == &colourVisions().front())
        return image;
    std::array<double, 256> linear;
    for (int i = 0; i < 256; ++i)
        linear[static_cast<std::size_t>(i)] = linearOf(i);
    static const auto bytes = bytesOfLinear();
    const auto byteOf = [](double value) {
        return bytes[static_cast<std::size_t>(std::lround(std::clamp(value, 0.0, 1.0) * kLevels))];
    };
    QImage seen = image.convertToFormat(QImage::Format_RGB32);
    for (int y = 0; y < seen.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(seen.scanLine(y));
        for (int x = 0; x < seen.width(); ++x) {
            const double rgb[3] = {linear[static_cast<std::size_t>(qRed(line[x]))],
                                   linear[static_cast<std::size_t>(qGreen(line[x]))],
                                   linear[static_cast<std::size_t>(qBlue(line[x]))]};
            int out[3];
            for (int row = 0; row < 3; ++row)
                out[row] = byteOf(vision.matrix[row][0] * rgb[0] + vision.matrix[row][1] * rgb[1]
                                  + vision.matrix[row][2] * rgb[2]);
            line[x] = qRgb(out[0], out[1], out[2]);
        }
    }
    return seen;
}

}  // namespace ketscope
