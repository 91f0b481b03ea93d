// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QLineEdit>
#include <QListWidget>

#include <functional>
#include <vector>

namespace ketscope {

// Something the window can do, by name.
struct Command {
    QString title;  // "Run", "Use RFF kernel", "Layer 4 head 7"
    QString group;  // "View", "Mechanism", "Head"
    QString keys;   // empty without any
    std::function<void()> run;
};

// Finds a command by a few letters of it: arrows and Enter, or a click.
class CommandPalette : public QDialog {
    Q_OBJECT

public:
    CommandPalette(std::vector<Command> commands, QWidget* parent = nullptr);

    QStringList shown() const;  // titles in their order
    QString notice() const;     // above them, where nothing fits what was typed; else empty

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refresh();
    std::vector<std::size_t> fitting() const;
    std::vector<std::size_t> nearest() const;
    void addRow(std::size_t index);
    void runCurrent();

    std::vector<Command> m_commands;
    QLineEdit* m_text;
    QListWidget* m_list;
};

}  // namespace ketscope
