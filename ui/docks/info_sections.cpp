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

QLabel* wrapped(const char* role, QWidget* parent)
{
    auto* label = makeLabel({}, role, parent);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

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
      m_formula(wrapped("value", this)), m_summary(wrapped("", this))
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
    addToTitleRow(new TraceTag(1, appearance, this));
    for (QWidget* each : std::initializer_list<QWidget*>{m_choice, m_formula, m_summary})
        body()->addWidget(each);
    connect(m_choice, &QComboBox::activated, this,
            [this](int index) { m_controller.setMechanism(*mechanisms()[static_cast<std::size_t>(index)]); });
    connect(&controller, &StudyController::studyChanged, this, &MechanismSection::refresh);
    refresh();
}

void MechanismSection::refresh()
{
    const PlanEntry* entry = m_controller.entry();
    setEnabled(entry != nullptr && m_controller.canRun());
    if (entry == nullptr)
        return;
    const MechanismInfo& info = entry->mechanism->info();
    m_choice->choose(QString::fromStdString(info.id));
    m_formula->setText(QString::fromStdString(info.formula));
    m_summary->setText(QString::fromStdString(info.summary));
    m_summary->setToolTip(QString::fromStdString(info.source));
}

CellSection::CellSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Selected cell"), appearance, parent), m_controller(controller), m_appearance(appearance)
{
    setObjectName(u"selectedCell"_s);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::stateChanged})
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
    // What another program did to B is not known.
    if (planIsKnown(comparison, 1))
        head = mayDiffer(comparison, 1, at.stack, at.layer, at.head) ? tr("%1 (patched by B)").arg(head)
                                                                     : tr("%1 (exact in B too)").arg(head);
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
    const double apart = valueOf(1) - valueOf(0), error = std::hypot(errorOf(0), errorOf(1));
    QString text = formatSigned(apart, 6);
    if (error > 0.0)
        text += tr(" = %1 SE").arg(formatSigned(apart / error, 1));
    auto* difference = makeLabel(text, role, m_list);
    difference->setObjectName(u"cell.difference"_s);
    if (error > 0.0 && std::abs(apart) < 2.0 * error)
        difference->setToolTip(tr("Not resolved: below 2 standard errors"));
    grid.addWidget(makeLabel(u"Δ"_s, "title", m_list), row, 0, Qt::AlignHCenter);
    grid.addWidget(difference, row, 1, 1, 3);
}

DiagnosticsSection::DiagnosticsSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Diagnostics of B"), appearance, parent), m_controller(controller)
{
    setObjectName(u"diagnostics"_s);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this, &DiagnosticsSection::refresh);
    refresh();
}

void DiagnosticsSection::refresh()
{
    QGridLayout* grid = renewList(*this, m_list);
    grid->setColumnStretch(0, 1);
    grid->setHorizontalSpacing(10);
    const ComparisonPointer& comparison = m_controller.comparison();
    const HeadDiagnostics* head = comparison ? diagnosticsOf(*comparison, 1, comparison->study.selection) : nullptr;
    setVisible(head != nullptr);
    if (head == nullptr)
        return;
    const std::size_t query = comparison->study.selection.query;
    const std::size_t queries = mapOf(*comparison, 1, comparison->study.selection).rows;
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
    const std::size_t reused =
        comparison->traces.size() > 1 ? comparison->traces[1]->stacks.front().firstComputedLayer : 0;
    if (reused > 0)
        grid->addWidget(
            makeLabel(reused == 1 ? tr("B shares A's first layer.") : tr("B shares A's first %1 layers.").arg(reused),
                      "hint", m_list),
            3, 0, 1, static_cast<int>(flops.size()) + 1);
}

}  // namespace ketscope
