// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/docks/strip_reading.h"
#include "viz/figure.h"

#include <QWidget>

namespace ketscope {

// In place of the chips where there are too many of them: all tokens in the width there is. A band for each trace, as high
// as √(weight / largest of the row), of the tokens below one pixel the largest; the part of the maps in sight; the selected
// query and key. Click = query, Shift-click = key, drag = that part of the maps, double-click = all.
class TokenMinimap : public QWidget {
    Q_OBJECT

public:
    static constexpr std::size_t kMostChips = 512;

    TokenMinimap(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    bool applies() const { return m_read.tokens() > kMostChips; }
    // The tokens below a column of pixels: the first, and the one after the last.
    std::pair<std::size_t, std::size_t> tokensAt(int x) const;
    int left(std::size_t token) const;  // where it begins
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    void refresh();
    std::size_t strongest(int x) const;
    void choose(std::size_t token, bool asKey);
    void look(std::size_t first, std::size_t count);
    double top(std::size_t band) const;
    double bandHeight() const;  // at text scale 1
    void paintBand(QPainter& painter, std::size_t place, std::size_t trace) const;
    void paintWindow(QPainter& painter) const;
    void paintSelected(QPainter& painter) const;
    Table spokenTable() const;

    StudyController& m_controller;
    Appearance& m_appearance;
    StripReading m_read;
    std::optional<int> m_pressed;  // where a click or a drag began
    int m_dragged = 0;             // and where it is
};

}  // namespace ketscope
