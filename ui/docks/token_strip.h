// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/docks/strip_reading.h"
#include "viz/figure.h"

#include <QWidget>

class QMenu;

namespace ketscope {

// The input's tokens with the weights of the selected row or column in every trace below. Click = query, Shift-click =
// key.
class TokenStrip : public QWidget {
    Q_OBJECT

public:
    TokenStrip(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    std::size_t tokens() const { return m_chips.size(); }
    QRectF chipRect(std::size_t token) const { return m_chips.at(token).rect; }
    QSize sizeHint() const override;
    // Edits of one token, for its context menu.
    void fillMenu(QMenu& menu, std::size_t token);
    void fillMenu(QMenu& menu) { fillMenu(menu, m_read.current()); }

    void showSelected();  // by selectionMoved

signals:
    void selectionMoved(const QRect& chip);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool event(QEvent* event) override;

private:
    bool canEdit(std::size_t token) const;
    void replaceToken(std::size_t token);
    void rebuild();
    void refresh();
    void showWeights();
    std::size_t barCount() const;
    std::optional<std::size_t> tokenAt(QPointF where) const;
    void mark();
    bool isPointed(std::size_t token) const;
    QString positionText(std::size_t token) const;
    Table spokenTable() const;

    StudyController& m_controller;
    Appearance& m_appearance;
    StripReading m_read;
    QStringList labels() const;
    QRect bars() const;

    std::vector<TokenChip> m_chips;
    std::size_t m_stack = 0;  // that the chips are of
    std::size_t m_bars = 0;   // below each
    Pointed m_pointed;        // that is marked
};

}  // namespace ketscope
