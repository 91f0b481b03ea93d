// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QLineEdit>
#include <QTreeWidget>

namespace ketscope {

struct KeyHelp {
    QString group;  // the menu it is in, or what has to have the focus
    QString keys;
    QString does;
};

// Every key by group, with a field that narrows the list.
class KeyList : public QDialog {
    Q_OBJECT

public:
    KeyList(const QList<KeyHelp>& keys, QWidget* parent = nullptr);

    int shown() const;  // keys in sight

private:
    void filter();

    QLineEdit* m_filter;
    QTreeWidget* m_list;
};

}  // namespace ketscope
