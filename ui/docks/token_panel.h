// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/controls.h"
#include "ui/docks/caption_strip.h"
#include "ui/docks/token_minimap.h"
#include "ui/docks/token_strip.h"

namespace ketscope {

// What stands below the page, with its heading, scrolled to the selection: the tokens as chips; an overview where there are
// too many of them; in the alignment the caption's tokens.
class TokenPanel : public QWidget {
    Q_OBJECT

public:
    TokenPanel(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    QWidget* makeHeading();
    void connectAll();
    void refresh();
    void follow(const QRect& chip);
    void applySize();

    StudyController& m_controller;
    Appearance& m_appearance;
    TokenStrip* m_strip;
    CaptionStrip* m_caption;
    TokenMinimap* m_minimap;
    QWidget* m_row;              // of the three, of which one is visible
    QWidget* m_shown = nullptr;  // that one
    QScrollArea* m_scroll;
    QWidget* m_heading;
    QLabel* m_title;
    QLabel* m_count;
    QLabel* m_hint;
    Segment* m_direction;
    Segment* m_bars;
};

}  // namespace ketscope
