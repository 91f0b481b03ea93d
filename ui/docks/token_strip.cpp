// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/token_strip.h"

#include "core/study/token_axis.h"
#include "core/study/token_edit.h"
#include "ui/controls/controls.h"
#include "ui/controls/table_access.h"
#include "ui/dialogs/token_dialog.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMenu>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <utility>

namespace ketscope {

using namespace Qt::StringLiterals;

TokenStrip::TokenStrip(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance), m_read(controller)
{
    prepareStrip(*this, u"tokenStrip"_s, tr("Input tokens"), [this] { return spokenTable(); });
    connect(&controller, &StudyController::comparisonChanged, this, &TokenStrip::showWeights);
    connect(&controller, &StudyController::viewChanged, this, [this] {
        m_bars = barCount();
        updateGeometry();
        update();
    });
    connect(&controller, &StudyController::selectionChanged, this, &TokenStrip::refresh);
    connect(&controller, &StudyController::pointedChanged, this, &TokenStrip::mark);
    connect(&appearance, &Appearance::changed, this, &TokenStrip::rebuild);
    rebuild();
}

QStringList TokenStrip::labels() const
{
    QStringList all;
    for (std::size_t token = 0; token < m_read.tokens(); ++token)
        all << elideMiddle(m_read.label(token));
    return all;
}

void TokenStrip::rebuild()
{
    const Theme& theme = m_appearance.theme();
    m_stack = m_controller.selection().stack;
    m_chips = layOutChips(labels(), theme);
    m_bars = barCount();
    setMinimumWidth(m_chips.empty() ? 0 : qCeil(m_chips.back().rect.right() + theme.px(4)));
    updateGeometry();
    refresh();
}

// Of another run. Where its tokens are those that are shown, their bars alone change.
void TokenStrip::showWeights()
{
    if (m_controller.selection().stack != m_stack || m_bars != barCount() || m_chips.empty()
        || !std::ranges::equal(labels(), m_chips, {}, {}, &TokenChip::text))
        return rebuild();
    tableChanged(*this);
    update(bars());
}

QRect TokenStrip::bars() const { return chipBarsRect(m_chips, m_bars, width(), m_appearance.theme()); }

void TokenStrip::refresh()
{
    const Selection& at = m_controller.selection();
    const ComparisonPointer& comparison = m_controller.comparison();
    if (at.stack != m_stack) {
        rebuild();
        return;
    }
    if (comparison && at.key < m_chips.size()) {
        const TokenAxis queries = comparison->model.stacks.at(at.stack).queries;
        const QString query = QString::fromStdString(axisLabel(comparison->input, queries, at.query));
        setAccessibleDescription(
            tr("query %1 %2, key %3 %4").arg(at.query).arg(elideMiddle(query)).arg(at.key).arg(m_chips[at.key].text));
        showSelected();
    }
    tableChanged(*this);
    update();
}

void TokenStrip::showSelected()
{
    const Selection& at = m_controller.selection();
    const std::size_t shown = m_read.showsQueries() && at.query < m_chips.size() ? at.query : at.key;
    if (shown < m_chips.size())
        emit selectionMoved(m_chips[shown].rect.toAlignedRect());
}

// A row for each token with what its bars show.
Table TokenStrip::spokenTable() const
{
    Table table{{tr("token"), tr("position"), tr("selected as")}, {}};
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!comparison)
        return table;
    const std::vector<std::size_t> shown = m_read.traces();
    for (const std::size_t trace : shown)
        table.header << tr("weight %1").arg(QString::fromStdString(traceTag(trace)));
    for (std::size_t token = 0; token < m_chips.size(); ++token) {
        QStringList row{m_chips[token].text, QString::number(token), m_read.roleNames(token).join(u", "_s)};
        for (const std::size_t trace : shown)
            row << formatNumber(static_cast<double>(m_read.weight(trace, token)), 6);
        table.rows.push_back(std::move(row));
    }
    return table;
}

QSize TokenStrip::sizeHint() const { return {minimumWidth(), chipStripHeight(barCount(), m_appearance.theme())}; }

std::size_t TokenStrip::barCount() const { return m_controller.comparison() ? m_read.traces().size() : 2; }

std::optional<std::size_t> TokenStrip::tokenAt(QPointF where) const { return chipAt(m_chips, where.x()); }

void TokenStrip::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const auto token = tokenAt(event->position());
    if (event->modifiers().testFlag(Qt::ShiftModifier) || !m_read.showsQueries())
        m_controller.selectCell({}, token);
    else
        m_controller.selectCell(token, {});
}

// The other side of the bars: keys of the selected query, or queries of the selected key; and, in an alignment, the word
// or patch.
void TokenStrip::mouseMoveEvent(QMouseEvent* event)
{
    const auto token = tokenAt(event->position());
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!token || !comparison)
        return m_controller.point({});
    Pointed pointed;
    (m_read.showsColumn() ? pointed.query : pointed.key) = token;
    if (m_read.axis() != TokenAxis::Image && *token < comparison->input.tokens.size())
        pointed.token = token;
    pointed.patch = axisPatch(comparison->input, m_read.axis(), *token);
    m_controller.point(pointed);
}

void TokenStrip::leaveEvent(QEvent*) { m_controller.point({}); }

bool TokenStrip::isPointed(std::size_t token) const
{
    return token == m_pointed.key || (m_read.showsQueries() && token == m_pointed.query);
}

void TokenStrip::mark()
{
    const Pointed before = std::exchange(m_pointed, m_controller.pointed());
    for (const auto& token : {before.query, before.key, m_pointed.query, m_pointed.key})
        if (token && *token < m_chips.size())
            update(m_chips[*token].rect.adjusted(-3, -3, 3, 3).toAlignedRect());
}

void TokenStrip::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_F2)
        return replaceToken(m_read.current());
    if (event->key() == Qt::Key_Delete && canEdit(m_read.current()))
        return m_controller.removeToken(m_read.current());
    if (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)
        return QWidget::keyPressEvent(event);
    const bool key = event->modifiers().testFlag(Qt::ShiftModifier) || !m_read.showsQueries();
    const Selection& at = m_controller.selection();
    std::size_t token = key ? at.key : at.query;
    if (event->key() == Qt::Key_Right)
        ++token;
    else if (token > 0)
        --token;
    m_controller.selectCell(key ? std::nullopt : std::optional(token), key ? std::optional(token) : std::nullopt);
}

bool TokenStrip::canEdit(std::size_t token) const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison && m_controller.canRun() && m_read.axis() != TokenAxis::Image
           && token < comparison->input.tokens.size();
}

void TokenStrip::replaceToken(std::size_t token)
{
    if (!canEdit(token) || m_controller.tokenizer() == nullptr)
        return;
    auto* dialog = new TokenDialog(m_controller.comparison()->input, token, *m_controller.tokenizer(), window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog, token] { m_controller.replaceToken(token, dialog->text()); });
    dialog->open();
}

void TokenStrip::fillMenu(QMenu& menu, std::size_t token)
{
    if (!canEdit(token)) {
        menu.addAction(m_read.axis() == TokenAxis::Image ? tr("Patches of a picture cannot be edited")
                                                         : tr("Open the model to edit its tokens"))
            ->setEnabled(false);
        return;
    }
    const Tokenizer* tokenizer = m_controller.tokenizer();
    const QString obstacle = QString::fromStdString(tokenEditObstacle(m_controller.study().input, tokenizer));
    menu.setToolTipsVisible(true);
    const auto add = [&](const QString& title, bool possible, const QString& why, auto act) {
        QAction* action = menu.addAction(title);
        action->setEnabled(possible && obstacle.isEmpty());
        action->setToolTip(!obstacle.isEmpty() ? obstacle : possible ? QString() : why);
        connect(action, &QAction::triggered, this, act);
    };
    add(tr("Replace…\tF2"), true, {}, [this, token] { replaceToken(token); });
    add(tr("Mask it"), tokenizer != nullptr && maskTokenText(*tokenizer).has_value(),
        tr("This model has no mask token."), [this, token] { m_controller.maskToken(token); });
    const std::vector<std::uint8_t>& mask = m_controller.comparison()->input.model.attentionMask;
    const bool hidden = token < mask.size() && mask[token] == 0;
    add(hidden ? tr("Let attention see it again") : tr("Hide it from attention"), true, {},
        [this, token, hidden] { m_controller.hideToken(token, !hidden); });
    add(tr("Remove\tDel"), m_controller.comparison()->input.tokens.size() > 1, tr("It is the only token."),
        [this, token] { m_controller.removeToken(token); });
}

void TokenStrip::contextMenuEvent(QContextMenuEvent* event)
{
    const auto token =
        event->reason() == QContextMenuEvent::Mouse ? tokenAt(event->pos()) : std::optional(m_read.current());
    if (!token || !m_controller.comparison())
        return;
    QMenu menu;
    fillMenu(menu, *token);
    menu.exec(event->globalPos());
}

bool TokenStrip::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto token = tokenAt(help->pos());
    if (token && m_controller.comparison()) {
        const EncodedInput& input = m_controller.comparison()->input;
        QString text =
            tr("token %1: %2").arg(*token).arg(QString::fromStdString(axisLabel(input, m_read.axis(), *token)));
        if (m_read.axis() != TokenAxis::Image && *token < input.tokens.size())
            text += tr(", id %1").arg(input.tokens[*token].id);
        QToolTip::showText(help->globalPos(), text, this);
    }
    return true;
}

void TokenStrip::paintEvent(QPaintEvent* event)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme& theme = m_appearance.theme();
    for (std::size_t token = 0; token < m_chips.size(); ++token) {
        const QRectF& chip = m_chips[token].rect;
        if (chip.right() + chip.width() < event->rect().left() || chip.left() - chip.width() > event->rect().right())
            continue;
        if (event->rect().top() < chip.bottom())
            paintChip(painter, m_chips[token], m_read.role(token), isPointed(token), theme);
        std::vector<ChipBar> shares;
        for (const std::size_t trace : m_read.traces())
            shares.push_back({trace, static_cast<double>(m_read.weight(trace, token))});
        paintChipBars(painter, m_chips[token], shares, theme);
        if (event->rect().bottom() > bars().bottom())
            paintBelowChip(painter, m_chips[token], positionText(token), m_read.role(token) != ChipRole::None, m_bars,
                           theme);
    }
    paintStripFocus(painter, *this, m_appearance.theme());
}

// Below the bars.
QString TokenStrip::positionText(std::size_t token) const
{
    const QStringList names = m_read.roleNames(token);
    if (names.isEmpty())
        return QString::number(token);
    return u"%1 %2"_s.arg(names.size() > 1 ? tr("both") : names.front()).arg(token);
}

}  // namespace ketscope
