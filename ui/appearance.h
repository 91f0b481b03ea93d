// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/settings.h"
#include "viz/theme.h"

#include <QObject>
#include <QPalette>

namespace ketscope {

QPalette paletteOf(const Theme& theme);
// What the palette cannot say: roles of labels, borders, paddings. Sizes follow theme.scale.
QString styleSheetOf(const Theme& theme);

// The theme in force: follows the system, or what was chosen, and the text size. Applies it to the application.
class Appearance : public QObject {
    Q_OBJECT

public:
    explicit Appearance(Settings& settings, QObject* parent = nullptr);

    const Theme& theme() const { return m_theme; }
    ThemeChoice choice() const;
    void setChoice(ThemeChoice choice);
    double textScale() const { return m_theme.scale; }  // with the factor
    void setTextScale(double scale);                    // kept in 0.9 … 2.0
    // Text is larger by this for a while: not remembered. The two together stay at 2.0 at most.
    void setFactor(double factor);

signals:
    void changed();

private:
    void apply();

    Settings& m_settings;
    bool m_systemDark;
    double m_factor = 1.0;
    Theme m_theme;
};

}  // namespace ketscope
