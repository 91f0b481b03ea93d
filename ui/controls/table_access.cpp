// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/table_access.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QHash>

#include <map>
#include <optional>

namespace ketscope {

namespace {

using namespace Qt::StringLiterals;

QHash<const QObject*, SpokenTable>& spokenTables()
{
    static QHash<const QObject*, SpokenTable> tables;
    return tables;
}

class WidgetTable;

// Those that somebody asked for.
QHash<const QObject*, WidgetTable*>& openTables()
{
    static QHash<const QObject*, WidgetTable*> tables;
    return tables;
}

class WidgetCell : public QAccessibleInterface, public QAccessibleTableCellInterface {
public:
    WidgetCell(WidgetTable& table, int row, int column) : m_table(&table), m_row(row), m_column(column) {}

    void forget() { m_table = nullptr; }  // the table is another, or gone

    bool isValid() const override { return m_table != nullptr; }
    QObject* object() const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    QAccessibleInterface* parent() const override;
    QAccessibleInterface* child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QString text(QAccessible::Text what) const override;
    void setText(QAccessible::Text, const QString&) override {}
    QRect rect() const override;
    QAccessible::Role role() const override { return QAccessible::Cell; }
    QAccessible::State state() const override
    {
        QAccessible::State state;
        state.readOnly = true;
        state.invalid = m_table == nullptr;
        return state;
    }
    void* interface_cast(QAccessible::InterfaceType type) override
    {
        return type == QAccessible::TableCellInterface ? static_cast<QAccessibleTableCellInterface*>(this) : nullptr;
    }

    bool isSelected() const override { return false; }
    QList<QAccessibleInterface*> columnHeaderCells() const override { return {}; }
    QList<QAccessibleInterface*> rowHeaderCells() const override { return {}; }
    int columnIndex() const override { return m_column; }
    int rowIndex() const override { return m_row; }
    int columnExtent() const override { return 1; }
    int rowExtent() const override { return 1; }
    QAccessibleInterface* table() const override { return parent(); }

private:
    WidgetTable* m_table;
    int m_row;
    int m_column;
};

class WidgetTable : public QAccessibleWidget, public QAccessibleTableInterface {
public:
    WidgetTable(QWidget& widget, SpokenTable spoken)
        : QAccessibleWidget(&widget, QAccessible::Table), m_widget(&widget), m_spoken(std::move(spoken))
    {
        openTables().insert(m_widget, this);
    }
    ~WidgetTable() override
    {
        openTables().remove(m_widget);
        renew();
    }

    const Table& table() const
    {
        if (!m_table)
            m_table = m_spoken.table();
        return *m_table;
    }

    void renew()
    {
        m_table.reset();
        for (const auto& [place, id] : m_cells) {
            if (auto* cell = static_cast<WidgetCell*>(QAccessible::accessibleInterface(id)))
                cell->forget();
            QAccessible::deleteAccessibleInterface(id);
        }
        m_cells.clear();
    }

    QString text(QAccessible::Text what) const override
    {
        return what == QAccessible::Value && m_spoken.value ? m_spoken.value() : QAccessibleWidget::text(what);
    }
    void* interface_cast(QAccessible::InterfaceType type) override
    {
        return type == QAccessible::TableInterface ? static_cast<QAccessibleTableInterface*>(this)
                                                   : QAccessibleWidget::interface_cast(type);
    }
    int childCount() const override { return rowCount() * columnCount(); }
    QAccessibleInterface* child(int index) const override
    {
        return index < 0 || index >= childCount() ? nullptr : cellAt(index / columnCount(), index % columnCount());
    }
    int indexOfChild(const QAccessibleInterface* child) const override
    {
        auto* any = const_cast<QAccessibleInterface*>(child);
        const QAccessibleTableCellInterface* cell = any == nullptr ? nullptr : any->tableCellInterface();
        return cell == nullptr || cell->table() != this ? -1 : cell->rowIndex() * columnCount() + cell->columnIndex();
    }

    QAccessibleInterface* caption() const override { return nullptr; }
    QAccessibleInterface* summary() const override { return nullptr; }
    int rowCount() const override { return static_cast<int>(table().rows.size()); }
    int columnCount() const override { return static_cast<int>(table().header.size()); }
    QString rowDescription(int row) const override { return textAt(row, 0); }
    QString columnDescription(int column) const override { return table().header.value(column); }
    QString textAt(int row, int column) const
    {
        return row < 0 || row >= rowCount() ? QString() : table().rows[static_cast<std::size_t>(row)].value(column);
    }
    QAccessibleInterface* cellAt(int row, int column) const override
    {
        if (row < 0 || row >= rowCount() || column < 0 || column >= columnCount())
            return nullptr;
        const auto [found, isNew] = m_cells.try_emplace({row, column}, 0);
        if (isNew)
            found->second =
                QAccessible::registerAccessibleInterface(new WidgetCell(const_cast<WidgetTable&>(*this), row, column));
        return QAccessible::accessibleInterface(found->second);
    }

    // Selection is the widget's own; its value says what is selected.
    int selectedCellCount() const override { return 0; }
    QList<QAccessibleInterface*> selectedCells() const override { return {}; }
    int selectedColumnCount() const override { return 0; }
    int selectedRowCount() const override { return 0; }
    QList<int> selectedColumns() const override { return {}; }
    QList<int> selectedRows() const override { return {}; }
    bool isColumnSelected(int) const override { return false; }
    bool isRowSelected(int) const override { return false; }
    bool selectRow(int) override { return false; }
    bool selectColumn(int) override { return false; }
    bool unselectRow(int) override { return false; }
    bool unselectColumn(int) override { return false; }
    void modelChange(QAccessibleTableModelChangeEvent*) override {}  // tableChanged() renews

private:
    const QObject* m_widget;
    SpokenTable m_spoken;
    mutable std::optional<Table> m_table;
    mutable std::map<std::pair<int, int>, QAccessible::Id> m_cells;
};

QAccessibleInterface* WidgetCell::parent() const { return m_table; }

QRect WidgetCell::rect() const { return m_table == nullptr ? QRect() : m_table->rect(); }

QString WidgetCell::text(QAccessible::Text what) const
{
    if (m_table == nullptr)
        return {};
    const QString own = m_table->textAt(m_row, m_column);
    if (what == QAccessible::Value)
        return own;
    if (what != QAccessible::Name)
        return {};
    return m_column == 0
               ? own
               : u"%1, %2: %3"_s.arg(m_table->rowDescription(m_row), m_table->columnDescription(m_column), own);
}

QAccessibleInterface* makeWidgetTable(const QString&, QObject* object)
{
    const auto found = spokenTables().constFind(object);
    auto* widget = qobject_cast<QWidget*>(object);
    return found == spokenTables().constEnd() || widget == nullptr ? nullptr : new WidgetTable(*widget, *found);
}

}  // namespace

void exposeAsTable(QWidget& widget, SpokenTable spoken)
{
    QAccessible::installFactory(makeWidgetTable);  // the same one again has no effect
    // What may have been made for the widget before, when it was given its name, is no table.
    if (QAccessibleInterface* plain = QAccessible::queryAccessibleInterface(&widget))
        QAccessible::deleteAccessibleInterface(QAccessible::uniqueId(plain));
    spokenTables().insert(&widget, std::move(spoken));
    QObject::connect(&widget, &QObject::destroyed, [](QObject* gone) { spokenTables().remove(gone); });
}

void tableChanged(QWidget& widget)
{
    if (WidgetTable* open = openTables().value(&widget))
        open->renew();
    if (!QAccessible::isActive())
        return;
    QAccessibleTableModelChangeEvent renewed(&widget, QAccessibleTableModelChangeEvent::ModelReset);
    QAccessible::updateAccessibility(&renewed);
    const auto found = spokenTables().constFind(&widget);
    if (found == spokenTables().constEnd() || !found->value)
        return;
    QAccessibleValueChangeEvent value(&widget, found->value());
    QAccessible::updateAccessibility(&value);
}

}  // namespace ketscope
