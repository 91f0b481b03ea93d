// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"

#include <QWidget>

#include <functional>

namespace ketscope {

// What a painted widget says to screen readers.
struct SpokenTable {
    std::function<Table()> table;    // asked for once until tableChanged(); the first column names the rows
    std::function<QString()> value;  // of what is selected; may be empty
};

// Lets screen readers see a painted widget as a table: role Table, the widget's name and description, column titles,
// row names and cells that are read as "row, column: text".
void exposeAsTable(QWidget& widget, SpokenTable spoken);
// Tells them that the table, or what is selected in it, is another.
void tableChanged(QWidget& widget);

}  // namespace ketscope
