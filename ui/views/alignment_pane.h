// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/views/figure_pane.h"

namespace ketscope {

// A figure of words and patches: a click chooses the word or patch under it, dragging over patches a region,
// Shift-click adds a word to the mean. Arrows move the patch, with Shift they change the region; where only words are
// shown they move the word.
class AlignmentPane : public FigurePane {
    Q_OBJECT

public:
    enum class Arrows { MovePatch, MoveToken };

    AlignmentPane(const char* figureId, Arrows arrows, StudyController& controller, Appearance& appearance,
                  QWidget* parent = nullptr);

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    Pointed pointedAt(const Hit& hit) const override;

private:
    Hit hitAt(const QMouseEvent& event) const;

    StudyController& m_controller;
    Appearance& m_appearance;
    Arrows m_arrows;
    std::optional<std::size_t> m_first;  // patch that a drag began at
    std::optional<std::size_t> m_last;
};

}  // namespace ketscope
