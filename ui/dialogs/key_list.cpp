// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/key_list.h"

#include "ui/controls/controls.h"
#include "ui/fuzzy_match.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QVBoxLayout>

namespace ketscope {

using namespace Qt::StringLiterals;

KeyList::KeyList(const QList<KeyHelp>& keys, QWidget* parent)
    : QDialog(parent), m_filter(new QLineEdit(this)), m_list(new QTreeWidget(this))
{
    setObjectName(u"keys"_s);
    setWindowTitle(tr("Keys"));
    m_filter->setObjectName(u"keyFilter"_s);
    m_filter->setPlaceholderText(tr("Find a key or what it does"));
    m_filter->setClearButtonEnabled(true);
    m_list->setColumnCount(2);
    m_list->setHeaderLabels({tr("Does"), tr("Keys")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setStyleSheet(u"QTreeView::item { padding: 3px 0 }"_s);
    m_list->setAccessibleName(tr("Keys"));
    QHash<QString, QTreeWidgetItem*> groups;
    for (const KeyHelp& each : keys) {
        QTreeWidgetItem*& group = groups[each.group];
        if (group == nullptr) {
            group = new QTreeWidgetItem(m_list, {each.group});
            group->setFlags(Qt::ItemIsEnabled);
            group->setFirstColumnSpanned(true);
            QFont bold = font();
            bold.setWeight(QFont::DemiBold);
            group->setFont(0, bold);
        }
        new QTreeWidgetItem(group, {each.does, each.keys});
    }
    m_list->expandAll();
    const int unit = fontMetrics().height();
    m_list->header()->setStretchLastSection(true);
    m_list->setColumnWidth(0, unit * 24);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_filter);
    column->addWidget(m_list, 1);
    column->addWidget(buttons);
    resizeInside(*this, QSize(unit * 38, unit * 34));
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_filter, &QLineEdit::textChanged, this, &KeyList::filter);
}

void KeyList::filter()
{
    for (int g = 0; g < m_list->topLevelItemCount(); ++g) {
        QTreeWidgetItem* group = m_list->topLevelItem(g);
        bool any = false;
        for (int row = 0; row < group->childCount(); ++row) {
            QTreeWidgetItem* item = group->child(row);
            const bool fits = item->text(1).contains(m_filter->text(), Qt::CaseInsensitive)
                              || fuzzyMatch(m_filter->text(), item->text(0)).has_value();
            item->setHidden(!fits);
            any = any || fits;
        }
        group->setHidden(!any);
    }
}

int KeyList::shown() const
{
    int count = 0;
    for (int g = 0; g < m_list->topLevelItemCount(); ++g)
        for (int row = 0; row < m_list->topLevelItem(g)->childCount(); ++row)
            count += m_list->topLevelItem(g)->child(row)->isHidden() ? 0 : 1;
    return count;
}

}  // namespace ketscope
