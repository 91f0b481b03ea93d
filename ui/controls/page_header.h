// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/controls.h"

#include <QLayout>

namespace ketscope {

// The first item takes what the others leave of the first line; where that is less than it needs, the others follow on a
// second line, those of them that it has no room for at the right of the first; or else on as many lines as they take.
class HeaderLayout : public QLayout {
    Q_OBJECT

public:
    explicit HeaderLayout(QWidget* parent);
    ~HeaderLayout() override;

    void addItem(QLayoutItem* item) override { m_items.append(item); }
    int count() const override { return static_cast<int>(m_items.size()); }
    QLayoutItem* itemAt(int index) const override { return m_items.value(index); }
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return Qt::Horizontal; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return place(QRect(0, 0, width, 0), false); }
    QSize sizeHint() const override;
    QSize minimumSize() const override;
    void setGeometry(const QRect& rectangle) override;

private:
    int place(const QRect& rectangle, bool apply) const;  // the height that it takes
    int widthOf(int first, int last) const;               // with a gap after each
    int firstBeside(int width) const;

    QList<QLayoutItem*> m_items;
};

// The top of a perspective: title, one muted line, controls, and a line below.
class PageHeader : public QWidget {
    Q_OBJECT

public:
    explicit PageHeader(const QString& title, QWidget* parent = nullptr);

    void setTitle(const QString& title) { m_title->setText(title); }
    void setNote(const QString& note);
    void add(QWidget* control);

private:
    QLabel* m_title;
    ElidedLabel* m_note;
    HeaderLayout* m_layout;
};

}  // namespace ketscope
