// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/metrics_table.h"

#include "ui/controls/controls.h"
#include "viz/scale.h"

#include <QApplication>
#include <QClipboard>
#include <QPainter>
#include <QScrollArea>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kRowPixels = 25.0;
constexpr double kColumnPixels = 66.0;
constexpr double kErrorPixels = 92.0;  // of a column with standard errors
constexpr double kTitleColumnPixels = 132.0;

QString shown(const std::optional<double>& value) { return value ? formatNumber(*value, 3) : u"–"_s; }

std::vector<MetricRow> errorRows(std::vector<MetricRow> rows, const Readings& readings)
{
    const auto add = [&](std::size_t row, double MapErrors::*field) {
        const auto value = [&](const std::optional<MapErrors>& errors) -> std::optional<double> {
            return errors && std::isfinite((*errors).*field) ? std::optional((*errors).*field) : std::nullopt;
        };
        rows[row].errors = {std::nullopt, value(readings.lineErrors), value(readings.headErrors),
                            value(readings.whole->patched.errors)};
    };
    add(0, &MapErrors::kl);
    add(1, &MapErrors::jensenShannon);
    add(2, &MapErrors::maximumDifference);
    add(4, &MapErrors::entropyB);
    if (readings.cellError > 0.0)
        rows[2].errors[MetricRow::Cell] = readings.cellError;
    return rows;
}

}  // namespace

QStringList scopeTitles(AttentionDirection direction)
{
    return {MetricsTable::tr("Cell"),
            direction == AttentionDirection::FromQuery ? MetricsTable::tr("Query") : MetricsTable::tr("Key"),
            MetricsTable::tr("Head"), MetricsTable::tr("Patched")};
}

std::vector<MetricRow> metricRows(const Readings& readings)
{
    using Value = std::optional<double>;
    const QString a = QString::fromStdString(traceTag(readings.whole->pair.baseline));
    const QString b = QString::fromStdString(traceTag(readings.whole->pair.candidate));
    const auto known = [](bool any, double value) { return any && !std::isnan(value) ? Value(value) : Value(); };
    const bool line = readings.line.compared > 0, patched = readings.whole->patched.heads > 0;
    const auto over = [&](double MapComparison::*field) -> std::array<Value, MetricRow::kScopes> {
        return {Value(), known(line, readings.line.*field), known(true, readings.head.*field),
                known(patched, readings.whole->patched.maps.*field)};
    };
    const auto gini = [&](double GiniMeans::*field) -> std::array<Value, MetricRow::kScopes> {
        return {Value(), known(line, readings.lineGini.*field), known(true, readings.headGini.*field),
                known(patched, readings.whole->patchedGini.*field)};
    };
    std::vector<MetricRow> rows = {
        {MetricsTable::tr("KL(%1‖%2), nats").arg(a, b), over(&MapComparison::kl)},
        {MetricsTable::tr("Jensen–Shannon, nats"), over(&MapComparison::jensenShannon)},
        {MetricsTable::tr("max |Δ|"), over(&MapComparison::maximumDifference)},
        {MetricsTable::tr("Entropy %1, nats").arg(a), over(&MapComparison::entropyA)},
        {MetricsTable::tr("Entropy %1, nats").arg(b), over(&MapComparison::entropyB)},
    };
    rows[0].values[MetricRow::Cell] = readings.cell.kl;
    rows[1].values[MetricRow::Cell] = readings.cell.jensenShannon;
    rows[2].values[MetricRow::Cell] = std::abs(readings.cell.difference);
    rows = errorRows(std::move(rows), readings);
    if (readings.headCorrected)
        rows.push_back(
            {MetricsTable::tr("… Miller–Madow"), {Value(), readings.lineCorrected, readings.headCorrected, Value()}});
    rows.push_back({MetricsTable::tr("Gini coefficient %1").arg(a), gini(&GiniMeans::a)});
    rows.push_back({MetricsTable::tr("Gini coefficient %1").arg(b), gini(&GiniMeans::b)});
    rows.push_back({readings.direction == AttentionDirection::ToKey ? MetricsTable::tr("Top-1 agreement")
                                                                    : MetricsTable::tr("Top-1 key agreement"),
                    over(&MapComparison::topKeyAgreement)});
    return rows;
}

QString metricsAsText(const std::vector<MetricRow>& rows, AttentionDirection direction)
{
    const QStringList titles = scopeTitles(direction);
    std::array<bool, MetricRow::kScopes> hasErrors{};
    for (const MetricRow& row : rows)
        for (std::size_t scope = 0; scope < row.errors.size(); ++scope)
            hasErrors[scope] = hasErrors[scope] || row.errors[scope].has_value();
    const auto number = [](const std::optional<double>& value) {
        return value ? QString::number(*value, 'g', 9) : QString();
    };
    QString text = MetricsTable::tr("Measure");
    for (std::size_t scope = 0; scope < hasErrors.size(); ++scope) {
        text += u'\t' + titles[static_cast<qsizetype>(scope)];
        if (hasErrors[scope])
            text += u'\t' + titles[static_cast<qsizetype>(scope)] + u" SE"_s;
    }
    for (const MetricRow& row : rows) {
        text += u'\n' + row.title;
        for (std::size_t scope = 0; scope < hasErrors.size(); ++scope) {
            text += u'\t' + number(row.values[scope]);
            if (hasErrors[scope])
                text += u'\t' + number(row.errors[scope]);
        }
    }
    return text;
}

MetricsTable::MetricsTable(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance)
{
    setObjectName(u"metricsTable"_s);
    setAccessibleName(tr("Metrics"));
    connect(&controller, &StudyController::readingsChanged, this, &MetricsTable::refresh);
    connect(&controller, &StudyController::comparisonChanged, this, &MetricsTable::refresh);
    connect(&controller, &StudyController::stateChanged, this, qOverload<>(&QWidget::update));
    connect(&controller, &StudyController::viewChanged, this, &MetricsTable::refresh);
    connect(&appearance, &Appearance::changed, this, [this] {
        updateGeometry();
        update();
    });
    refresh();
}

AttentionDirection MetricsTable::direction() const
{
    return m_controller.readings() ? m_controller.readings()->direction : AttentionDirection::FromQuery;
}

bool MetricsTable::showsErrors() const
{
    return m_controller.study().view.heatmap.standardErrors && m_controller.readings()
           && (m_controller.readings()->headErrors || m_controller.readings()->whole->patched.errors);
}

void MetricsTable::refresh()
{
    m_rows.clear();
    const ComparisonPointer& comparison = m_controller.comparison();
    if (m_controller.readings() && comparison && comparison->traces.size() > 1)
        m_rows = metricRows(*m_controller.readings());
    setAccessibleDescription(asText());
    updateGeometry();
    update();
}

QSize MetricsTable::sizeHint() const
{
    const Theme& theme = m_appearance.theme();
    const double columns = 4.0 * (showsErrors() ? kErrorPixels : kColumnPixels);
    const auto rows = static_cast<double>(std::max<std::size_t>(6, m_rows.size()) + 1);
    return {qRound(theme.px(kTitleColumnPixels + columns)), qRound(theme.px(rows * kRowPixels + 2))};
}

QSize MetricsTable::minimumSizeHint() const { return sizeHint(); }

QRectF MetricsTable::columnOf(const QRectF& line, int scope) const
{
    const Theme& theme = m_appearance.theme();
    const double least = showsErrors() ? kErrorPixels : kColumnPixels;
    const double width = std::max(theme.px(least), (line.width() - theme.px(kTitleColumnPixels)) / 4.0);
    const double right = line.right() - width * (MetricRow::kScopes - 1 - scope);
    return {right - width, line.top(), width, line.height()};
}

void MetricsTable::paintEvent(QPaintEvent*)
{
    const Theme& theme = m_appearance.theme();
    QPainter painter(this);
    const double height = theme.px(kRowPixels);
    QRectF line(0, 0, width(), height);
    QRectF head = columnOf(line, MetricRow::Head);
    head.setHeight(height * static_cast<double>(m_rows.size() + 1));
    painter.fillRect(head, theme.accentBg);
    const double pad = theme.px(10);
    for (int scope = 0; scope < MetricRow::kScopes; ++scope) {
        painter.setFont(theme.ui(kLabelPixels, scope == MetricRow::Head ? QFont::DemiBold : QFont::Normal));
        painter.setPen(scope == MetricRow::Head ? theme.accent : theme.text2);
        painter.drawText(columnOf(line, scope).adjusted(0, 0, -pad, 0), Qt::AlignRight | Qt::AlignVCenter,
                         scopeTitles(direction())[scope]);
    }
    for (const MetricRow& row : m_rows) {
        line.translate(0, height);
        paintRow(painter, row, line);
    }
    if (!m_rows.empty())
        return;
    painter.setPen(theme.text3);
    painter.drawText(line.translated(0, height), Qt::AlignVCenter,
                     m_controller.isRecorded() ? tr("The file holds one trace: there is nothing to compare it with.")
                                               : tr("Shown when B has been computed."));
}

void MetricsTable::paintRow(QPainter& painter, const MetricRow& row, const QRectF& line) const
{
    const Theme& theme = m_appearance.theme();
    painter.setPen(theme.line);
    painter.drawLine(line.topLeft(), line.topRight());
    painter.setFont(theme.ui(kLabelPixels));
    painter.setPen(theme.text);
    painter.drawText(line, Qt::AlignVCenter, row.title);
    for (int scope = 0; scope < MetricRow::kScopes; ++scope)
        paintValue(painter, row, scope, columnOf(line, scope).adjusted(0, 0, -theme.px(10), 0));
}

// The value, and smaller its standard error; values stay below each other whether or not they have one.
void MetricsTable::paintValue(QPainter& painter, const MetricRow& row, int scope, const QRectF& place) const
{
    const Theme& theme = m_appearance.theme();
    const auto index = static_cast<std::size_t>(scope);
    QRectF left = place;
    if (showsErrors()) {
        const QFont small = theme.mono(kTickPixels);
        left.setRight(place.right() - QFontMetricsF(small).horizontalAdvance(u"±.0000"_s) - theme.px(3));
        if (row.errors[index]) {
            painter.setFont(small);
            painter.setPen(theme.text3);
            painter.drawText(place, Qt::AlignRight | Qt::AlignVCenter, formatError(*row.errors[index]));
        }
    }
    painter.setFont(theme.mono(kLabelPixels));
    const bool old = m_controller.isHeadOutdated() || m_controller.readingsWait()
                     || (index == MetricRow::Patched && m_controller.patchedWait());
    painter.setPen(old ? theme.text3 : theme.text);
    painter.drawText(left, Qt::AlignRight | Qt::AlignVCenter, shown(row.values[index]));
}

MetricsPanel::MetricsPanel(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_note(makeLabel({}, "hint", this))
{
    setProperty("ground", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    auto* table = new MetricsTable(controller, appearance, this);
    auto* copy = makeLink(tr("Copy as TSV"), this);
    copy->setObjectName(u"copyMetrics"_s);
    connect(copy, &QPushButton::clicked, this, [table] { QApplication::clipboard()->setText(table->asText()); });
    m_note->setWordWrap(true);
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(tr("Metrics"), "title", this));
    head->addStretch(1);
    head->addWidget(copy);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 9, 14, 8);
    column->addLayout(head);
    column->addWidget(table);
    column->addWidget(m_note);
    column->addStretch(1);
    for (const auto signal : {&StudyController::readingsChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, [this, &controller, table] { refreshNote(controller, *table); });
    refreshNote(controller, *table);
}

void MetricsPanel::refreshNote(const StudyController& controller, const MetricsTable& table)
{
    const bool row = !controller.readings() || controller.readings()->direction == AttentionDirection::FromQuery;
    QString text =
        row ? tr("Query, head and patched values are means over queries; max |Δ| is a maximum. Padding is left "
                 "out.")
            : tr("Key: its column divided by its sum. Head and patched values are means over queries; max |Δ| "
                 "is a maximum.");
    if (controller.study().view.heatmap.quantity != MapQuantity::Weights)
        text = tr("Of the weights of the selected head, not of the maps above. ") + text;
    const bool errors = std::ranges::any_of(table.rows(), [](const MetricRow& each) {
        return std::ranges::any_of(each.errors, [](const auto& error) { return error.has_value(); });
    });
    if (errors && controller.study().view.heatmap.standardErrors)
        text += tr(" ± is one standard error, to first order in the weights' own.");
    if (controller.readings() && controller.readings()->headCorrected)
        text += tr(" Miller–Madow takes the bias of sampling off the entropy; KL and JS are not corrected.");
    if (controller.study().view.heatmap.filter.isActive())
        text += tr(" All weights count, whatever the filter shows.");
    m_note->setText(text);
}

}  // namespace ketscope
