// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/metrics_table.h"

#include "ui/controls/controls.h"
#include "viz/scale.h"

#include <QApplication>
#include <QClipboard>
#include <QPainter>
#include <QScrollArea>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kRowPixels = 25.0;
constexpr double kColumnPixels = 66.0;
constexpr double kTitleColumnPixels = 136.0;

QStringList scopeTitles()
{
    return {MetricsTable::tr("Cell"), MetricsTable::tr("Query"), MetricsTable::tr("Head"), MetricsTable::tr("Patched")};
}

QString shown(const std::optional<double>& value) { return value ? formatNumber(*value, 3) : u"–"_s; }

}  // namespace

std::vector<MetricRow> metricRows(const Readings& readings)
{
    using Value = std::optional<double>;
    const QString a = QString::fromStdString(traceTag(readings.whole->pair.baseline));
    const QString b = QString::fromStdString(traceTag(readings.whole->pair.candidate));
    const auto over = [&](double MapComparison::*field) -> std::array<Value, MetricRow::kScopes> {
        const HeadsMean& patched = readings.whole->patched;
        return {Value(), readings.query.*field, readings.head.*field,
                patched.heads == 0 ? Value() : Value(patched.maps.*field)};
    };
    std::vector<MetricRow> rows = {
        {MetricsTable::tr("KL(%1‖%2), nats").arg(a, b), over(&MapComparison::kl)},
        {MetricsTable::tr("Jensen–Shannon, nats"), over(&MapComparison::jensenShannon)},
        {MetricsTable::tr("max |Δ|"), over(&MapComparison::maximumDifference)},
        {MetricsTable::tr("Entropy %1, nats").arg(a), over(&MapComparison::entropyA)},
        {MetricsTable::tr("Entropy %1, nats").arg(b), over(&MapComparison::entropyB)},
        {MetricsTable::tr("Top-1 key agreement"), over(&MapComparison::topKeyAgreement)},
    };
    rows[0].values[MetricRow::Cell] = readings.cell.kl;
    rows[1].values[MetricRow::Cell] = readings.cell.jensenShannon;
    rows[2].values[MetricRow::Cell] = std::abs(readings.cell.difference);
    return rows;
}

QString metricsAsText(const std::vector<MetricRow>& rows)
{
    QString text = MetricsTable::tr("Measure") + u'\t' + scopeTitles().join(u'\t');
    for (const MetricRow& row : rows) {
        text += u'\n' + row.title;
        for (const auto& value : row.values)
            text += u'\t' + (value ? QString::number(*value, 'g', 9) : QString());
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
    connect(&appearance, &Appearance::changed, this, [this] {
        updateGeometry();
        update();
    });
    refresh();
}

void MetricsTable::refresh()
{
    m_rows.clear();
    const ComparisonPointer& comparison = m_controller.comparison();
    if (m_controller.readings() && comparison && comparison->traces.size() > 1)
        m_rows = metricRows(*m_controller.readings());
    setAccessibleDescription(metricsAsText(m_rows));
    update();
}

QSize MetricsTable::sizeHint() const
{
    const Theme& theme = m_appearance.theme();
    return {qRound(theme.px(kTitleColumnPixels + 4 * kColumnPixels)), qRound(theme.px(7 * kRowPixels + 2))};
}

QSize MetricsTable::minimumSizeHint() const { return sizeHint(); }

QRectF MetricsTable::columnOf(const QRectF& line, int scope) const
{
    const Theme& theme = m_appearance.theme();
    const double width = std::max(theme.px(kColumnPixels), (line.width() - theme.px(kTitleColumnPixels)) / 4.0);
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
                         scopeTitles()[scope]);
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
    painter.setFont(theme.mono(kLabelPixels));
    painter.setPen(m_controller.isUpToDate() ? theme.text : theme.text3);
    for (int scope = 0; scope < MetricRow::kScopes; ++scope)
        painter.drawText(columnOf(line, scope).adjusted(0, 0, -theme.px(10), 0), Qt::AlignRight | Qt::AlignVCenter,
                         shown(row.values[static_cast<std::size_t>(scope)]));
}

MetricsPanel::MetricsPanel(StudyController& controller, Appearance& appearance, QWidget* parent) : QWidget(parent)
{
    setProperty("ground", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    auto* table = new MetricsTable(controller, appearance, this);
    auto* copy = makeLink(tr("Copy as TSV"), this);
    copy->setObjectName(u"copyMetrics"_s);
    connect(copy, &QPushButton::clicked, this,
            [table] { QApplication::clipboard()->setText(metricsAsText(table->rows())); });
    auto* note = makeLabel(tr("Query, head and patched values are means over queries; max |Δ| is a maximum. Padding is "
                              "left out."),
                           "hint", this);
    note->setWordWrap(true);
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(tr("Metrics"), "title", this));
    head->addStretch(1);
    head->addWidget(copy);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 9, 14, 8);
    column->addLayout(head);
    column->addWidget(table);
    column->addWidget(note);
    column->addStretch(1);
}

}  // namespace ketscope
