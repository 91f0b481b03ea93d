// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/caption_strip.h"

#include "core/measures/measures.h"
#include "core/study/token_axis.h"
#include "ui/alignment_choice.h"
#include "ui/controls/table_access.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

// In nats, of the row divided by its sum; NaN where it has none.
double rowEntropy(std::span<const float> row)
{
    std::vector<float> shares(row.begin(), row.end());
    const float sum = std::accumulate(shares.begin(), shares.end(), 0.0F);
    for (float& share : shares)
        share /= sum;
    return sum > 0.0F ? entropy(shares) : std::nan("");
}

}  // namespace

CaptionStrip::CaptionStrip(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance)
{
    prepareStrip(*this, u"captionStrip"_s, tr("Caption tokens"), [this] { return spokenTable(); });
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::selectionChanged,
          &StudyController::perspectiveChanged, &StudyController::relevanceComputed})
        connect(&controller, signal, this, &CaptionStrip::refresh);
    connect(&controller, &StudyController::pointedChanged, this, qOverload<>(&QWidget::update));
    connect(&appearance, &Appearance::changed, this, &CaptionStrip::refresh);
    refresh();
}

bool CaptionStrip::hasEntropy() const
{
    return m_maps && !m_maps->source.method->similarity && !m_maps->source.method->sparse;
}

bool CaptionStrip::showsEntropy() const { return hasEntropy() && m_controller.study().view.alignment.tokenEntropy; }

void CaptionStrip::refresh()
{
    const ComparisonPointer& comparison = m_controller.comparison();
    m_maps.reset();
    m_rows.clear();
    QStringList labels;
    const auto source =
        m_controller.study().perspective == "alignment" ? alignmentSourceOf(m_controller) : std::nullopt;
    if (source && source->perToken && alignmentDelay(*comparison).empty()) {
        m_maps = alignmentMaps(*comparison);
        m_focus = focusOf(*comparison, *source);
        for (std::size_t token = 0; token < m_maps->rows.size(); ++token)
            if (m_maps->rows[token] != 0) {
                m_rows.push_back(token);
                labels << elideMiddle(QString::fromStdString(axisLabel(comparison->input, TokenAxis::Text, token)));
            }
        computeShares();
        setAccessibleDescription(sentence(0));
    }
    m_chips = layOutChips(labels, m_appearance.theme());
    setMinimumWidth(m_chips.empty() ? 0 : qCeil(m_chips.back().rect.right() + m_appearance.theme().px(4)));
    updateGeometry();
    tableChanged(*this);
    update();
    emit changed();
    showSelected();
}

void CaptionStrip::computeShares()
{
    const bool ofPatch = !showsEntropy();
    m_values.clear();
    for (std::size_t trace = 0; trace < m_maps->traces.size(); ++trace) {
        if (ofPatch) {
            m_values.push_back(valuesOfRegion(*m_maps, trace, m_focus));
            continue;
        }
        const MatrixView map = m_maps->traces[trace]->values.matrix();
        std::vector<double>& values = m_values.emplace_back(map.rows, std::nan(""));
        for (const std::size_t token : m_rows)
            values[token] = rowEntropy(map.row(token));
    }
    const auto patches = static_cast<double>(m_maps->grid.rows * m_maps->grid.columns);
    m_full = ofPatch ? 0.0 : std::log(std::max(2.0, patches));
    for (const std::vector<double>& values : m_values)
        for (const std::size_t token : m_rows)
            if (ofPatch && std::isfinite(values[token]))
                m_full = std::max(m_full, std::abs(values[token]));
}

double CaptionStrip::share(std::size_t trace, std::size_t token) const
{
    return m_values.at(trace).at(token) / (m_full > 0.0 ? m_full : 1.0);
}

void CaptionStrip::showSelected()
{
    const auto at = std::ranges::find(m_rows, m_focus.tokens.front());
    if (m_maps && at != m_rows.end())
        emit selectionMoved(m_chips[static_cast<std::size_t>(at - m_rows.begin())].rect.toAlignedRect());
}

QSize CaptionStrip::sizeHint() const
{
    return {minimumWidth(), chipStripHeight(std::max<std::size_t>(1, m_values.size()), m_appearance.theme())};
}

// "token 7: eyes, at the patches A 0.0255, B 0.0254".
QString CaptionStrip::sentence(std::size_t place) const
{
    const std::size_t token = m_rows.at(place);
    QStringList values;
    for (std::size_t trace = 0; trace < m_values.size(); ++trace)
        values << QString::fromStdString(traceTag(trace)) + u' ' + formatNumber(m_values[trace][token], 4);
    const bool ofPatch = !showsEntropy();
    return tr("token %1: %2, %3 %4")
        .arg(token)
        .arg(QString::fromStdString(axisLabel(m_controller.comparison()->input, TokenAxis::Text, token)),
             ofPatch ? tr("at the selected patches") : tr("entropy over the patches, nats"), values.join(u", "_s));
}

Table CaptionStrip::spokenTable() const
{
    Table table{{tr("token"), tr("position"), tr("selected as")}, {}};
    for (std::size_t trace = 0; trace < m_values.size(); ++trace)
        table.header << tr("value %1").arg(QString::fromStdString(traceTag(trace)));
    for (std::size_t place = 0; place < m_chips.size(); ++place) {
        const bool chosen = std::ranges::find(m_focus.tokens, m_rows[place]) != m_focus.tokens.end();
        QStringList row{m_chips[place].text, QString::number(m_rows[place]), chosen ? tr("token") : QString()};
        for (const auto& values : m_values)
            row << formatNumber(values[m_rows[place]], 6);
        table.rows.push_back(std::move(row));
    }
    return table;
}

void CaptionStrip::mousePressEvent(QMouseEvent* event)
{
    const auto place = placeAt(event->position());
    if (event->button() == Qt::LeftButton && place)
        chooseToken(m_controller, m_rows[*place], event->modifiers().testFlag(Qt::ShiftModifier));
}

void CaptionStrip::mouseMoveEvent(QMouseEvent* event)
{
    const auto place = placeAt(event->position());
    Pointed pointed;
    if (place)
        pointed.token = m_rows[*place];
    m_controller.point(place ? pointedOf(m_controller, pointed) : pointed);
}

void CaptionStrip::leaveEvent(QEvent*) { m_controller.point({}); }

void CaptionStrip::keyPressEvent(QKeyEvent* event)
{
    if (event->modifiers() != Qt::NoModifier || (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right))
        return QWidget::keyPressEvent(event);
    moveToken(m_controller, event->key() == Qt::Key_Right ? 1 : -1);
}

bool CaptionStrip::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    if (const auto place = placeAt(help->pos()))
        QToolTip::showText(help->globalPos(), sentence(*place), this);
    return true;
}

void CaptionStrip::paintEvent(QPaintEvent*)
{
    const Theme& theme = m_appearance.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool centred = m_maps && m_maps->source.method->similarity;
    for (std::size_t place = 0; place < m_chips.size(); ++place) {
        const std::size_t token = m_rows[place];
        const bool first = token == m_focus.tokens.front();
        const bool chosen = std::ranges::find(m_focus.tokens, token) != m_focus.tokens.end();
        paintChip(painter, m_chips[place],
                  first    ? ChipRole::Query
                  : chosen ? ChipRole::Key
                           : ChipRole::None,
                  m_controller.pointed().token == token, theme);
        std::vector<ChipBar> bars;
        for (std::size_t trace = 0; trace < m_values.size(); ++trace)
            bars.push_back({trace, share(trace, token), centred});
        paintChipBars(painter, m_chips[place], bars, theme);
        const QString below = first ? tr("token %1").arg(token) : QString::number(token);
        paintBelowChip(painter, m_chips[place], below, chosen, bars.size(), theme);
    }
    paintStripFocus(painter, *this, m_appearance.theme());
}

}  // namespace ketscope
