// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/colour_map.h"

#include "core/base/error.h"
#include "viz/colour_tables.h"

#include <array>
#include <cmath>
#include <string_view>

namespace ketscope {

namespace {

constexpr int kSequentialEntries = 256;
constexpr int kDivergingEntries = 257;
const QString kReversed = QStringLiteral("-reversed");

using Lab = std::array<double, 3>;

double toLinear(int channel)
{
    const double value = channel / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

int toChannel(double linear)
{
    const double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1.0 / 2.4) - 0.055;
    return std::clamp(static_cast<int>(std::lround(value * 255.0)), 0, 255);
}

// B. Ottosson, "A perceptual color space for image processing", 2020.
Lab toLab(QRgb colour)
{
    const double r = toLinear(qRed(colour)), g = toLinear(qGreen(colour)), b = toLinear(qBlue(colour));
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

QRgb fromLab(const Lab& lab)
{
    const auto cube = [](double x) { return x * x * x; };
    const double l = cube(lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2]);
    const double m = cube(lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2]);
    const double s = cube(lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2]);
    return qRgb(toChannel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                toChannel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                toChannel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

std::vector<QRgb> interpolated(const std::vector<QRgb>& stops, int entries)
{
    std::vector<QRgb> table;
    for (int i = 0; i < entries; ++i) {
        const double at = static_cast<double>(i) * static_cast<double>(stops.size() - 1) / (entries - 1);
        const auto left = std::min(static_cast<std::size_t>(at), stops.size() - 2);
        const double part = at - static_cast<double>(left);
        const Lab a = toLab(stops[left]), b = toLab(stops[left + 1]);
        Lab mixed;
        for (std::size_t c = 0; c < 3; ++c)
            mixed[c] = a[c] + part * (b[c] - a[c]);
        table.push_back(fromLab(mixed));
    }
    return table;
}

std::vector<QRgb> fromHex(std::string_view hex)
{
    std::vector<QRgb> table;
    for (std::size_t at = 0; at + 6 <= hex.size(); at += 6)
        table.push_back(0xFF000000U | static_cast<QRgb>(std::stoul(std::string(hex.substr(at, 6)), nullptr, 16)));
    return table;
}

std::vector<QRgb> greys()
{
    std::vector<QRgb> table;
    for (int i = 0; i < kSequentialEntries; ++i)
        table.push_back(qRgb(i, i, i));
    return table;
}

// WCAG relative luminance.
double luminance(QRgb colour)
{
    return 0.2126 * toLinear(qRed(colour)) + 0.7152 * toLinear(qGreen(colour)) + 0.0722 * toLinear(qBlue(colour));
}

}  // namespace

ColourMap::ColourMap(QString id, QString title, std::vector<QRgb> table)
    : m_id(std::move(id)), m_title(std::move(title)), m_table(std::move(table))
{
}

QRgb ColourMap::at(double position) const
{
    const double last = static_cast<double>(m_table.size() - 1);
    return m_table[static_cast<std::size_t>(std::clamp(position, 0.0, 1.0) * last + 0.5)];
}

ColourMap ColourMap::reversed() const
{
    return {m_id + kReversed, m_title + QStringLiteral(", reversed"), {m_table.rbegin(), m_table.rend()}};
}

const std::vector<ColourMap>& colourMaps()
{
    static const std::vector<ColourMap> maps = {
        {QStringLiteral("viridis"), QStringLiteral("viridis"), fromHex(kViridis)},
        {QStringLiteral("magma"), QStringLiteral("magma"), fromHex(kMagma)},
        {QStringLiteral("cividis"), QStringLiteral("cividis"), fromHex(kCividis)},
        {QStringLiteral("grey"), QStringLiteral("grey"), greys()},
    };
    return maps;
}

ColourMap colourMap(const QString& id)
{
    const bool reversed = id.endsWith(kReversed);
    const QString base = reversed ? id.chopped(kReversed.size()) : id;
    QStringList known;
    for (const ColourMap& map : colourMaps()) {
        if (map.id() == base)
            return reversed ? map.reversed() : map;
        known << map.id();
    }
    refuse({"colour map", "one of " + known.join(QStringLiteral(", ")).toStdString(), '"' + id.toStdString() + '"',
            "Add \"-reversed\" to turn a map round."});
}

const ColourMap& divergingMap(bool dark)
{
    static const ColourMap light(
        QStringLiteral("difference"), QStringLiteral("blue – orange"),
        interpolated({0x053061, 0x2A6FA8, 0x7FB3D8, 0xD3E3EE, 0xF4F4F2, 0xF6DDC9, 0xE7A36F, 0xC2611F, 0x7A2D04},
                     kDivergingEntries));
    static const ColourMap darkened(
        QStringLiteral("difference-dark"), QStringLiteral("blue – orange"),
        interpolated({0x9AD0FF, 0x4E9FDB, 0x256795, 0x193A52, 0x1B1F24, 0x4F2F1B, 0x94501F, 0xDB8340, 0xFFC08A},
                     kDivergingEntries));
    return dark ? darkened : light;
}

double lightness(QRgb colour) { return toLab(colour)[0]; }

QColor inkOn(QRgb colour) { return luminance(colour) > 0.179 ? QColor(Qt::black) : QColor(Qt::white); }

}  // namespace ketscope
