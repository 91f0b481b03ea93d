// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/dialogs/claims_window.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QTest>

namespace ketscope::test {

namespace {

struct ClaimsDesk {
    ClaimsDesk() : window(desk.appearance)
    {
        window.setBudget({.reduced = true, .seed = 0});
        window.resize(1100, 700);
        window.show();
    }

    QString cell(int number, int column) const
    {
        return window.findChild<QTableWidget*>(QStringLiteral("claims"))->item(number - 1, column)->text();
    }
    QString details() const { return window.findChild<QTextBrowser*>(QStringLiteral("claimDetails"))->toPlainText(); }
    QPushButton& button(const char* name) const { return *window.findChild<QPushButton*>(QString::fromLatin1(name)); }

    Desk desk;
    ClaimsWindow window;
};

}  // namespace

TEST(ClaimsWindow, ListsEveryClaimBeforeAnythingIsMeasured)
{
    ClaimsDesk claimsDesk;
    for (const Claim& each : claims()) {
        EXPECT_EQ(claimsDesk.cell(each.number, 0), QString::number(each.number));
        const QString text = claimsDesk.cell(each.number, 2);
        EXPECT_FALSE(text.contains(QStringLiteral(" %"))) << "a line may end before the sign of " << text.toStdString();
        EXPECT_EQ(QString(text).replace(QChar::Nbsp, u' '), QString::fromStdString(each.text));
        EXPECT_EQ(claimsDesk.cell(each.number, 3), QStringLiteral("not measured"));
    }
    claimsDesk.window.choose(8);
    EXPECT_TRUE(claimsDesk.details().contains(QString::fromStdString(claim(8).experiment)));
    EXPECT_FALSE(claimsDesk.button("copyClaims").isEnabled());
    EXPECT_FALSE(claimsDesk.button("stopClaims").isEnabled());
}

// Nothing of the table stands over the ring of its focus.
TEST(ClaimsWindow, TheFocusRingIsWhole)
{
    ClaimsDesk claimsDesk;
    auto* table = claimsDesk.window.findChild<QTableWidget*>(QStringLiteral("claims"));
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&claimsDesk.window));
    claimsDesk.window.activateWindow();
    table->setFocus();
    ASSERT_TRUE(waitFor([&] { return table->hasFocus(); }));
    const QImage image = table->grab().toImage();
    const QColor accent = claimsDesk.desk.appearance.theme().accent;
    for (int y = 0; y < image.height(); ++y)
        ASSERT_TRUE(image.pixelColor(0, y) == accent && image.pixelColor(image.width() - 1, y) == accent) << y;
    for (int x = 0; x < image.width(); ++x)
        ASSERT_TRUE(image.pixelColor(x, 0) == accent && image.pixelColor(x, image.height() - 1) == accent) << x;
}

TEST(ClaimsWindow, MeasuresTheChosenRow)
{
    ClaimsDesk claimsDesk;
    claimsDesk.window.choose(8);
    claimsDesk.button("runClaim").click();
    EXPECT_TRUE(claimsDesk.window.isRunning());
    EXPECT_FALSE(claimsDesk.button("runClaims").isEnabled());
    ASSERT_TRUE(waitFor([&] { return !claimsDesk.window.isRunning() && claimsDesk.window.results().contains(8); }));
    EXPECT_EQ(claimsDesk.cell(8, 3), verdictTag(Verdict::Artefact));
    EXPECT_TRUE(claimsDesk.cell(8, 4).contains(QStringLiteral("4071059")));
    EXPECT_TRUE(claimsDesk.details().contains(QStringLiteral("as published")));
    EXPECT_TRUE(claimsDesk.details().contains(QStringLiteral("0.971")));
    claimsDesk.button("copyClaims").click();
    const QString table = QApplication::clipboard()->text();
    EXPECT_EQ(table.count(u'\n'),
              static_cast<qsizetype>(claims().size() + claimsDesk.window.results().at(8).findings.quantities.size()));
}

TEST(ClaimsWindow, EscapeStopsAndKeepsWhatIsMeasured)
{
    ClaimsDesk claimsDesk;
    claimsDesk.window.run({17, 20, 1});
    ASSERT_TRUE(waitFor([&] { return claimsDesk.window.results().contains(17); }));
    QTest::keyClick(&claimsDesk.window, Qt::Key_Escape);
    ASSERT_TRUE(waitFor([&] { return !claimsDesk.window.isRunning(); }));
    EXPECT_TRUE(claimsDesk.window.isVisible());
    EXPECT_FALSE(claimsDesk.window.results().contains(1));
    EXPECT_EQ(claimsDesk.cell(17, 3), verdictTag(Verdict::DoesNotHold));
    QTest::keyClick(&claimsDesk.window, Qt::Key_Escape);
    EXPECT_FALSE(claimsDesk.window.isVisible());
}

TEST(ClaimsWindow, OpensTheStudyBehindARow)
{
    ClaimsDesk claimsDesk;
    Study opened;
    QObject::connect(&claimsDesk.window, &ClaimsWindow::studyWanted, [&](const Study& study) { opened = study; });
    claimsDesk.window.choose(16);
    claimsDesk.button("openClaimStudy").click();
    EXPECT_EQ(opened, claim(16).study());
}

TEST(ClaimsWindow, TagsDifferWithoutColour)
{
    QStringList marks;
    for (const Verdict verdict :
         {Verdict::Holds, Verdict::Artefact, Verdict::DoesNotHold, Verdict::Open, Verdict::NothingClaimed})
        marks += verdictTag(verdict).left(1);
    EXPECT_EQ(marks.removeDuplicates(), 0);
}

TEST(ClaimsWindow, IsATableToScreenReaders)
{
    ClaimsDesk claimsDesk;
    auto* list = claimsDesk.window.findChild<QTableWidget*>(QStringLiteral("claims"));
    QAccessibleInterface* access = QAccessible::queryAccessibleInterface(list);
    ASSERT_NE(access, nullptr);
    EXPECT_EQ(access->role(), QAccessible::Table);
    EXPECT_EQ(access->text(QAccessible::Name), QStringLiteral("Published claims"));
    ASSERT_NE(access->tableInterface(), nullptr);
    EXPECT_EQ(access->tableInterface()->rowCount(), 23);
    QAccessibleInterface* cell = access->tableInterface()->cellAt(7, 2);
    ASSERT_NE(cell, nullptr);
    EXPECT_EQ(cell->text(QAccessible::Name), QString::fromStdString(claim(8).text));
}

}  // namespace ketscope::test
