// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/dialogs/plan_dialog.h"

namespace ketscope::test {
namespace {

class PlanDialogTest : public testing::Test {
protected:
    void SetUp() override
    {
        desk.openSample();
        dialog = std::make_unique<PlanDialog>(*desk.controller.model(), desk.controller.plan(), 1,
                                              desk.controller.selection(), desk.appearance);
        dialog->show();
        text = dialog->findChild<QLineEdit*>(QStringLiteral("planText"));
    }

    QPoint at(std::size_t layer, std::size_t head) const
    {
        return dialog->grid().cellRect(layer, head).center().toPoint();
    }
    void type(const char* what)
    {
        text->selectAll();
        QTest::keyClicks(text, QString::fromLatin1(what));
    }
    std::string written() const { return text->text().toStdString(); }

    Desk desk;
    std::unique_ptr<PlanDialog> dialog;
    QLineEdit* text = nullptr;
};

TEST_F(PlanDialogTest, ADragPaintsAndASecondClears)
{
    EXPECT_EQ(written(), "rff@layers=4-5");
    PlanGrid& grid = dialog->grid();
    QTest::mousePress(&grid, Qt::LeftButton, {}, at(1, 0));
    QTest::mouseMove(&grid, at(1, 3));
    QTest::mouseRelease(&grid, Qt::LeftButton, {}, at(1, 3));
    EXPECT_EQ(written(), "rff@layers=1,4-5") << "no holes in a fast drag";
    QTest::mouseClick(&grid, Qt::LeftButton, {}, at(4, 2));
    EXPECT_EQ(written(), "rff@layers=1,5 rff@layers=4;heads=0-1,3");
    QTest::mouseClick(&grid, Qt::LeftButton, {}, grid.layerHeader(4).center().toPoint());
    EXPECT_EQ(written(), "rff@layers=1,4-5") << "a header paints the whole layer";
    QTest::mouseClick(&grid, Qt::LeftButton, {}, grid.layerHeader(1).center().toPoint());
    EXPECT_EQ(written(), "rff@layers=4-5") << "and clears it when it is painted";
    QTest::mouseClick(&grid, Qt::LeftButton, {}, grid.headHeader(3).center().toPoint());
    EXPECT_EQ(written(), "rff@layers=0-3;heads=3 rff@layers=4-5");
}

TEST_F(PlanDialogTest, KeysPaintToo)
{
    PlanGrid& grid = dialog->grid();
    QTest::keyClick(&grid, Qt::Key_Space);
    EXPECT_EQ(written(), "rff@layers=0;heads=0 rff@layers=4-5");
    QTest::keyClick(&grid, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&grid, Qt::Key_Down);
    QTest::keyClick(&grid, Qt::Key_Space);
    EXPECT_EQ(written(), "rff@layers=0;heads=0-1 rff@layers=1;heads=1 rff@layers=4-5");
    EXPECT_TRUE(grid.accessibleDescription().contains(QStringLiteral("Layer 1 head 1 uses RFF")));
}

TEST_F(PlanDialogTest, TheTableFollowsTheTextAndItsFaultsAreSaid)
{
    type("rff zero@layers=2;heads=1");
    EXPECT_TRUE(dialog->problem().isEmpty());
    EXPECT_EQ(dialog->plan().entries.size(), 2U) << "as typed, not rewritten";
    auto* choices = dialog->findChild<QListWidget*>(QStringLiteral("planChoices"));
    ASSERT_EQ(choices->count(), 2);
    choices->setCurrentRow(1);
    QTest::mouseClick(&dialog->grid(), Qt::LeftButton, {}, at(2, 2));
    EXPECT_EQ(written(), "rff@layers=0-1,3-5 rff@layers=2;heads=0,3 zero@layers=2;heads=1-2");
    for (const char* wrong : {"rff@layers=9", "nothing", "rff@layers="}) {
        type(wrong);
        EXPECT_FALSE(dialog->problem().isEmpty()) << wrong;
    }
    type("uniform@layers=0");
    EXPECT_TRUE(dialog->problem().isEmpty());
}

TEST_F(PlanDialogTest, QuickChoicesAndRemovedMechanisms)
{
    const auto click = [&](const char* title) {
        for (QPushButton* button : dialog->findChildren<QPushButton*>())
            if (button->text() == QString::fromLatin1(title))
                return button->click();
        FAIL() << title;
    };
    click("All");
    EXPECT_EQ(written(), "rff");
    click("Every second layer");
    EXPECT_EQ(written(), "rff@layers=1,3,5");
    click("None");
    EXPECT_EQ(written(), "");
    EXPECT_TRUE(dialog->plan().entries.empty());
    type("rff zero@layers=2;heads=1");
    dialog->findChild<QListWidget*>(QStringLiteral("planChoices"))->setCurrentRow(0);
    dialog->findChild<QPushButton*>(QStringLiteral("removeChoice"))->click();
    EXPECT_EQ(written(), "zero@layers=2;heads=1");
}

}  // namespace
}  // namespace ketscope::test
