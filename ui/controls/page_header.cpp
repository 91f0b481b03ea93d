// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/page_header.h"

#include <algorithm>
#include <vector>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kGap = 10;
constexpr int kLineGap = 6;

}  // namespace

HeaderLayout::HeaderLayout(QWidget* parent) : QLayout(parent) {}

HeaderLayout::~HeaderLayout() { qDeleteAll(m_items); }

QLayoutItem* HeaderLayout::takeAt(int index)
{
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

QSize HeaderLayout::sizeHint() const
{
    int width = 0, height = 0;
    for (const QLayoutItem* item : m_items) {
        if (item->isEmpty())
            continue;
        width += item->sizeHint().width() + kGap;
        height = std::max(height, item->sizeHint().height());
    }
    const QMargins margins = contentsMargins();
    return {width + margins.left() + margins.right(), height + margins.top() + margins.bottom()};
}

QSize HeaderLayout::minimumSize() const
{
    int widest = 0;
    for (const QLayoutItem* item : m_items)
        if (!item->isEmpty())
            widest = std::max(widest, item->minimumSize().width());
    const QMargins margins = contentsMargins();
    return {widest + margins.left() + margins.right(), sizeHint().height()};
}

void HeaderLayout::setGeometry(const QRect& rectangle)
{
    QLayout::setGeometry(rectangle);
    place(rectangle, true);
}

int HeaderLayout::widthOf(int first, int last) const
{
    int width = 0;
    for (int i = first; i < last; ++i)
        width += m_items[i]->isEmpty() ? 0 : m_items[i]->sizeHint().width() + kGap;
    return width;
}

// The fewest of the last items that leave the others one line for themselves and fit beside the first item; none where
// that is not possible.
int HeaderLayout::firstBeside(int width) const
{
    const int all = count(), title = m_items.front()->minimumSize().width();
    int first = all;
    while (first > 1 && widthOf(1, first) - kGap > width)
        --first;
    return title + widthOf(first, all) <= width ? first : all;
}

// Items of one line have their middles on it.
int HeaderLayout::place(const QRect& rectangle, bool apply) const
{
    struct Place {
        QLayoutItem* item;
        int x, width;
        std::size_t line;
    };
    const QRect inner = rectangle.marginsRemoved(contentsMargins());
    if (m_items.isEmpty())
        return contentsMargins().top() + contentsMargins().bottom();
    const bool oneLine = m_items.front()->minimumSize().width() + widthOf(1, count()) <= inner.width();
    const int beside = oneLine ? 1 : firstBeside(inner.width());
    std::vector<Place> places;
    std::vector<int> heights(1, 0);  // of the lines
    int x = inner.left();
    const auto put = [&](int i, int width) {
        QLayoutItem& item = *m_items[i];
        if (item.isEmpty())
            return;
        if (x > inner.left() && x + width > inner.left() + inner.width()) {
            x = inner.left();
            heights.push_back(0);
        }
        heights.back() = std::max(heights.back(), item.sizeHint().height());
        places.push_back({&item, x, width, heights.size() - 1});
        x += width + kGap;
    };
    put(0, inner.width() - widthOf(beside, count()));
    for (int i = beside; i < count(); ++i)
        put(i, std::min(m_items[i]->sizeHint().width(), inner.width()));
    if (!oneLine)
        x = inner.left() + inner.width();  // what follows begins a line
    for (int i = 1; i < beside; ++i)
        put(i, std::min(m_items[i]->sizeHint().width(), inner.width()));
    int top = inner.top() + (oneLine ? std::max(0, (inner.height() - heights.front()) / 2) : 0);
    std::vector<int> tops;
    for (const int height : heights) {
        tops.push_back(top);
        top += height + kLineGap;
    }
    for (const Place& each : places) {
        const int height = each.item->sizeHint().height();
        if (apply)
            each.item->setGeometry(
                QRect(each.x, tops[each.line] + (heights[each.line] - height) / 2, each.width, height));
    }
    return tops.back() + heights.back() - rectangle.top() + contentsMargins().bottom();
}

PageHeader::PageHeader(const QString& title, QWidget* parent)
    : QWidget(parent), m_title(makeLabel(title, "page", this)), m_note(new ElidedLabel("hint", this))
{
    auto* content = new QWidget(this);
    m_layout = new HeaderLayout(content);
    m_layout->setContentsMargins(14, 6, 14, 6);
    auto* titles = new QWidget(content);
    auto* row = new QHBoxLayout(titles);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kGap);
    row->addWidget(m_title);
    row->addWidget(m_note, 1);
    m_layout->addWidget(titles);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    content->setSizePolicy(policy);
    auto* line = new QFrame(this);
    line->setProperty("role", u"separator"_s);
    line->setFixedHeight(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(content);
    column->addWidget(line);
}

void PageHeader::setNote(const QString& note)
{
    m_note->setText(note);
    m_note->setToolTip(note);
}

void PageHeader::add(QWidget* control) { m_layout->addWidget(control); }

}  // namespace ketscope
