// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/trace_sections.h"

#include "ui/dialogs/plan_dialog.h"
#include "ui/plan_text.h"
#include "ui/trace_notes.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QGridLayout>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kRowSpacing = 6;
constexpr double kWhisker = 2.0;  // standard errors on either side

std::size_t largestOf(const OutputTable& table, std::size_t trace)
{
    const auto found =
        std::ranges::max_element(table.rows, {}, [trace](const OutputRow& row) { return row.probability.at(trace); });
    return static_cast<std::size_t>(found - table.rows.begin());
}

QString verdictOf(const OutputTable& table)
{
    if (table.rows.empty() || table.rows.front().probability.size() < 2)
        return {};
    for (const OutputRow& row : table.rows) {
        for (std::size_t trace = 0; trace < row.probability.size(); ++trace) {
            if (!std::isfinite(row.probability[trace]))
                return OutputSection::tr("No prediction: the output of %1 is not a number.")
                    .arg(QString::fromStdString(traceTag(trace)));
        }
    }
    const std::size_t before = largestOf(table, 0);
    QStringList changes;
    for (std::size_t trace = 1; trace < table.rows.front().probability.size(); ++trace)
        if (const std::size_t after = largestOf(table, trace); after != before)
            changes += u"%1 %2"_s.arg(QString::fromStdString(traceTag(trace)),
                                      QString::fromStdString(table.rows[after].label));
    const QString first = QString::fromStdString(table.rows[before].label);
    if (changes.isEmpty())
        return OutputSection::tr("Prediction unchanged: %1").arg(first);
    if (table.rows.front().probability.size() > 2)
        return OutputSection::tr("Prediction changed: A %1 → %2").arg(first, changes.join(u", "_s));
    return OutputSection::tr("Prediction changed: %1 → %2").arg(first, changes.front().mid(2));
}

// A line "KL from A 0.021 ±.003", or "KL from A: B 0.021 ±.003, C 0.040"; empty where answers are no distributions.
QString divergenceOf(const std::vector<OutputChange>& changes)
{
    QStringList texts;
    for (std::size_t trace = 1; trace < changes.size(); ++trace) {
        if (!std::isfinite(changes[trace].kl))
            return {};
        QString text = formatKnown(changes[trace].kl, 3, 1);
        if (std::isfinite(changes[trace].error.kl))
            text += u' ' + formatError(changes[trace].error.kl);
        texts << (changes.size() > 2 ? QString::fromStdString(traceTag(trace)) + u' ' + text : text);
    }
    return texts.isEmpty()
               ? QString()
               : u'\n'
                     + (changes.size() > 2 ? OutputSection::tr("KL from A: %1") : OutputSection::tr("KL from A %1"))
                           .arg(texts.join(u", "_s));
}

// Whether one standard error of a row's probability is known.
bool knowsError(const OutputRow& row, std::size_t trace)
{
    return trace < row.error.size() && std::isfinite(row.error[trace]);
}

}  // namespace

TraceTag::TraceTag(std::size_t trace, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_trace(trace), m_appearance(appearance)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(QString::fromStdString(traceTag(trace)));
    connect(&appearance, &Appearance::changed, this, [this] { updateGeometry(); });
}

QSize TraceTag::sizeHint() const
{
    const int side = qRound(m_appearance.theme().px(17));
    return {side, side};
}

void TraceTag::paintEvent(QPaintEvent*)
{
    const Theme& theme = m_appearance.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    drawChip(painter, QRectF(rect()), QString::fromStdString(traceTag(m_trace)), theme.trace(m_trace), theme);
}

PlanSection::PlanSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Plan for B"), appearance, parent), m_controller(controller), m_appearance(appearance),
      m_edit(makeLink(tr("Edit…"), this)), m_list(new KeptGrid(*this, kRowSpacing))
{
    setObjectName(u"plan"_s);
    m_list->grid().setColumnStretch(2, 1);
    m_list->grid().setHorizontalSpacing(14);
    m_edit->setObjectName(u"editPlan"_s);
    addToTitleRow(m_edit);
    connect(m_edit, &QPushButton::clicked, this, &PlanSection::edit);
    for (const auto signal :
         {&StudyController::studyChanged, &StudyController::modelChanged, &StudyController::comparisonChanged})
        connect(&controller, signal, this, &PlanSection::refresh);
    refresh();
}

void PlanSection::edit()
{
    if (!m_controller.canRun())
        return;
    auto* dialog = new PlanDialog(*m_controller.model(), m_controller.plan(), m_controller.candidateTrace(),
                                  m_controller.selection(), m_appearance, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { m_controller.setPlan(dialog->plan(), tr("Change plan")); });
    dialog->open();
}

void PlanSection::addRow(int row, const QString& layers, const QString& heads, const QString& mechanism, bool edited)
{
    m_list->label(row, 0, layers, edited ? "mono" : "stale");
    m_list->wrapped(row, 1, heads, "stale");
    m_list->wrapped(row, 2, mechanism, edited ? "value" : "hint");
}

void PlanSection::refresh()
{
    // A file of one trace has no other one to plan. Without a parent yet it would be a window.
    if (parentWidget() != nullptr)
        setVisible(!(m_controller.isRecorded() && m_controller.showsOneTrace()));
    const ModelInfo* model = m_controller.model();
    setTitle(tr("Plan for %1").arg(m_controller.candidateTag()));
    m_edit->setEnabled(m_controller.canRun());
    m_list->begin();
    if (model != nullptr && !m_controller.study().candidates.empty())
        addRows(*model);
    m_list->end();
}

void PlanSection::addRows(const ModelInfo& model)
{
    const std::vector<PlanEntry>& entries = m_controller.plan().entries;
    for (std::size_t index = 0; index < entries.size(); ++index) {
        const PlanEntry& entry = entries[index];
        const bool edited = index == m_controller.entryIndex();
        addRow(static_cast<int>(index), indexText(entry.layers, u"L"_s), indexText(entry.heads, u"H"_s),
               QString::fromStdString(entry.mechanism->info().shortTitle), edited);
        if (entries.size() < 2 || edited)
            continue;
        m_list->widget<QPushButton>(static_cast<int>(index), 3, u"select"_s, [&] {
            QPushButton* choose = makeLink(tr("Select"), m_list);
            connect(choose, &QPushButton::clicked, this, [this, index] { m_controller.setEntryIndex(index); });
            return choose;
        });
    }
    const int last = static_cast<int>(entries.size());
    const bool everywhere = entries.size() == 1 && entries.front().layers.empty() && entries.front().heads.empty();
    if (!everywhere)
        addRow(last, entries.empty() ? tr("all") : tr("others"), {}, tr("Exact softmax"), false);
    m_list->label(last + 1, 0, countText(model), "hint", 4);
}

QString PlanSection::countText(const ModelInfo& model) const
{
    std::size_t patched = 0;
    std::size_t all = 0;
    try {
        const HeadPlan plan = resolve(m_controller.plan(), model, m_controller.study().seed);
        for (std::size_t stack = 0; stack < model.stacks.size(); ++stack) {
            const StackInfo& info = model.stacks[stack];
            all += info.layers * info.heads;
            for (std::size_t cell = 0; cell < info.layers * info.heads; ++cell)
                patched += plan.isPatched(stack, cell / info.heads, cell % info.heads) ? 1 : 0;
        }
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return tr("%1 of %2 heads patched").arg(patched).arg(all);
}

OutputSection::OutputSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Output change"), appearance, parent), m_controller(controller), m_kind(makeLabel({}, "hint", this)),
      m_bars(new OutputBars(appearance, this)), m_verdict(makeLabel({}, "value", this))
{
    m_verdict->setObjectName(u"verdict"_s);
    m_verdict->setWordWrap(true);
    addToTitleRow(m_kind);
    body()->addWidget(m_bars);
    body()->addWidget(m_verdict);
    for (const auto signal : {&StudyController::readingsChanged, &StudyController::stateChanged})
        connect(&controller, signal, this, &OutputSection::refresh);
    refresh();
}

void OutputSection::refresh()
{
    const auto& readings = m_controller.readings();
    const OutputTable table = readings ? readings->outputs : OutputTable();
    const bool any = readings && !table.rows.empty();
    const QString errors = any ? outputErrorsText(*m_controller.comparison()) : QString();
    m_kind->setText(QString::fromStdString(table.title));
    const QString below = errors.isEmpty() ? QString() : u'\n' + errors;
    for (QLabel* label : {m_kind, m_verdict})
        label->setToolTip(any ? outputErrorsExplained(*m_controller.comparison()) : QString());
    m_bars->show(table, m_controller.isOutdated());
    if (!readings)
        m_verdict->setText(tr("Shown after the first run."));
    else
        m_verdict->setText(!table.rows.empty()         ? verdictOf(table) + divergenceOf(readings->changes) + below
                           : m_controller.isRecorded() ? tr("The file holds no outputs.")
                                                       : tr("This model has no output head."));
}

OutputBars::OutputBars(Appearance& appearance, QWidget* parent) : QWidget(parent), m_appearance(appearance)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(&appearance, &Appearance::changed, this, [this] { updateGeometry(); });
}

void OutputBars::show(const OutputTable& table, bool stale)
{
    m_table = table;
    m_stale = stale;
    QStringList spoken;
    for (const OutputRow& row : table.rows) {
        QStringList values;
        for (std::size_t trace = 0; trace < row.probability.size(); ++trace)
            values += QString::fromStdString(traceTag(trace)) + u' ' + formatNumber(row.probability[trace], 3)
                      + (knowsError(row, trace) ? u' ' + formatError(row.error[trace]) : QString());
        spoken += QString::fromStdString(row.label) + u": "_s + values.join(u", "_s);
    }
    setAccessibleName(tr("Output probabilities"));
    setAccessibleDescription(spoken.join(u"; "_s));
    updateGeometry();
    update();
}

double OutputBars::rowHeight(const OutputRow& row) const
{
    return m_appearance.theme().px(16.0 * static_cast<double>(row.probability.size()) + 8.0);
}

QSize OutputBars::sizeHint() const
{
    double height = 0.0;
    for (const OutputRow& row : m_table.rows)
        height += rowHeight(row);
    return {qRound(m_appearance.theme().px(220)), qCeil(height)};
}

bool OutputBars::knowsErrors() const
{
    for (const OutputRow& row : m_table.rows)
        for (std::size_t trace = 0; trace < row.probability.size(); ++trace)
            if (knowsError(row, trace))
                return true;
    return false;
}

void OutputBars::paintEvent(QPaintEvent*)
{
    const Theme& theme = m_appearance.theme();
    QPainter painter(this);
    const double label = theme.px(70);
    double top = 0.0;
    for (const OutputRow& row : m_table.rows) {
        painter.setFont(theme.ui(kLabelPixels));
        painter.setPen(theme.text);
        const QString name = QString::fromStdString(row.label);
        painter.drawText(QRectF(0, top, label - theme.px(6), rowHeight(row) - theme.px(8)), Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(name, Qt::ElideMiddle, qRound(label - theme.px(6))));
        for (std::size_t trace = 0; trace < row.probability.size(); ++trace)
            paintBar(painter, row, trace,
                     QRectF(label, top + theme.px(16.0 * static_cast<double>(trace)), width() - label, theme.px(16)));
        top += rowHeight(row);
    }
}

// Values stay below each other whether or not they have an error.
void OutputBars::paintBar(QPainter& painter, const OutputRow& row, std::size_t trace, const QRectF& line) const
{
    const Theme& theme = m_appearance.theme();
    const double value = theme.px(46), error = knowsErrors() ? theme.px(48) : 0.0;
    const QRectF bar(line.left(), line.top() + theme.px(3), line.width() - value - error, theme.px(10));
    painter.fillRect(bar, theme.line);
    const double probability = row.probability[trace];
    const double share = std::isfinite(probability) ? std::clamp(probability, 0.0, 1.0) : 0.0;
    painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()), theme.trace(trace));
    painter.setFont(theme.mono(kTickPixels));
    painter.setPen(m_stale ? theme.text3 : theme.text);
    painter.drawText(QRectF(bar.right(), line.top(), value, line.height()), Qt::AlignRight | Qt::AlignVCenter,
                     formatNumber(probability, 3));
    if (!knowsError(row, trace))
        return;
    painter.setPen(theme.text3);
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, formatError(row.error[trace]));
    const auto place = [&](double at) { return bar.left() + bar.width() * std::clamp(at, 0.0, 1.0); };
    const double low = place(probability - kWhisker * row.error[trace]);
    const double high = place(probability + kWhisker * row.error[trace]);
    painter.setPen(QPen(theme.text, 1));
    painter.drawLine(QPointF(low, bar.center().y()), QPointF(high, bar.center().y()));
    for (const double end : {low, high})
        painter.drawLine(QPointF(end, bar.center().y() - theme.px(3)), QPointF(end, bar.center().y() + theme.px(3)));
}

}  // namespace ketscope
