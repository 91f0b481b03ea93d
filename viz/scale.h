// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

#include <QString>

#include <vector>

namespace ketscope {

// Values to positions 0 … 1 on a colour map.
class ValueScale {
public:
    // 0 … maximum. The logarithmic scale has its floor at 1e-4.
    static ValueScale sequential(ColourScale kind, double maximum);
    // −maximum … maximum with 0 at 0.5; signed square root, or linear when `kind` is linear.
    static ValueScale symmetric(ColourScale kind, double maximum);

    double position(double value) const;  // clamped to 0 … 1
    double minimum() const { return m_symmetric ? -m_maximum : 0.0; }
    double maximum() const { return m_maximum; }
    bool isSymmetric() const { return m_symmetric; }
    QString name() const;  // "√ scale"

    struct Tick {
        double value;
        QString label;
    };
    // Round values, unevenly spaced as the scale is; no two closer than `spacing` (a fraction of the bar). The ends are
    // always there.
    std::vector<Tick> ticks(double spacing) const;

private:
    ValueScale(ColourScale kind, double maximum, bool symmetric);
    std::vector<double> candidates() const;
    QString label(double value) const;

    ColourScale m_kind;
    double m_maximum;
    bool m_symmetric;
};

// `largest` rounded up to a multiple of 0.1, or below 0.1 to 1, 2 or 5 times a power of ten. 1 for 0 and NaN.
double niceMaximum(double largest);

// Fixed decimals, C locale, with a real minus sign (U+2212); "NaN" and "∞" in words of one sign.
QString formatNumber(double value, int decimals);
QString formatSigned(double value, int decimals);  // "+0.205", "−0.205", "0.000"
// At most `digits` significant ones, for numbers of any size: "0.05", "2e6", "3.7e−4"; "–" where there is none.
QString formatCompact(double value, int digits);
// As formatNumber, but what is too small for the decimals is not nothing: compact, with so many digits.
QString formatKnown(double value, int decimals, int digits);
// "±.006": a standard error beside its value; four decimals where three say too little, "±2e−5" below those.
QString formatError(double error);

}  // namespace ketscope
