// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/token_minimap.h"

#include "ui/controls/table_access.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QApplication>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kLabels = 17.0;  // a line of text, above the bands and below them
constexpr double kBands = 37.0;   // all of them together, where there are one or two
constexpr double kLeastBand = 17.0;
constexpr double kBandGap = 3.0;
constexpr double kTop = 4.0;

}  // namespace

TokenMinimap::TokenMinimap(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance), m_read(controller)
{
    prepareStrip(*this, u"tokenMinimap"_s, tr("Input tokens, all of them"), [this] { return spokenTable(); });
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this, &TokenMinimap::refresh);
    connect(&controller, &StudyController::pointedChanged, this, qOverload<>(&QWidget::update));
    connect(&appearance, &Appearance::changed, this, &TokenMinimap::refresh);
    refresh();
}

void TokenMinimap::refresh()
{
    if (!applies())
        return;
    const Selection& at = m_controller.selection();
    setAccessibleDescription(tr("query %1, key %2 %3").arg(at.query).arg(at.key).arg(m_read.label(at.key)));
    updateGeometry();
    tableChanged(*this);
    update();
}

int TokenMinimap::left(std::size_t token) const
{
    const auto all = static_cast<double>(std::max<std::size_t>(1, m_read.tokens()));
    return qRound(static_cast<double>(token) * width() / all);
}

std::pair<std::size_t, std::size_t> TokenMinimap::tokensAt(int x) const
{
    const std::size_t count = m_read.tokens();
    const double scale = static_cast<double>(count) / std::max(1, width());
    const auto at = [&](int pixel) {
        return std::min(count - 1, static_cast<std::size_t>(std::max(0, pixel) * scale));
    };
    const std::size_t first = at(x);
    return {first, std::max(first + 1, at(x + 1))};
}

// Of the tokens below a column, the one with the largest weight in any trace.
std::size_t TokenMinimap::strongest(int x) const
{
    const auto [first, end] = tokensAt(x);
    std::size_t best = first;
    float most = -1.0F;
    for (std::size_t token = first; token < end; ++token)
        for (const std::size_t trace : m_read.traces())
            if (const float weight = m_read.weight(trace, token); weight > most) {
                most = weight;
                best = token;
            }
    return best;
}

QSize TokenMinimap::sizeHint() const
{
    const std::size_t bands = m_controller.comparison() ? m_read.traces().size() : 2;
    return {200, qRound(top(bands) + m_appearance.theme().px(kLabels))};
}

double TokenMinimap::top(std::size_t band) const
{
    return m_appearance.theme().px(kTop + kLabels + static_cast<double>(band) * (bandHeight() + kBandGap));
}

double TokenMinimap::bandHeight() const
{
    const std::size_t bands = m_controller.comparison() ? m_read.traces().size() : 2;
    return std::max(kLeastBand, (kBands + kBandGap) / static_cast<double>(bands) - kBandGap);
}

void TokenMinimap::choose(std::size_t token, bool asKey)
{
    if (asKey || !m_read.showsQueries())
        m_controller.selectCell({}, token);
    else
        m_controller.selectCell(token, {});
}

// The maps show these tokens: their keys, and their queries where these are the same tokens.
void TokenMinimap::look(std::size_t first, std::size_t count)
{
    const MatrixView map = mapOf(*m_controller.comparison(), 0, m_controller.selection());
    MapWindow window = windowInside(m_controller.study().view.heatmap.window, map.rows, map.columns);
    window.firstKey = first;
    window.keys = count;
    if (m_read.showsQueries()) {
        window.firstQuery = first;
        window.queries = count;
    }
    m_controller.changeView(
        [stored = asStored(window, map.rows, map.columns)](ViewSettings& view) { view.heatmap.window = stored; });
}

void TokenMinimap::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !applies())
        return;
    m_pressed = m_dragged = event->position().toPoint().x();
}

void TokenMinimap::mouseMoveEvent(QMouseEvent* event)
{
    if (!applies())
        return;
    const int x = event->position().toPoint().x();
    if (m_pressed) {
        m_dragged = x;
        return update();
    }
    Pointed pointed;
    (m_read.showsColumn() ? pointed.query : pointed.key) = strongest(x);
    m_controller.point(pointed);
}

void TokenMinimap::mouseReleaseEvent(QMouseEvent* event)
{
    if (!m_pressed || event->button() != Qt::LeftButton)
        return;
    const int from = std::min(*m_pressed, m_dragged), to = std::max(*m_pressed, m_dragged);
    m_pressed.reset();
    update();
    if (to - from < QApplication::startDragDistance())
        return choose(strongest(event->position().toPoint().x()), event->modifiers().testFlag(Qt::ShiftModifier));
    const std::size_t first = tokensAt(from).first, last = tokensAt(std::min(to, width() - 1)).second;
    look(first, std::max(kSmallestWindow, last - first));
}

void TokenMinimap::mouseDoubleClickEvent(QMouseEvent*)
{
    m_pressed.reset();
    m_controller.changeView([](ViewSettings& view) { view.heatmap.window = {}; });
}

void TokenMinimap::leaveEvent(QEvent*) { m_controller.point({}); }

void TokenMinimap::keyPressEvent(QKeyEvent* event)
{
    if (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)
        return QWidget::keyPressEvent(event);
    const bool key = event->modifiers().testFlag(Qt::ShiftModifier) || !m_read.showsQueries();
    const std::size_t at = key ? m_controller.selection().key : m_controller.selection().query;
    choose(event->key() == Qt::Key_Right ? at + 1 : at - std::min<std::size_t>(at, 1), key);
}

bool TokenMinimap::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip || !applies())
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto [first, end] = tokensAt(help->pos().x());
    const std::size_t token = strongest(help->pos().x());
    QStringList values;
    for (const std::size_t trace : m_read.traces())
        values << QString::fromStdString(traceTag(trace)) + u' '
                      + formatNumber(static_cast<double>(m_read.weight(trace, token)), 4);
    const QString where = end - first > 1 ? tr("tokens %1–%2, the largest at").arg(first).arg(end - 1) : tr("token");
    QToolTip::showText(help->globalPos(),
                       tr("%1 %2 %3: %4").arg(where).arg(token).arg(m_read.label(token), values.join(u", "_s)), this);
    return true;
}

Table TokenMinimap::spokenTable() const
{
    Table table{{tr("token"), tr("position"), tr("selected as")}, {}};
    if (!applies())
        return table;
    for (const std::size_t trace : m_read.traces())
        table.header << tr("weight %1").arg(QString::fromStdString(traceTag(trace)));
    for (std::size_t token = 0; token < m_read.tokens(); ++token) {
        QStringList row{m_read.label(token), QString::number(token), m_read.roleNames(token).join(u", "_s)};
        for (const std::size_t trace : m_read.traces())
            row << formatNumber(static_cast<double>(m_read.weight(trace, token)), 6);
        table.rows.push_back(std::move(row));
    }
    return table;
}

void TokenMinimap::paintEvent(QPaintEvent*)
{
    if (!applies())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const std::vector<std::size_t> traces = m_read.traces();
    for (std::size_t place = 0; place < traces.size(); ++place)
        paintBand(painter, place, traces[place]);
    paintWindow(painter);
    paintSelected(painter);
    paintStripFocus(painter, *this, m_appearance.theme());
}

void TokenMinimap::paintBand(QPainter& painter, std::size_t place, std::size_t trace) const
{
    const Theme& theme = m_appearance.theme();
    const QRectF band(0.0, top(place), width(), theme.px(bandHeight()));
    painter.fillRect(band, theme.line);
    float largest = 0.0F;
    for (std::size_t token = 0; token < m_read.tokens(); ++token)
        for (const std::size_t each : m_read.traces())
            largest = std::max(largest, m_read.weight(each, token));  // NaN leaves it as it is
    for (int x = 0; x < width() && largest > 0.0F; ++x) {
        const auto [first, end] = tokensAt(x);
        float weight = 0.0F;
        for (std::size_t token = first; token < end; ++token)
            weight = std::max(weight, m_read.weight(trace, token));
        const double height = band.height() * std::sqrt(static_cast<double>(weight / largest));
        painter.fillRect(QRectF(x, band.bottom() - height, 1.0, height), theme.trace(trace));
    }
}

// Of the maps, or as it is being drawn.
void TokenMinimap::paintWindow(QPainter& painter) const
{
    const Theme& theme = m_appearance.theme();
    const double bottom = top(m_read.traces().size());
    const auto frame = [&](int from, int to) {
        QColor veil = theme.accent;
        veil.setAlphaF(0.14F);
        const QRectF part(from, top(0) - 1.0, std::max(2, to - from), bottom - top(0));
        painter.fillRect(part, veil);
        painter.setPen(QPen(theme.accent, 1.0));
        painter.drawRect(part.adjusted(0.5, 0.5, -0.5, -0.5));
    };
    const MapWindow& window = m_controller.study().view.heatmap.window;
    if (m_pressed && std::abs(m_dragged - *m_pressed) >= QApplication::startDragDistance())
        frame(std::min(*m_pressed, m_dragged), std::max(*m_pressed, m_dragged));
    else if (!window.isAll())
        frame(left(window.firstKey), left(window.firstKey + window.keys));
}

// The query above the bands, the key below them, each with its word.
void TokenMinimap::paintSelected(QPainter& painter) const
{
    const Theme& theme = m_appearance.theme();
    const Selection& at = m_controller.selection();
    const QFont font = theme.ui(kTickPixels, QFont::DemiBold);
    const double bottom = top(m_read.traces().size());
    painter.setFont(font);
    const auto mark = [&](std::size_t token, const QString& name, bool above) {
        const double x = (left(token) + left(token + 1)) / 2.0;
        painter.setPen(QPen(theme.accent, theme.px(1.5)));
        painter.drawLine(QPointF(x, top(0) - theme.px(2)), QPointF(x, bottom));
        const QString text = u"%1 %2 %3"_s.arg(name).arg(token).arg(elideMiddle(m_read.label(token)));
        const double wide = QFontMetricsF(font).horizontalAdvance(text) + 2.0;
        const double start = std::clamp(x - wide / 2.0, 0.0, std::max(0.0, width() - wide));
        painter.drawText(QRectF(start, above ? theme.px(kTop) : bottom, wide, theme.px(kLabels)), Qt::AlignCenter,
                         text);
    };
    mark(at.key, tr("key"), false);
    if (m_read.showsQueries())
        mark(at.query, tr("query"), true);
}

}  // namespace ketscope
