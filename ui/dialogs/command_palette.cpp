// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/command_palette.h"

#include "ui/controls/controls.h"
#include "ui/fuzzy_match.h"

#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t kMostShown = 1000, kMostNear = 6;
constexpr double kAlike = 0.1;  // of what is offered in place of what was typed
constexpr int kGroupRole = Qt::UserRole + 1;
constexpr int kKeysRole = Qt::UserRole + 2;

// Title left, group beside it, keys right.
class CommandLine : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {option.fontMetrics.height() * 10, option.fontMetrics.height() * 8 / 5};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const QPalette& palette = option.palette;
        const bool chosen = option.state.testFlag(QStyle::State_Selected);
        if (chosen)
            painter->fillRect(option.rect, palette.highlight());
        const int pad = option.fontMetrics.height() / 2;
        QRect room = option.rect.adjusted(pad, 0, -pad, 0);
        const QColor ink = palette.color(chosen ? QPalette::HighlightedText : QPalette::Text);
        QColor faint = ink;
        faint.setAlphaF(chosen ? 0.85F : 0.7F);
        const auto draw = [&](const QString& text, const QColor& colour, int side) {
            painter->setPen(colour);
            painter->drawText(room, side | Qt::AlignVCenter,
                              option.fontMetrics.elidedText(text, Qt::ElideRight, room.width()));
        };
        const QString keys = index.data(kKeysRole).toString();
        draw(keys, faint, Qt::AlignRight);
        room.setRight(room.right() - (keys.isEmpty() ? 0 : option.fontMetrics.horizontalAdvance(keys) + 2 * pad));
        const QString title = index.data(Qt::DisplayRole).toString();
        draw(title, ink, Qt::AlignLeft);
        room.setLeft(room.left() + option.fontMetrics.horizontalAdvance(title) + 2 * pad);
        if (room.width() > 4 * pad)
            draw(index.data(kGroupRole).toString(), faint, Qt::AlignLeft);
    }
};

}  // namespace

CommandPalette::CommandPalette(std::vector<Command> commands, QWidget* parent)
    : QDialog(parent), m_commands(std::move(commands)), m_text(new QLineEdit(this)), m_list(new QListWidget(this))
{
    setObjectName(u"commandPalette"_s);
    setWindowTitle(tr("Commands"));
    m_text->setObjectName(u"commandText"_s);
    m_text->setPlaceholderText(tr("What to do: a command, a mechanism, a head, a sample…"));
    m_text->setAccessibleName(tr("Command"));
    m_text->installEventFilter(this);
    m_list->setObjectName(u"commandList"_s);
    m_list->setAccessibleName(tr("Commands that fit"));
    m_list->setItemDelegate(new CommandLine(m_list));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_text);
    column->addWidget(m_list, 1);
    const int unit = fontMetrics().height();
    resizeInside(*this, QSize(unit * 36, unit * 26));
    connect(m_text, &QLineEdit::textChanged, this, &CommandPalette::refresh);
    connect(m_text, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
    refresh();
}

// The best first.
std::vector<std::size_t> CommandPalette::fitting() const
{
    std::vector<std::pair<int, std::size_t>> fits;
    for (std::size_t index = 0; index < m_commands.size(); ++index)
        if (const auto score = fuzzyMatch(m_text->text(), m_commands[index].title + u' ' + m_commands[index].group))
            fits.emplace_back(m_text->text().isEmpty() ? 0 : -*score, index);
    std::ranges::stable_sort(fits, {}, &std::pair<int, std::size_t>::first);
    fits.resize(std::min(fits.size(), kMostShown));
    std::vector<std::size_t> indices;
    std::ranges::transform(fits, std::back_inserter(indices), &std::pair<int, std::size_t>::second);
    return indices;
}

std::vector<std::size_t> CommandPalette::nearest() const
{
    std::vector<std::pair<double, std::size_t>> near;
    for (std::size_t index = 0; index < m_commands.size(); ++index)
        if (const double likeness = wordLikeness(m_text->text(), m_commands[index].title); likeness > kAlike)
            near.emplace_back(-likeness, index);
    std::ranges::stable_sort(near, {}, &std::pair<double, std::size_t>::first);
    near.resize(std::min(near.size(), kMostNear));
    std::vector<std::size_t> indices;
    std::ranges::transform(near, std::back_inserter(indices), &std::pair<double, std::size_t>::second);
    return indices;
}

void CommandPalette::addRow(std::size_t index)
{
    const Command& command = m_commands[index];
    auto* item = new QListWidgetItem(command.title, m_list);
    item->setData(Qt::UserRole, static_cast<qulonglong>(index));
    item->setData(kGroupRole, command.group);
    item->setData(kKeysRole, command.keys);
    item->setData(Qt::AccessibleTextRole, u"%1, %2, %3"_s.arg(command.title, command.group, command.keys));
}

// Where nothing fits, the nearest are offered and none is chosen: Enter does nothing that was not asked for.
void CommandPalette::refresh()
{
    m_list->clear();
    const std::vector<std::size_t> fits = fitting();
    const std::vector<std::size_t> near = fits.empty() ? nearest() : std::vector<std::size_t>();
    if (fits.empty()) {
        const QString typed = m_text->text().trimmed();
        auto* said =
            new QListWidgetItem(near.empty() ? tr("No command fits “%1”. Try fewer letters or another word.").arg(typed)
                                             : tr("No command fits “%1”. The nearest:").arg(typed),
                                m_list);
        said->setFlags(Qt::NoItemFlags);
    }
    for (const std::size_t index : fits.empty() ? near : fits)
        addRow(index);
    m_list->setCurrentRow(fits.empty() ? -1 : 0);
}

QString CommandPalette::notice() const
{
    const QListWidgetItem* first = m_list->item(0);
    return first != nullptr && first->flags() == Qt::NoItemFlags ? first->text() : QString();
}

QStringList CommandPalette::shown() const
{
    QStringList titles;
    for (int row = notice().isEmpty() ? 0 : 1; row < m_list->count(); ++row)
        titles += m_list->item(row)->text();
    return titles;
}

// The dialog is closed first: what is run may open another one or take the focus.
void CommandPalette::runCurrent()
{
    const QListWidgetItem* item = m_list->currentItem();
    if (item == nullptr)
        return;
    const std::function<void()> run = m_commands[item->data(Qt::UserRole).toULongLong()].run;
    accept();
    run();
}

// The list moves while the text keeps the focus.
bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::KeyPress)
        return QDialog::eventFilter(watched, event);
    const int count = m_list->count();
    const auto moveBy = [&](int step) {
        const int first = notice().isEmpty() ? 0 : 1;
        if (first < count)
            m_list->setCurrentRow(std::clamp(m_list->currentRow() + step, first, count - 1));
        return true;
    };
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Down: return moveBy(1);
    case Qt::Key_Up: return moveBy(-1);
    case Qt::Key_PageDown: return moveBy(10);
    case Qt::Key_PageUp: return moveBy(-10);
    default: return QDialog::eventFilter(watched, event);
    }
}

}  // namespace ketscope
