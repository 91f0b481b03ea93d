// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/hdf5.h"
#include "tests/ui/desk.h"
#include "ui/dialogs/data_dialog.h"

#include <QFile>

namespace ketscope::test {

namespace {

void choose(QComboBox& box, int index)
{
    box.setCurrentIndex(index);
    emit box.activated(index);
}

}  // namespace

TEST(DataDialog, SaysWhatWillBeWrittenAndWritesIt)
{
    Desk desk;
    desk.openSample();
    DataDialog dialog(desk.controller.comparison(), {}, nullptr);
    auto& data = *dialog.findChild<QComboBox*>(QStringLiteral("data"));
    auto& format = *dialog.findChild<QComboBox*>(QStringLiteral("dataFormat"));
    const auto& shape = *dialog.findChild<QLabel*>(QStringLiteral("dataShape"));
    const std::size_t tokens = desk.controller.comparison()->input.tokens.size();
    EXPECT_TRUE(shape.text().contains(QStringLiteral("trace 2 × query %1 × key %1").arg(tokens)))
        << shape.text().toStdString();
    choose(data, data.count() - 1);
    EXPECT_EQ(format.count(), 1) << "a run file is HDF5";
    choose(data, 2);
    choose(format, 1);
    choose(data, data.count() - 1);
    choose(data, 0);
    EXPECT_EQ(format.currentIndex(), 1) << "the format chosen before comes back";
    QString saved;
    QObject::connect(&dialog, &DataDialog::saved, [&](const QString& file) { saved = file; });
    const QString file = QString::fromStdString((desk.folder.path() / "w.npy").string());
    dialog.save(file);
    ASSERT_TRUE(waitFor([&] { return !saved.isEmpty(); }));
    EXPECT_EQ(saved, file);
    EXPECT_TRUE(QFile::exists(file));
    EXPECT_EQ(dialog.result(), QDialog::Accepted);
}

TEST(DataDialog, SaysWhatWentWrongAndStays)
{
    Desk desk;
    desk.openSample();
    DataDialog dialog(desk.controller.comparison(), {}, nullptr);
    dialog.show();
    dialog.save(QStringLiteral("/nowhere/w.csv"));
    const auto& error = *dialog.findChild<QLabel*>(QStringLiteral("dataError"));
    ASSERT_TRUE(waitFor([&] { return error.isVisible(); }));
    EXPECT_TRUE(error.text().contains(QStringLiteral("/nowhere")));
    EXPECT_TRUE(dialog.isVisible());
}

}  // namespace ketscope::test
