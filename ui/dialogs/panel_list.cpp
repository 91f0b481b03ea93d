// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/panel_list.h"

#include "ui/controls/controls.h"
#include "viz/composition.h"

#include <QKeyEvent>
#include <QPaintEvent>
#include <QPainter>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kId = Qt::UserRole;
constexpr int kTitle = Qt::UserRole + 1;
constexpr int kShownRows = 7;

}  // namespace

PanelList::PanelList(QWidget* parent) : QListWidget(parent)
{
    setObjectName(u"panels"_s);
    setAccessibleName(tr("Panels"));
    setDragDropMode(QAbstractItemView::InternalMove);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setTextElideMode(Qt::ElideRight);
    connect(this, &QListWidget::itemChanged, this, &PanelList::changed);
}

void PanelList::choose(const QStringList& figures, const Comparison& comparison)
{
    m_refreshing = true;
    clear();
    const auto append = [&](const FigureType& type, bool on) {
        auto* item = new QListWidgetItem(type.title, this);
        const QString obstacle = obstacleOf(type, comparison);
        const bool possible = obstacle.isEmpty();
        item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemIsDragEnabled
                       | (possible ? Qt::ItemIsEnabled : Qt::NoItemFlags));
        item->setToolTip(obstacle);
        item->setCheckState(on && possible ? Qt::Checked : Qt::Unchecked);
        item->setData(kId, type.id);
        item->setData(kTitle, type.title);
    };
    for (const QString& id : figures)
        append(figureType(id), true);
    for (const FigureType* type : figureTypes())
        if (!figures.contains(type->id))
            append(*type, false);
    setCurrentRow(0);
    m_refreshing = false;
    refreshLetters();
    updateGeometry();
}

QStringList PanelList::chosen() const
{
    QStringList chosen;
    for (int i = 0; i < count(); ++i)
        if (item(i)->checkState() == Qt::Checked)
            chosen << item(i)->data(kId).toString();
    return chosen;
}

QRect PanelList::boxOf(int row) const
{
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    option.rect = visualItemRect(item(row));
    option.features = QStyleOptionViewItem::HasCheckIndicator | QStyleOptionViewItem::HasDisplay;
    option.text = item(row)->text();
    return style()->subElementRect(QStyle::SE_ItemViewItemCheckIndicator, &option, this);
}

void PanelList::paintEvent(QPaintEvent* event)
{
    QListWidget::paintEvent(event);
    QPainter painter(viewport());
    for (int row = 0; row < count(); ++row)
        if (item(row)->checkState() == Qt::Checked && event->rect().intersects(boxOf(row)))
            paintTick(painter, boxOf(row), palette());
}

QSize PanelList::sizeHint() const
{
    const int rows = std::min(count(), kShownRows);
    return {QListWidget::sizeHint().width(), rows * std::max(1, sizeHintForRow(0)) + 2 * frameWidth() + 4};
}

void PanelList::refreshLetters()
{
    m_refreshing = true;
    std::size_t panel = 0;
    for (int i = 0; i < count(); ++i) {
        const bool on = item(i)->checkState() == Qt::Checked;
        item(i)->setText((on ? panelLetter(panel++) : u"–"_s) + u"   "_s + item(i)->data(kTitle).toString());
    }
    m_refreshing = false;
}

void PanelList::changed()
{
    if (m_refreshing)
        return;
    refreshLetters();
    emit panelsChanged();
}

void PanelList::keyPressEvent(QKeyEvent* event)
{
    const int step = event->key() == Qt::Key_Up ? -1 : event->key() == Qt::Key_Down ? 1 : 0;
    const int row = currentRow();
    if (step == 0 || event->modifiers() != Qt::AltModifier)
        return QListWidget::keyPressEvent(event);
    if (row + step < 0 || row + step >= count())
        return;
    m_refreshing = true;
    insertItem(row + step, takeItem(row));
    setCurrentRow(row + step);
    m_refreshing = false;
    changed();
}

void PanelList::dropEvent(QDropEvent* event)
{
    m_refreshing = true;
    QListWidget::dropEvent(event);
    m_refreshing = false;
    changed();
}

}  // namespace ketscope
