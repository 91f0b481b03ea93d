// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/theme.h"

namespace ketscope {

// Theme::ui for tokens: without the ligatures that would show "->" as an arrow.
inline QFont tokenFont(const Theme& theme, double pixels, int weight = QFont::Normal)
{
    QFont font = theme.ui(pixels, weight);
    font.setStyleStrategy(QFont::PreferNoShaping);
    return font;
}

}  // namespace ketscope
