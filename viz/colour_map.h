// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>

#include <vector>

namespace ketscope {

// Colours for positions 0 … 1. Immutable.
class ColourMap {
public:
    ColourMap(QString id, QString title, std::vector<QRgb> table);

    const QString& id() const { return m_id; }
    const QString& title() const { return m_title; }
    const std::vector<QRgb>& table() const { return m_table; }

    // The nearest entry; positions outside 0 … 1 are clamped. Not for NaN: what is missing has no place on a map.
    QRgb at(double position) const;
    ColourMap reversed() const;  // id + "-reversed"

private:
    QString m_id;
    QString m_title;
    std::vector<QRgb> m_table;
};

// viridis, magma, cividis, grey: monotone lightness, 256 entries.
const std::vector<ColourMap>& colourMaps();
// Accepts "viridis" and "viridis-reversed". Throws Error (Input) listing the known ids.
ColourMap colourMap(const QString& id);
// Blue – neutral – orange, 257 entries with zero in the middle; the neutral is dark in the dark theme.
const ColourMap& divergingMap(bool dark);

// OKLab lightness, 0 … 1.
double lightness(QRgb colour);
// Black or white, whichever reads better on `colour` (WCAG contrast).
QColor inkOn(QRgb colour);

}  // namespace ketscope
