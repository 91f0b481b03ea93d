// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/info_sections.h"

#include "core/study/token_axis.h"
#include "ui/docks/trace_sections.h"
#include "viz/scale.h"

#include <QGridLayout>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

QString significant(float value) { return QLocale::c().toString(static_cast<double>(value), 'g', 5); }

// The selected query's value, a plain number, or how many numbers there are and their range.
QString diagnosticText(const Diagnostic& one, std::size_t query, std::size_t queries)
{
    const std::span<const float> values = one.values->values();
    const QString unit = one.info.unit.empty() ? QString() : u' ' + QString::fromStdString(one.info.unit);
    if (values.size() == 1)
        return significant(values[0]) + unit;
    if (one.values->shape() == std::vector{queries})
        return MechanismSection::tr("%1%2 (query)").arg(significant(values[query]), unit);
    if (values.empty())
        return MechanismSection::tr("none");
    const auto [least, most] = std::ranges::minmax(values);
    return MechanismSection::tr("%1 values, %2 … %3%4")
        .arg(values.size())
        .arg(significant(least), significant(most), unit);
}

QString sharedText(const QString& tag, std::size_t layers)
{
    return layers == 1 ? CostSection::tr("%1 shares A's first layer.").arg(tag)
                       : CostSection::tr("%1 shares A's first %2 layers.").arg(tag).arg(layers);
}

}  // namespace

MechanismSection::MechanismSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Mechanism"), appearance, parent), m_controller(controller), m_choice(new ChoiceBox(this)),
      m_formula(makeWrappedLabel("value", this)), m_summary(makeWrappedLabel("", this))
{
    m_choice->setObjectName(u"mechanism"_s);
    m_choice->setAccessibleName(tr("Mechanism of B"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    for (const Mechanism* mechanism : mechanisms()) {
        m_choice->addItem(QString::fromStdString(mechanism->info().title),
                          QString::fromStdString(mechanism->info().id));
        m_choice->setItemData(m_choice->count() - 1, QString::fromStdString(mechanism->info().summary),
                              Qt::ToolTipRole);
    }
    for (QWidget* each : std::initializer_list<QWidget*>{m_choice, m_formula, m_summary})
        body()->addWidget(each);
    connect(m_choice, &QComboBox::activated, this,
            [this](int index) { m_controller.setMechanism(*mechanisms()[static_cast<std::size_t>(index)]); });
    connect(&controller, &StudyController::studyChanged, this, [this] {
        m_baseline = m_baseline && m_shown == m_controller.candidate();  // another candidate was chosen
        refresh();
    });
    refresh();
}

// A, B, C, …: made anew when there are more or fewer.
void MechanismSection::refreshTraces()
{
    const auto count = static_cast<int>(m_controller.study().candidates.size()) + 1;
    if (m_traces == nullptr || m_count != count) {
        QStringList tags;
        for (int trace = 0; trace < count; ++trace)
            tags += QString::fromStdString(traceTag(static_cast<std::size_t>(trace)));
        if (m_traces != nullptr) {
            m_traces->hide();
            m_traces->deleteLater();
        }
        m_traces = new Segment(tags, this);
        m_traces->setObjectName(u"mechanismTrace"_s);
        m_count = count;
        addToTitleRow(m_traces);
        connect(m_traces, &Segment::chosen, this, [this](int trace) {
            m_baseline = trace == 0;
            if (!m_baseline)
                m_controller.chooseCandidate(static_cast<std::size_t>(trace) - 1);
            refresh();
        });
    }
    m_shown = m_controller.candidate();
    m_traces->choose(m_baseline ? 0 : static_cast<int>(m_controller.candidateTrace()));
}

// What A runs is the model's own and cannot be chosen.
void MechanismSection::refresh()
{
    refreshTraces();
    const PlanEntry* entry = m_controller.entry();
    setEnabled(m_controller.canRun());
    m_choice->setEnabled(!m_baseline && !m_controller.study().candidates.empty());
    m_choice->setAccessibleName(tr("Mechanism of %1").arg(m_baseline ? u"A"_s : m_controller.candidateTag()));
    if (entry == nullptr && !m_baseline) {
        m_choice->setCurrentIndex(-1);
        m_formula->setText(tr("No head uses a mechanism of its own."));
        m_summary->setText(tr("Choose one: it is put on the last two layers."));
        return m_summary->setToolTip({});
    }
    const ModelInfo* model = m_controller.model();
    const auto own = model != nullptr && !model->stacks.empty() ? model->stacks.front().own : nullptr;
    const Mechanism& baseline = own ? *own->mechanism : *mechanisms().front();
    const MechanismInfo& info = (m_baseline ? baseline : *entry->mechanism).info();
    m_choice->choose(QString::fromStdString(info.id));
    m_formula->setText(QString::fromStdString(info.formula));
    m_summary->setText(QString::fromStdString(info.summary));
    m_summary->setToolTip(QString::fromStdString(info.source));
}

CellSection::CellSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Selected cell"), appearance, parent), m_controller(controller), m_appearance(appearance)
{
    setObjectName(u"selectedCell"_s);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged,
                              &StudyController::stateChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &CellSection::refresh);
    refresh();
}

void CellSection::refresh()
{
    QGridLayout* grid = renewList(*this, m_list);
    grid->setColumnStretch(2, 1);
    grid->setHorizontalSpacing(10);
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!comparison) {
        grid->addWidget(makeLabel(tr("Click a cell in a map."), "hint", m_list), 0, 0);
        return;
    }
    addPlace(*grid, *comparison);
    addValues(*grid, *comparison);
}

void CellSection::addPlace(QGridLayout& grid, const Comparison& comparison)
{
    const Selection& at = comparison.study.selection;
    const StackInfo& stack = comparison.model.stacks.at(at.stack);
    const auto token = [&](TokenAxis axis, std::size_t index) {
        return u"%1  %2"_s.arg(index).arg(QString::fromStdString(axisLabel(comparison.input, axis, index)));
    };
    QString head = u"L%1 · H%2"_s.arg(at.layer).arg(at.head);
    // What another program did is not known.
    const std::size_t patcher = patcherOf(comparedPair(comparison));
    const QString tag = QString::fromStdString(traceTag(patcher));
    if (planIsKnown(comparison, patcher))
        head = mayDiffer(comparison, patcher, at.stack, at.layer, at.head) ? tr("%1 (patched by %2)").arg(head, tag)
                                                                           : tr("%1 (exact in %2 too)").arg(head, tag);
    const std::pair<QString, QString> rows[] = {
        {tr("Head"), head}, {tr("Query"), token(stack.queries, at.query)}, {tr("Key"), token(stack.keys, at.key)}};
    int row = 0;
    for (const auto& [name, text] : rows) {
        grid.addWidget(makeLabel(name, "", m_list), row, 0, 1, 2);
        grid.addWidget(makeLabel(text, row == 0 ? "value" : "mono", m_list), row, 2, 1, 2);
        ++row;
    }
}

void CellSection::addValues(QGridLayout& grid, const Comparison& comparison)
{
    constexpr int kFirstRow = 3;
    const Selection& at = comparison.study.selection;
    const char* role = m_controller.isUpToDate() ? "mono" : "stale";
    const auto valueOf = [&](std::size_t trace) {
        return static_cast<double>(mapOf(comparison, trace, at)(at.query, at.key));
    };
    const auto errorOf = [&](std::size_t trace) {
        const MatrixView errors = standardErrorOf(comparison, trace, at);
        return errors.empty() ? 0.0 : static_cast<double>(errors(at.query, at.key));
    };
    int row = kFirstRow;
    for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace, ++row) {
        QString text = formatNumber(valueOf(trace), 6);
        const double error = errorOf(trace);
        if (error > 0.0)
            text += u" ± "_s + formatNumber(error, 6);
        auto* value = makeLabel(text, role, m_list);
        value->setObjectName(u"cell."_s + QString::fromStdString(traceTag(trace)));
        value->setToolTip(error > 0.0 ? tr("± one standard error") : QString());
        grid.addWidget(new TraceTag(trace, m_appearance, m_list), row, 0);
        grid.addWidget(value, row, 1, 1, 3);
    }
    if (comparison.traces.size() < 2)
        return;
    const ComparedPair pair = comparedPair(comparison);
    const double apart = valueOf(pair.candidate) - valueOf(pair.baseline);
    const double error = std::hypot(errorOf(pair.baseline), errorOf(pair.candidate));
    QString text = formatSigned(apart, 6);
    if (error > 0.0)
        text += tr(" = %1 SE").arg(formatSigned(apart / error, 1));
    auto* difference = makeLabel(text, role, m_list);
    difference->setObjectName(u"cell.difference"_s);
    if (error > 0.0 && std::abs(apart) < 2.0 * error)
        difference->setToolTip(tr("Not resolved: below 2 standard errors"));
    auto* sign = makeLabel(u"Δ"_s, "title", m_list);
    sign->setToolTip(u"%1 − %2"_s.arg(QString::fromStdString(traceTag(pair.candidate)),
                                      QString::fromStdString(traceTag(pair.baseline))));
    grid.addWidget(sign, row, 0, Qt::AlignHCenter);
    grid.addWidget(difference, row, 1, 1, 3);
}

DiagnosticsSection::DiagnosticsSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Diagnostics of B"), appearance, parent), m_controller(controller)
{
    setObjectName(u"diagnostics"_s);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &DiagnosticsSection::refresh);
    refresh();
}

void DiagnosticsSection::refresh()
{
    QGridLayout* grid = renewList(*this, m_list);
    grid->setColumnStretch(0, 1);
    grid->setHorizontalSpacing(10);
    const ComparisonPointer& comparison = m_controller.comparison();
    const std::size_t trace = patcherOf(m_controller.pair());
    const HeadDiagnostics* head = comparison ? diagnosticsOf(*comparison, trace, comparison->study.selection) : nullptr;
    setTitle(tr("Diagnostics of %1").arg(QString::fromStdString(traceTag(trace))));
    setVisible(head != nullptr);
    if (head == nullptr)
        return;
    const std::size_t query = comparison->study.selection.query;
    const std::size_t queries = mapOf(*comparison, trace, comparison->study.selection).rows;
    int row = 0;
    for (const Diagnostic& one : head->list) {
        auto* name = makeLabel(QString::fromStdString(one.info.title), "value", m_list);
        name->setWordWrap(true);
        grid->addWidget(name, row, 0);
        auto* value = makeLabel(diagnosticText(one, query, queries), "mono", m_list);
        value->setObjectName(u"diagnostic."_s + QString::fromStdString(one.info.id));
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        grid->addWidget(value, row++, 1, Qt::AlignRight);
    }
}

CostSection::CostSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Cost"), appearance, parent), m_controller(controller)
{
    connect(&controller, &StudyController::readingsChanged, this, &CostSection::refresh);
    refresh();
}

void CostSection::refresh()
{
    QGridLayout* grid = renewList(*this, m_list);
    grid->setColumnStretch(0, 1);
    grid->setHorizontalSpacing(14);
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!comparison || !m_controller.readings()) {
        grid->addWidget(makeLabel(tr("Shown after the first run."), "hint", m_list), 0, 0);
        return;
    }
    const std::vector<double>& flops = m_controller.readings()->whole->attentionFlop;
    grid->addWidget(makeLabel(tr("Forward pass, ms"), "value", m_list), 1, 0);
    grid->addWidget(makeLabel(tr("Attention, Mflop"), "value", m_list), 2, 0);
    for (std::size_t trace = 0; trace < flops.size() && trace < comparison->traces.size(); ++trace) {
        const auto column = static_cast<int>(trace) + 1;
        const auto add = [&](int row, const QString& text, const char* role) {
            grid->addWidget(makeLabel(text, role, m_list), row, column, Qt::AlignRight);
        };
        add(0, QString::fromStdString(traceTag(trace)), "hint");
        const bool known = planIsKnown(*comparison, trace);
        add(1, known ? formatNumber(comparison->traces[trace]->seconds * 1000.0, 1) : u"–"_s, "mono");
        add(2, known ? formatNumber(flops[trace] / 1e6, flops[trace] < 1e8 ? 2 : 0) : u"–"_s, "mono");
    }
    QStringList shared;
    for (std::size_t trace = 1; trace < comparison->traces.size(); ++trace)
        if (const std::size_t reused = comparison->traces[trace]->stacks.front().firstComputedLayer; reused > 0)
            shared += sharedText(QString::fromStdString(traceTag(trace)), reused);
    if (shared.isEmpty())
        return;
    auto* note = makeLabel(shared.join(u' '), "hint", m_list);
    note->setWordWrap(true);
    grid->addWidget(note, 3, 0, 1, static_cast<int>(flops.size()) + 1);
}

}  // namespace ketscope
