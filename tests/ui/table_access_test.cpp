// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that is painted is a table to screen readers.
#include "tests/ui/desk.h"
#include "ui/docks/head_grid.h"
#include "ui/docks/token_strip.h"
#include "ui/views/figure_pane.h"

#include <QAccessible>

namespace ketscope::test {
namespace {

QAccessibleTableInterface* tableOf(QWidget& widget)
{
    QAccessibleInterface* access = QAccessible::queryAccessibleInterface(&widget);
    return access == nullptr || access->role() != QAccessible::Table ? nullptr : access->tableInterface();
}

class TableAccessTest : public testing::Test {
protected:
    void open(const std::string& id)
    {
        const std::vector<Sample> all = ketscope::samples();
        desk.controller.openStudy(std::ranges::find(all, id, &Sample::id)->study, true);
        ASSERT_TRUE(waitFor([&] { return desk.settled() && desk.controller.model()->path.filename() == id; }));
    }

    // Every figure that can be drawn of what is open, against the figure's own table.
    void expectTables()
    {
        for (const FigureType* type : figureTypes()) {
            if (!obstacleOf(*type, *desk.controller.comparison()).isEmpty())
                continue;
            FigurePane pane(type->id, desk.controller, desk.appearance);
            pane.resize(600, 400);
            pane.show();
            ASSERT_TRUE(waitFor([&] { return pane.figure() != nullptr; })) << type->id.toStdString();
            QAccessibleTableInterface* table = tableOf(pane);
            ASSERT_NE(table, nullptr) << type->id.toStdString();
            expectTable(*table, pane.figure()->table(), type->id.toStdString());
            EXPECT_EQ(QAccessible::queryAccessibleInterface(&pane)->text(QAccessible::Name), type->title);
            if (table->rowCount() > 0)
                seen.insert(type->id.toStdString());
        }
    }

    static void expectTable(QAccessibleTableInterface& table, const Table& wanted, const std::string& id)
    {
        ASSERT_EQ(table.rowCount(), int(wanted.rows.size())) << id;
        ASSERT_EQ(table.columnCount(), int(wanted.header.size())) << id;
        if (wanted.rows.empty()) {  // the mechanism has nothing of this kind, and the figure says so
            EXPECT_EQ(table.cellAt(0, 0), nullptr) << id;
            return;
        }
        const int row = table.rowCount() - 1, column = table.columnCount() - 1;
        EXPECT_EQ(table.columnDescription(column), wanted.header.last()) << id;
        EXPECT_EQ(table.rowDescription(row), wanted.rows.back().first()) << id;
        QAccessibleInterface* cell = table.cellAt(row, column);
        ASSERT_NE(cell, nullptr) << id;
        EXPECT_EQ(cell->role(), QAccessible::Cell);
        EXPECT_EQ(cell->text(QAccessible::Value), wanted.rows.back().value(column)) << id;
        EXPECT_TRUE(cell->text(QAccessible::Name).contains(wanted.header.last())) << id;
        EXPECT_EQ(cell->tableCellInterface()->rowIndex(), row);
        EXPECT_EQ(cell->parent()->indexOfChild(cell), row * table.columnCount() + column);
        EXPECT_EQ(table.cellAt(row, column), cell);
        EXPECT_EQ(table.cellAt(row + 1, 0), nullptr);
        EXPECT_EQ(table.cellAt(0, -1), nullptr);
    }

    Desk desk;
    std::set<std::string> seen;
};

TEST_F(TableAccessTest, EveryFigureOfASentence)
{
    open("sentiment");
    desk.controller.startSweep({parseAxis("m=16,64")}, 1);
    ASSERT_TRUE(waitFor([&] { return !desk.controller.isSweeping(); }));
    expectTables();
    for (const char* id : {"heatmap", "bipartite", "qk-detail", "head-matrix", "head-ranking", "token-entropy",
                           "distance-profile", "pair-features", "outputs", "sweep"})
        EXPECT_TRUE(seen.contains(id)) << id;
}

TEST_F(TableAccessTest, EveryFigureOfAQuantumMechanism)
{
    open("sentiment");
    desk.controller.setMechanism(mechanism("fidelity"));
    desk.controller.run();
    desk.waitUntilSettled();
    expectTables();
    for (const char* id : {"pair-amplitudes", "pair-circuit", "pair-bloch", "pair-density", "pair-outcomes"})
        EXPECT_TRUE(seen.contains(id)) << id;
}

TEST_F(TableAccessTest, EveryFigureOfAPicture)
{
    open("shape-blip");
    expectTables();
    for (const char* id : {"alignment", "alignment-tokens", "patch-tokens", "assignment"})
        EXPECT_TRUE(seen.contains(id)) << id;
}

TEST_F(TableAccessTest, ACellOfAnEarlierFigureIsNoLongerValid)
{
    open("sentiment");
    FigurePane pane(QStringLiteral("token-entropy"), desk.controller, desk.appearance);
    pane.show();
    ASSERT_TRUE(waitFor([&] { return pane.figure() != nullptr; }));
    QAccessibleTableInterface* table = tableOf(pane);
    const QString before = table->cellAt(0, 2)->text(QAccessible::Value);
    const Figure* old = pane.figure();
    Selection other = desk.controller.selection();
    other.layer = other.layer == 0 ? 1 : 0;
    desk.controller.select(other);
    ASSERT_TRUE(waitFor([&] { return pane.figure() != old; }));
    EXPECT_NE(table->cellAt(0, 2)->text(QAccessible::Value), before);
    EXPECT_EQ(table->cellAt(0, 2)->text(QAccessible::Value), pane.figure()->table().rows[0][2]);
}

TEST_F(TableAccessTest, HeadsAndTokens)
{
    open("sentiment");
    HeadGrid grid(desk.controller, desk.appearance);
    QAccessibleTableInterface* heads = tableOf(grid);
    ASSERT_NE(heads, nullptr);
    const Selection& at = desk.controller.selection();
    EXPECT_EQ(heads->rowCount(), int(grid.layers()));
    EXPECT_EQ(heads->columnCount(), int(grid.heads()) + 1);
    const QString said = heads->cellAt(int(at.layer), int(at.head) + 1)->text(QAccessible::Name);
    EXPECT_TRUE(said.contains(QStringLiteral("selected"))) << said.toStdString();
    EXPECT_TRUE(said.contains(QStringLiteral("patched by B"))) << said.toStdString();
    TokenStrip strip(desk.controller, desk.appearance);
    QAccessibleTableInterface* tokens = tableOf(strip);
    ASSERT_NE(tokens, nullptr);
    EXPECT_EQ(tokens->rowCount(), int(strip.tokens()));
    EXPECT_EQ(tokens->cellAt(int(at.query), 2)->text(QAccessible::Value).section(u',', 0, 0), QStringLiteral("query"));
    EXPECT_EQ(tokens->columnDescription(3), QStringLiteral("weight A"));
}

}  // namespace
}  // namespace ketscope::test
