// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/scale.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr double kFloor = 1e-4;  // of the logarithmic scale
const QString kMinus = QStringLiteral("\u2212");

// Shortest fixed notation of a tick value, to three significant digits: "0.05", "0.0156", "1".
QString shortest(double value)
{
    const double rounded = QString::number(value, 'g', 3).toDouble();
    QString text = QString::number(rounded, 'f', std::max(6, 2 - static_cast<int>(std::floor(std::log10(rounded)))));
    while (text.endsWith(QLatin1Char('0')))
        text.chop(1);
    if (text.endsWith(QLatin1Char('.')))
        text.chop(1);
    return text;
}

}  // namespace

ValueScale::ValueScale(ColourScale kind, double maximum, bool symmetric)
    : m_kind(symmetric && kind == ColourScale::Logarithmic ? ColourScale::SquareRoot : kind),
      m_maximum(std::isfinite(maximum) && maximum > 0.0 ? maximum : 1.0), m_symmetric(symmetric)
{
}

ValueScale ValueScale::sequential(ColourScale kind, double maximum) { return {kind, maximum, false}; }

ValueScale ValueScale::symmetric(ColourScale kind, double maximum) { return {kind, maximum, true}; }

double ValueScale::position(double value) const
{
    const double part = std::min(std::abs(value) / m_maximum, 1.0);
    double along = part;
    if (m_kind == ColourScale::SquareRoot)
        along = std::sqrt(part);
    else if (m_kind == ColourScale::Logarithmic)
        along = std::abs(value) <= kFloor || m_maximum <= kFloor
                    ? 0.0
                    : std::min(1.0, std::log(std::abs(value) / kFloor) / std::log(m_maximum / kFloor));
    if (m_symmetric)
        return 0.5 + (value < 0.0 ? -0.5 : 0.5) * along;
    return value <= 0.0 ? 0.0 : along;
}

QString ValueScale::name() const
{
    if (m_kind == ColourScale::Linear)
        return QStringLiteral("linear scale");
    if (m_kind == ColourScale::Logarithmic)
        return QStringLiteral("log scale");
    return m_symmetric ? QStringLiteral("signed √ scale") : QStringLiteral("√ scale");
}

// Positive tick values worth showing, the more important ones first.
std::vector<double> ValueScale::candidates() const
{
    if (m_kind == ColourScale::Linear)
        return {m_maximum * 0.5, m_maximum * 0.25, m_maximum * 0.75};
    std::vector<double> values;
    if (m_symmetric)
        return {m_maximum * 0.25};
    const auto isRound = [](double factor) { return factor == 1.0 || factor == 2.0 || factor == 5.0; };
    const double top = std::pow(10.0, std::floor(std::log10(m_maximum)));
    const double bottom = m_kind == ColourScale::Logarithmic ? kFloor : top / 100.0;
    for (const double factor : {1.0, 2.0, 5.0, 4.0, 6.0, 8.0, 3.0, 7.0, 9.0})
        for (double decade = top; decade >= bottom * 0.999; decade /= 10.0)
            if (decade * factor < m_maximum * 0.999 && (decade == top || isRound(factor)))
                values.push_back(decade * factor);
    return values;
}

QString ValueScale::label(double value) const
{
    if (value == 0.0)
        return QStringLiteral("0");
    QString text = shortest(std::abs(value));
    if (!m_symmetric && m_kind == ColourScale::Logarithmic && value <= kFloor * 1.001)
        text.prepend(QStringLiteral("≤ "));
    if (!m_symmetric)
        return text;
    return (value < 0.0 ? kMinus : QStringLiteral("+")) + text;
}

std::vector<ValueScale::Tick> ValueScale::ticks(double spacing) const
{
    const bool logarithmic = m_kind == ColourScale::Logarithmic && !m_symmetric;
    std::vector<double> values = {logarithmic ? kFloor : minimum(), m_maximum};
    if (m_symmetric)
        values.push_back(0.0);
    const auto fits = [&](double value) {
        return std::none_of(values.begin(), values.end(),
                            [&](double other) { return std::abs(position(value) - position(other)) < spacing; });
    };
    for (const double value : candidates()) {
        if (!fits(value) || (m_symmetric && !fits(-value)))
            continue;
        values.push_back(value);
        if (m_symmetric)
            values.push_back(-value);
    }
    std::sort(values.begin(), values.end());
    std::vector<Tick> ticks;
    for (const double value : values)
        ticks.push_back({value, label(value)});
    return ticks;
}

double niceMaximum(double largest)
{
    if (!std::isfinite(largest) || largest <= 0.0)
        return 1.0;
    // float32 weights of exactly 0.7 arrive as 0.69999999 or 0.70000005; neither should make a difference.
    constexpr double kSlack = 1e-6;
    if (largest > 0.1 * (1.0 + kSlack))
        return std::ceil(largest * 10.0 * (1.0 - kSlack)) / 10.0;
    const double decade = std::pow(10.0, std::floor(std::log10(largest * (1.0 - kSlack))));
    for (const double factor : {1.0, 2.0, 5.0})
        if (largest <= decade * factor * (1.0 + kSlack))
            return decade * factor;
    return decade * 10.0;
}

QString formatNumber(double value, int decimals)
{
    if (std::isnan(value))
        return QStringLiteral("NaN");
    if (std::isinf(value))
        return value < 0.0 ? kMinus + QStringLiteral("∞") : QStringLiteral("∞");
    const QString digits = QString::number(std::abs(value), 'f', decimals);
    const bool zero = digits.toDouble() == 0.0;
    return value < 0.0 && !zero ? kMinus + digits : digits;
}

QString formatSigned(double value, int decimals)
{
    const QString text = formatNumber(value, decimals);
    const bool positive = value > 0.0 && text.toDouble() != 0.0;
    return positive ? QStringLiteral("+") + text : text;
}

QString formatCompact(double value, int digits)
{
    if (!std::isfinite(value))
        return QStringLiteral("–");
    QString text = QString::number(value, 'g', digits);
    text.replace(QStringLiteral("e+0"), QStringLiteral("e")).replace(QStringLiteral("e+"), QStringLiteral("e"));
    text.replace(QStringLiteral("e-0"), QStringLiteral("e-"));
    return text.replace(QLatin1Char('-'), QChar(0x2212));
}

QString formatKnown(double value, int decimals, int digits)
{
    const bool small = value != 0.0 && std::abs(value) < std::pow(10.0, -decimals);
    return small || !std::isfinite(value) ? formatCompact(value, digits) : formatNumber(value, decimals);
}

QString formatError(double error)
{
    if (error > 0.0 && error < 0.00005)
        return QStringLiteral("±") + formatCompact(error, 1);
    QString text = formatNumber(error, error < 0.00095 ? 4 : 3);
    if (text.startsWith(QLatin1String("0.")))
        text.remove(0, 1);
    return QStringLiteral("±") + text;
}

}  // namespace ketscope
