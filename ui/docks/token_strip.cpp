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
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kChipHeight = 24.0;
constexpr double kChipPadding = 9.0;
constexpr double kSmallestChip = 36.0;
constexpr double kGap = 8.0;
constexpr double kTop = 8.0;
constexpr double kBarHeight = 4.0;
constexpr std::size_t kMostBars = 3;

}  // namespace

TokenStrip::TokenStrip(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance)
{
    setObjectName(u"tokenStrip"_s);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Input tokens"));
    exposeAsTable(*this, {[this] { return spokenTable(); }, [this] { return accessibleDescription(); }});
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

TokenAxis TokenStrip::axis() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison ? comparison->model.stacks.at(comparison->study.selection.stack).keys : TokenAxis::Text;
}

bool TokenStrip::showsQueries() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return !comparison || comparison->model.stacks.at(comparison->study.selection.stack).queries == axis();
}

// Of the selected key's column; where the strip's tokens are the queries too.
bool TokenStrip::showsColumn() const
{
    return showsQueries() && m_controller.study().view.heatmap.direction == AttentionDirection::ToKey;
}

TokenStrip::Role TokenStrip::roleOf(std::size_t token) const
{
    const Selection& at = m_controller.selection();
    return {showsQueries() && token == at.query, token == at.key};
}

QStringList TokenStrip::labels() const
{
    QStringList all;
    if (const ComparisonPointer& comparison = m_controller.comparison()) {
        const std::size_t count = mapOf(*comparison, 0, comparison->study.selection).columns;
        for (std::size_t token = 0; token < count; ++token)
            all << elideMiddle(QString::fromStdString(axisLabel(comparison->input, axis(), token)));
    }
    return all;
}

void TokenStrip::rebuild()
{
    const Theme& theme = m_appearance.theme();
    m_chips.clear();
    m_stack = m_controller.selection().stack;
    const QFontMetricsF metrics(theme.mono(kLabelPixels));
    double left = theme.px(2);
    for (const QString& text : labels()) {
        const double width =
            std::ceil(std::max(theme.px(kSmallestChip), metrics.horizontalAdvance(text) + 2 * theme.px(kChipPadding)));
        m_chips.push_back({text, {left, theme.px(kTop), width, theme.px(kChipHeight)}});
        left += width + theme.px(kGap);
    }
    m_bars = barCount();
    setMinimumWidth(m_chips.empty() ? 0 : qCeil(m_chips.back().rect.right() + theme.px(4)));
    updateGeometry();
    refresh();
}

// Of another run. Where its tokens are those that are shown, their bars alone change.
void TokenStrip::showWeights()
{
    if (m_controller.selection().stack != m_stack || m_bars != barCount() || m_chips.empty()
        || !std::ranges::equal(labels(), m_chips, {}, {}, &Chip::text))
        return rebuild();
    tableChanged(*this);
    update(bars());
}

QRect TokenStrip::bars() const
{
    const Theme& theme = m_appearance.theme();
    const double top = m_chips.front().rect.bottom() + theme.px(3);  // below a pointed chip's frame
    const double height = 1 + static_cast<double>(m_bars) * (kBarHeight + 2);
    return QRectF(0.0, top, width(), theme.px(height)).toAlignedRect();
}

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
    const std::size_t shown = showsQueries() && at.query < m_chips.size() ? at.query : at.key;
    if (shown < m_chips.size())
        emit selectionMoved(m_chips[shown].rect.toAlignedRect());
}

float TokenStrip::weightOf(std::size_t trace, std::size_t token) const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    const Selection& at = comparison->study.selection;
    const MatrixView map = mapOf(*comparison, trace, at);
    return showsColumn() ? map(token, at.key) : map(at.query, token);
}

// A row for each token with what its bars show.
Table TokenStrip::spokenTable() const
{
    Table table{{tr("token"), tr("position"), tr("selected as")}, {}};
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!comparison)
        return table;
    const std::vector<std::size_t> shown = shownTraces(*comparison);
    for (std::size_t place = 0; place < barCount(); ++place)
        table.header << tr("weight %1").arg(QString::fromStdString(traceTag(shown[place])));
    for (std::size_t token = 0; token < m_chips.size(); ++token) {
        QStringList roles;
        const auto [query, key] = roleOf(token);
        if (query)
            roles << tr("query");
        if (key)
            roles << tr("key");
        QStringList row{m_chips[token].text, QString::number(token), roles.join(u", "_s)};
        for (std::size_t place = 0; place < barCount(); ++place)
            row << formatNumber(static_cast<double>(weightOf(shown[place], token)), 6);
        table.rows.push_back(std::move(row));
    }
    return table;
}

QSize TokenStrip::sizeHint() const
{
    const auto bars = static_cast<double>(barCount());
    return {minimumWidth(), qRound(m_appearance.theme().px(kTop + kChipHeight + bars * (kBarHeight + 2) + 24))};
}

std::size_t TokenStrip::barCount() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison ? std::clamp<std::size_t>(shownTraces(*comparison).size(), 1, kMostBars) : 2;
}

std::optional<std::size_t> TokenStrip::tokenAt(QPointF where) const
{
    for (std::size_t token = 0; token < m_chips.size(); ++token) {
        const QRectF& chip = m_chips[token].rect;
        if (where.x() >= chip.left() && where.x() <= chip.right())
            return token;
    }
    return {};
}

void TokenStrip::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const auto token = tokenAt(event->position());
    if (event->modifiers().testFlag(Qt::ShiftModifier) || !showsQueries())
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
    (showsColumn() ? pointed.query : pointed.key) = token;
    if (axis() != TokenAxis::Image && *token < comparison->input.tokens.size())
        pointed.token = token;
    pointed.patch = axisPatch(comparison->input, axis(), *token);
    m_controller.point(pointed);
}

void TokenStrip::leaveEvent(QEvent*) { m_controller.point({}); }

bool TokenStrip::isPointed(std::size_t token) const
{
    return token == m_pointed.key || (showsQueries() && token == m_pointed.query);
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
        return replaceToken(current());
    if (event->key() == Qt::Key_Delete && canEdit(current()))
        return m_controller.removeToken(current());
    if (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)
        return QWidget::keyPressEvent(event);
    const bool key = event->modifiers().testFlag(Qt::ShiftModifier) || !showsQueries();
    const Selection& at = m_controller.selection();
    std::size_t token = key ? at.key : at.query;
    if (event->key() == Qt::Key_Right)
        ++token;
    else if (token > 0)
        --token;
    m_controller.selectCell(key ? std::nullopt : std::optional(token), key ? std::optional(token) : std::nullopt);
}

std::size_t TokenStrip::current() const
{
    return showsQueries() ? m_controller.selection().query : m_controller.selection().key;
}

bool TokenStrip::canEdit(std::size_t token) const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison && m_controller.canRun() && axis() != TokenAxis::Image && token < comparison->input.tokens.size();
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
        menu.addAction(axis() == TokenAxis::Image ? tr("Patches of a picture cannot be edited")
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
    const auto token = event->reason() == QContextMenuEvent::Mouse ? tokenAt(event->pos()) : std::optional(current());
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
        QString text = tr("token %1: %2").arg(*token).arg(QString::fromStdString(axisLabel(input, axis(), *token)));
        if (axis() != TokenAxis::Image && *token < input.tokens.size())
            text += tr(", id %1").arg(input.tokens[*token].id);
        QToolTip::showText(help->globalPos(), text, this);
    }
    return true;
}

void TokenStrip::paintEvent(QPaintEvent* event)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t token = 0; token < m_chips.size(); ++token) {
        const QRectF& chip = m_chips[token].rect;
        if (chip.right() + chip.width() < event->rect().left() || chip.left() - chip.width() > event->rect().right())
            continue;
        if (event->rect().top() < chip.bottom())
            paintChip(painter, token);
        paintBars(painter, token);
        if (event->rect().bottom() > bars().bottom())
            paintPosition(painter, token);
    }
    if (hasFocus()) {
        painter.setPen(QPen(m_appearance.theme().accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

void TokenStrip::paintChip(QPainter& painter, std::size_t token) const
{
    const Theme& theme = m_appearance.theme();
    const Chip& chip = m_chips[token];
    const auto [query, key] = roleOf(token);
    painter.setPen(QPen(query || key ? theme.accent : theme.line2, query || key ? theme.px(1.5) : 1.0));
    painter.setBrush(query ? theme.accent : key ? theme.accentBg : theme.chip);
    painter.drawRoundedRect(chip.rect, theme.px(4), theme.px(4));
    if (isPointed(token)) {
        painter.setPen(QPen(theme.accent, theme.px(1.5)));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(chip.rect.adjusted(-2, -2, 2, 2), theme.px(5), theme.px(5));
    }
    painter.setFont(theme.mono(kLabelPixels));
    painter.setPen(query ? theme.panel : key ? theme.accent : theme.text);
    painter.drawText(chip.rect, Qt::AlignCenter, chip.text);
}

// Below the bars.
void TokenStrip::paintPosition(QPainter& painter, std::size_t token) const
{
    const Theme& theme = m_appearance.theme();
    const Chip& chip = m_chips[token];
    const auto [query, key] = roleOf(token);
    QString below = QString::number(token);
    if (query)
        below = key ? tr("both %1").arg(token) : tr("query %1").arg(token);
    else if (key)
        below = tr("key %1").arg(token);
    painter.setFont(theme.ui(kTickPixels, query || key ? QFont::DemiBold : QFont::Normal));
    painter.setPen(query || key ? theme.accent : theme.text3);
    const double wide = theme.px(30);
    const double belowBars = chip.rect.bottom() + theme.px(5 + static_cast<double>(barCount()) * (kBarHeight + 2));
    painter.drawText(QRectF(chip.rect.left() - wide, belowBars, chip.rect.width() + 2 * wide, theme.px(15)),
                     Qt::AlignCenter, below);
}

void TokenStrip::paintBars(QPainter& painter, std::size_t token) const
{
    const Theme& theme = m_appearance.theme();
    const ComparisonPointer& comparison = m_controller.comparison();
    QRectF bar = m_chips[token].rect;
    bar.setTop(bar.bottom() + theme.px(4));
    bar.setHeight(theme.px(kBarHeight));
    painter.setPen(Qt::NoPen);
    const std::vector<std::size_t> shown = shownTraces(*comparison);
    for (std::size_t place = 0; place < barCount(); ++place) {
        const std::size_t trace = shown[place];
        const double weight = static_cast<double>(weightOf(trace, token));
        painter.fillRect(bar, theme.line);
        const double share = std::clamp(weight, 0.0, 1.0);  // NaN draws nothing
        painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * (share > 0.0 ? share : 0.0), bar.height()),
                         theme.trace(trace));
        bar.translate(0, theme.px(kBarHeight + 2));
    }
}

TokenPanel::TokenPanel(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance),
      m_strip(new TokenStrip(controller, appearance)), m_scroll(new QScrollArea(this)), m_heading(new QWidget(this)),
      m_count(makeLabel({}, "hint", m_heading)),
      m_direction(new Segment({tr("Query → keys"), tr("Key → queries")}, m_heading))
{
    setProperty("ground", u"panel2"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_scroll->setWidget(m_strip);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    auto* title = new QHBoxLayout;
    title->addWidget(makeLabel(tr("Input tokens"), "title", m_heading));
    title->addStretch(1);
    title->addWidget(m_count);
    auto* column = new QVBoxLayout(m_heading);
    column->setContentsMargins(12, 8, 12, 4);
    column->setSpacing(4);
    column->addLayout(title);
    column->addWidget(m_direction, 0, Qt::AlignLeft);
    column->addWidget(makeLabel(tr("Click: query · Shift: key · right-click: edit"), "hint", m_heading));
    column->addStretch(1);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_heading);
    row->addWidget(m_scroll, 1);
    connect(m_strip, &TokenStrip::selectionMoved, this,
            [this](const QRect& chip) { m_scroll->ensureVisible(chip.center().x(), 0, chip.width(), 0); });
    // A window that becomes narrower, or a longer text, would leave it out of sight.
    connect(m_scroll->horizontalScrollBar(), &QScrollBar::rangeChanged, m_strip, &TokenStrip::showSelected);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &TokenPanel::applySize);
    connect(&controller, &StudyController::comparisonChanged, this, &TokenPanel::refresh);
    connect(&controller, &StudyController::selectionChanged, this, &TokenPanel::refresh);
    connect(&appearance, &Appearance::changed, this, &TokenPanel::applySize);
    m_direction->setAccessibleName(tr("Direction"));
    m_direction->setObjectName(u"direction"_s);
    m_direction->setToolTip(
        tr("Whether bars, row chart, ranks and filters follow the query's row or the key's column. R"));
    connect(m_direction, &Segment::chosen, this, [&controller](int index) {
        controller.changeView(
            [index](ViewSettings& view) { view.heatmap.direction = static_cast<AttentionDirection>(index); });
    });
    connect(&controller, &StudyController::viewChanged, this, [this] {
        refresh();
        m_strip->update();
    });
    applySize();
    refresh();
}

void TokenPanel::refresh()
{
    const ComparisonPointer& comparison = m_controller.comparison();
    const int count = comparison ? static_cast<int>(m_strip->tokens()) : 0;
    m_direction->choose(static_cast<int>(m_controller.study().view.heatmap.direction));
    m_count->setText(count == 1 ? tr("1 token") : tr("%1 tokens").arg(count));
}

void TokenPanel::applySize()
{
    const Theme& theme = m_appearance.theme();
    m_heading->setFixedWidth(qRound(theme.px(252)));
    m_scroll->setFixedHeight(m_strip->sizeHint().height() + qRound(theme.px(12)));
}

}  // namespace ketscope
