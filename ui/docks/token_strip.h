// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"

#include <QLabel>
#include <QScrollArea>
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
    void fillMenu(QMenu& menu) { fillMenu(menu, current()); }

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
    struct Chip {
        QString text;
        QRectF rect;
    };
    // The tokens that the selected stack's keys are; its queries are the same unless it is cross-attention.
    TokenAxis axis() const;
    bool showsQueries() const;
    std::size_t current() const;  // the token that keys act on
    bool canEdit(std::size_t token) const;
    void replaceToken(std::size_t token);
    bool showsColumn() const;
    void rebuild();
    void refresh();
    void showWeights();
    std::size_t barCount() const;
    std::optional<std::size_t> tokenAt(QPointF where) const;
    void mark();
    bool isPointed(std::size_t token) const;
    void paintChip(QPainter& painter, std::size_t token) const;
    void paintPosition(QPainter& painter, std::size_t token) const;
    float weightOf(std::size_t trace, std::size_t token) const;  // as its bars show
    Table spokenTable() const;
    void paintBars(QPainter& painter, std::size_t token) const;

    StudyController& m_controller;
    Appearance& m_appearance;
    // What the token is selected as.
    struct Role {
        bool query = false;
        bool key = false;
    };
    Role roleOf(std::size_t token) const;
    QStringList labels() const;
    QRect bars() const;

    std::vector<Chip> m_chips;
    std::size_t m_stack = 0;  // that the chips are of
    std::size_t m_bars = 0;   // below each
    Pointed m_pointed;        // that is marked
};

// The strip with its heading, scrolled to the selection.
class TokenPanel : public QWidget {
    Q_OBJECT

public:
    TokenPanel(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    TokenStrip& strip() const { return *m_strip; }

private:
    void refresh();
    void applySize();

    StudyController& m_controller;
    Appearance& m_appearance;
    TokenStrip* m_strip;
    QScrollArea* m_scroll;
    QWidget* m_heading;
    QLabel* m_count;
    Segment* m_direction;
};

}  // namespace ketscope
