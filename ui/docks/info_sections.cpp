// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/info_sections.h"

#include "core/study/token_axis.h"
#include "ui/docks/trace_sections.h"
#include "ui/trace_notes.h"
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
        m_traces->setAccessibleName(tr("Mechanism of"));
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
        const bool runs = m_controller.canRun();
        m_formula->setText(runs || m_controller.model() == nullptr ? tr("No head uses a mechanism of its own.")
                                                                   : tr("Shown from a file."));
        m_summary->setText(
            runs ? tr("Choose one: it is put on the last two layers.")
            : m_controller.model() == nullptr
                ? tr("Open a model to choose one.")
                : tr("What computed this is not known, and a mechanism can be chosen once a model is open."));
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
    : Section(tr("Selected cell"), appearance, parent), m_controller(controller), m_appearance(appearance),
      m_list(new KeptGrid(*this))
{
    setObjectName(u"selectedCell"_s);
    m_list->grid().setColumnStretch(2, 1);
    m_list->grid().setHorizontalSpacing(10);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged,
                              &StudyController::stateChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &CellSection::refresh);
    refresh();
}

void CellSection::refresh()
{
    m_list->begin();
    if (const ComparisonPointer& comparison = m_controller.comparison()) {
        addPlace(*comparison);
        addValues(*comparison);
    } else {
        m_list->label(0, 0, tr("Click a cell in a map."), "hint");
    }
    m_list->end();
}

void CellSection::addPlace(const Comparison& comparison)
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
        m_list->label(row, 0, name, "", 2);
        m_list->label(row, 2, text, row == 0 ? "value" : "mono", 2);
        ++row;
    }
}

void CellSection::addValues(const Comparison& comparison)
{
    constexpr int kFirstRow = 3;
    const Selection& at = comparison.study.selection;
    const char* role = m_controller.isHeadOutdated() ? "stale" : "mono";
    const auto valueOf = [&](std::size_t trace) {
        return static_cast<double>(mapOf(comparison, trace, at)(at.query, at.key));
    };
    const auto errorOf = [&](std::size_t trace) {
        const MatrixView errors = standardErrorOf(comparison, trace, at);
        return errors.empty() ? 0.0 : static_cast<double>(errors(at.query, at.key));
    };
    int row = kFirstRow;
    for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace, ++row) {
        const QString tag = QString::fromStdString(traceTag(trace));
        QString text = formatNumber(valueOf(trace), 6);
        const double error = errorOf(trace);
        if (error > 0.0)
            text += u" ± "_s + formatNumber(error, 6);
        m_list->widget<TraceTag>(row, 0, tag, [&] { return new TraceTag(trace, m_appearance, m_list); });
        QLabel* value = m_list->label(row, 1, text, role, 3);
        value->setObjectName(u"cell."_s + tag);
        value->setToolTip(error > 0.0 ? tr("± one standard error") : QString());
    }
    if (comparison.traces.size() < 2)
        return;
    const ComparedPair pair = comparedPair(comparison);
    const double apart = valueOf(pair.candidate) - valueOf(pair.baseline);
    const double error = std::hypot(errorOf(pair.baseline), errorOf(pair.candidate));
    QString text = formatSigned(apart, 6);
    if (error > 0.0)
        text += tr(" = %1 SE").arg(formatSigned(apart / error, 1));
    QLabel* difference = m_list->label(row, 1, text, role, 3);
    difference->setObjectName(u"cell.difference"_s);
    const bool resolved = error == 0.0 || std::abs(apart) >= 2.0 * error;
    difference->setToolTip(resolved ? QString() : tr("Not resolved: below 2 standard errors"));
    QLabel* sign = m_list->label(row, 0, u"Δ"_s, "title", 1, Qt::AlignHCenter);
    sign->setToolTip(u"%1 − %2"_s.arg(QString::fromStdString(traceTag(pair.candidate)),
                                      QString::fromStdString(traceTag(pair.baseline))));
}

DiagnosticsSection::DiagnosticsSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Diagnostics of B"), appearance, parent), m_controller(controller), m_list(new KeptGrid(*this))
{
    setObjectName(u"diagnostics"_s);
    m_list->grid().setColumnStretch(0, 1);
    m_list->grid().setHorizontalSpacing(10);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &DiagnosticsSection::refresh);
    refresh();
}

void DiagnosticsSection::refresh()
{
    const ComparisonPointer& comparison = m_controller.comparison();
    const std::size_t trace = patcherOf(m_controller.pair());
    const HeadDiagnostics* head = comparison ? diagnosticsOf(*comparison, trace, comparison->study.selection) : nullptr;
    setTitle(tr("Diagnostics of %1").arg(QString::fromStdString(traceTag(trace))));
    setVisible(head != nullptr);
    m_list->begin();
    int row = 0;
    for (const Diagnostic& one : head != nullptr ? head->list : std::vector<Diagnostic>()) {
        const std::size_t query = comparison->study.selection.query;
        const std::size_t queries = mapOf(*comparison, trace, comparison->study.selection).rows;
        // Many numbers stand below their title: beside it they would push it out of the dock.
        constexpr qsizetype kBeside = 16;
        const QString text = diagnosticText(one, query, queries);
        const bool below = text.size() > kBeside;
        m_list->wrapped(row, 0, QString::fromStdString(one.info.title), "value", below ? 2 : 1);
        row += below ? 1 : 0;
        QLabel* value =
            below ? m_list->wrapped(row, 0, text, "mono", 2) : m_list->label(row, 1, text, "mono", 1, Qt::AlignRight);
        ++row;
        value->setObjectName(u"diagnostic."_s + QString::fromStdString(one.info.id));
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_list->end();
}

CostSection::CostSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Cost"), appearance, parent), m_controller(controller), m_list(new KeptGrid(*this))
{
    setObjectName(u"cost"_s);
    m_list->grid().setColumnStretch(0, 1);
    m_list->grid().setHorizontalSpacing(14);
    connect(&controller, &StudyController::readingsChanged, this, &CostSection::refresh);
    refresh();
}

void CostSection::refresh()
{
    m_list->begin();
    if (m_controller.comparison() && m_controller.readings())
        addCosts(*m_controller.comparison(), m_controller.readings()->whole->attentionFlop);
    else
        m_list->label(0, 0, tr("Shown after the first run."), "hint");
    m_list->end();
}

void CostSection::addCosts(const Comparison& comparison, const std::vector<double>& flops)
{
    m_list->label(1, 0, tr("Forward pass, ms"), "value");
    m_list->label(2, 0, tr("Attention, Mflop"), "value");
    for (std::size_t trace = 0; trace < flops.size() && trace < comparison.traces.size(); ++trace) {
        const auto column = static_cast<int>(trace) + 1;
        const auto add = [&](int row, const QString& text, const char* role) {
            m_list->label(row, column, text, role, 1, Qt::AlignRight);
        };
        add(0, QString::fromStdString(traceTag(trace)), "hint");
        const bool known = planIsKnown(comparison, trace);
        add(1, known ? formatNumber(comparison.traces[trace]->seconds * 1000.0, 1) : u"–"_s, "mono");
        add(2, known ? formatNumber(flops[trace] / 1e6, flops[trace] < 1e8 ? 2 : 0) : u"–"_s, "mono");
    }
    QStringList shared;
    for (std::size_t trace = 1; trace < comparison.traces.size(); ++trace)
        if (const QString text = sharedLayersText(comparison, trace); !text.isEmpty())
            shared += tr("%1: %2, not in its time.").arg(QString::fromStdString(traceTag(trace)), text);
    if (!shared.isEmpty())
        m_list->wrapped(3, 0, shared.join(u' '), "hint", static_cast<int>(flops.size()) + 1);
}

}  // namespace ketscope
