// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/theme.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>
#include <QVBoxLayout>

namespace ketscope {

class Appearance;

// A label styled by role: "title", "page", "value", "hint", "mono", "stale", "warning"; empty = secondary text.
QLabel* makeLabel(const QString& text, const char* role, QWidget* parent);
// One of several lines, empty at first, whose text can be marked and copied.
QLabel* makeWrappedLabel(const char* role, QWidget* parent);
// Changes the role of a widget and has the style sheet read again.
void setRole(QWidget& widget, const char* role);
QPushButton* makeLink(const QString& text, QWidget* parent);
// A frameless area that scrolls `content`, which fills it where it is smaller.
QScrollArea* makeScrollArea(QWidget* content, QWidget* parent = nullptr);

// A line of text that ends in "…" when there is no room for all of it.
class ElidedLabel : public QLabel {
    Q_OBJECT

public:
    ElidedLabel(const char* role, QWidget* parent);

protected:
    void paintEvent(QPaintEvent* event) override;
};

// A combo box with a chevron that follows the theme.
class ChoiceBox : public QComboBox {
    Q_OBJECT

public:
    using QComboBox::QComboBox;
    // Selects the item whose data is `id`, without signals.
    void choose(const QVariant& id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;  // only when focused, so that scrolling a dock changes nothing
};

// A push button that opens a menu, looking like a combo box.
class MenuButton : public QPushButton {
    Q_OBJECT

public:
    explicit MenuButton(QWidget* parent = nullptr);

protected:
    void paintEvent(QPaintEvent* event) override;
};

class TickBox : public QCheckBox {
    Q_OBJECT

public:
    using QCheckBox::QCheckBox;

protected:
    void paintEvent(QPaintEvent* event) override;
};

// A few exclusive choices side by side.
class Segment : public QWidget {
    Q_OBJECT

public:
    explicit Segment(const QStringList& titles, QWidget* parent = nullptr);

    int current() const { return m_buttons.checkedId(); }
    void choose(int index);  // without signals
    QAbstractButton* button(int index) const { return m_buttons.button(index); }
    void offer(int index, bool offered);  // a choice that is not offered is out of sight

signals:
    void chosen(int index);

protected:
    void changeEvent(QEvent* event) override;

private:
    void fitButtons();

    QButtonGroup m_buttons;
};

// A part of a dock: a title row, a body, a line below.
class Section : public QWidget {
    Q_OBJECT

public:
    Section(const QString& title, Appearance& appearance, QWidget* parent = nullptr);

    QVBoxLayout* body() const { return m_body; }
    void setTitle(const QString& title) { m_title->setText(title); }
    void addToTitleRow(QWidget* widget);  // on the right

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void applySpacing();

    Appearance& m_appearance;
    QVBoxLayout* m_outer;
    QHBoxLayout* m_head;
    QVBoxLayout* m_body;
    QLabel* m_title;
};

// Gives a dialog this size, or as much of it as the window that it belongs to has.
void resizeInside(QWidget& dialog, QSize wanted);

// Draws the tick of a checked box into its frame.
void paintTick(QPainter& painter, const QRectF& box, const QPalette& palette);

// Draws the chevron of combo-like controls at the right edge.
void paintChevron(QWidget& widget, const QPalette& palette);

}  // namespace ketscope
