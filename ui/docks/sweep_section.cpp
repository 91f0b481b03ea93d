// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/sweep_section.h"

#include "core/base/error.h"

#include <QHBoxLayout>

#include <algorithm>
#include <numeric>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kMostLines = 5;  // of the second parameter: more cannot be told apart
constexpr std::size_t kLineValues = 3;
constexpr int kUsualSeeds = 5, kMostSeeds = 100;

std::size_t combinationsOf(const std::vector<SweepAxis>& axes)
{
    return std::transform_reduce(axes.begin(), axes.end(), std::size_t{1}, std::multiplies<>(),
                                 [](const SweepAxis& axis) { return axis.values.size(); });
}

}  // namespace

SweepAxisEditor::SweepAxisEditor(const QString& title, bool optional, QWidget* parent)
    : QWidget(parent), m_optional(optional), m_parameter(new ChoiceBox(this)), m_values(new QLineEdit(this)),
      m_automatic(makeLink(tr("Automatic"), this))
{
    m_parameter->setAccessibleName(title);
    m_parameter->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_values->setAccessibleName(tr("Values, between commas"));
    m_values->setToolTip(tr("Values between commas."));
    m_automatic->setToolTip(tr("Values around the present one, from the parameter's range."));
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(title, "", this), 1);
    head->addWidget(m_automatic);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addLayout(head);
    column->addWidget(m_parameter);
    column->addWidget(m_values);
    connect(m_parameter, &QComboBox::activated, this, &SweepAxisEditor::fillIn);
    connect(m_automatic, &QPushButton::clicked, this, &SweepAxisEditor::fillIn);
    connect(m_values, &QLineEdit::textChanged, this, &SweepAxisEditor::changed);
}

void SweepAxisEditor::offer(const PlanEntry* entry)
{
    const Mechanism* mechanism = entry == nullptr ? nullptr : entry->mechanism;
    const bool same = mechanism == m_mechanism;
    const QString chosen = same ? m_parameter->currentData().toString() : QString();
    m_mechanism = mechanism;
    m_parameters = entry == nullptr ? Parameters() : entry->parameters;
    m_parameter->clear();
    if (m_optional)
        m_parameter->addItem(tr("None: one line"), QString());
    if (entry != nullptr)
        for (const Parameter& parameter : entry->parameters.definitions())
            if (entry->parameters.isShown(parameter)) {
                const QString title = QString::fromStdString(parameter.title);
                m_parameter->addItem(parameter.symbol.empty() ? title
                                                              : title + u' ' + QString::fromStdString(parameter.symbol),
                                     QString::fromStdString(parameter.id));
            }
    const int before = m_parameter->findData(chosen);
    m_parameter->setCurrentIndex(before >= 0 ? before : 0);
    if (!same || before < 0)
        fillIn();
}

void SweepAxisEditor::fillIn()
{
    const std::string id = m_parameter->currentData().toString().toStdString();
    QStringList texts;
    if (!id.empty()) {
        const auto& all = m_parameters.definitions();
        const Parameter& parameter = *std::ranges::find(all, id, &Parameter::id);
        const auto values = m_optional ? automaticValues(m_parameters, parameter, kLineValues)
                                       : automaticValues(m_parameters, parameter);
        for (const std::string& value : values)
            texts << QString::fromStdString(value);
        if (m_optional)
            texts = texts.mid(0, kMostLines);
    }
    m_values->setText(texts.join(u", "_s));
    m_values->setVisible(!id.empty());
    m_automatic->setVisible(!id.empty());
    emit changed();
}

std::optional<SweepAxis> SweepAxisEditor::axis() const
{
    SweepAxis axis{m_parameter->currentData().toString().toStdString(), {}};
    if (axis.parameter.empty())
        return std::nullopt;
    for (const QString& text : m_values->text().split(u',', Qt::SkipEmptyParts))
        if (!text.trimmed().isEmpty())
            axis.values.push_back(text.trimmed().toStdString());
    return axis;
}

void SweepAxisEditor::setAxis(const SweepAxis& axis)
{
    m_parameter->choose(QString::fromStdString(axis.parameter));
    fillIn();
    QStringList texts;
    for (const std::string& value : axis.values)
        texts << QString::fromStdString(value);
    m_values->setText(texts.join(u", "_s));
}

SweepSection::SweepSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Sweep"), appearance, parent), m_controller(controller), m_candidate(makeLabel({}, "value", this)),
      m_first(new SweepAxisEditor(tr("Vary"), false, this)),
      m_second(new SweepAxisEditor(tr("One line for each value of"), true, this)), m_seeds(new QSpinBox(this)),
      m_count(makeLabel({}, "hint", this)), m_problem(makeLabel({}, "warning", this))
{
    setObjectName(u"sweepSection"_s);
    m_first->setObjectName(u"sweepFirst"_s);
    m_second->setObjectName(u"sweepSecond"_s);
    m_seeds->setObjectName(u"sweepSeeds"_s);
    m_seeds->setRange(1, kMostSeeds);
    m_seeds->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_seeds->setValue(kUsualSeeds);
    m_seeds->setAccessibleName(tr("Seeds"));
    m_seeds->setToolTip(
        tr("Runs of each combination that leaves something to chance. One seed alone has no interval."));
    for (QLabel* label : {m_candidate, m_count, m_problem})
        label->setWordWrap(true);
    auto* seeds = new QHBoxLayout;
    seeds->addWidget(makeLabel(tr("Seeds for each"), "", this), 1);
    seeds->addWidget(m_seeds);
    body()->addWidget(m_candidate);
    body()->addWidget(m_first);
    body()->addWidget(m_second);
    body()->addLayout(seeds);
    body()->addWidget(m_count);
    body()->addWidget(m_problem);
    for (const auto signal : {&StudyController::studyChanged, &StudyController::modelChanged})
        connect(&controller, signal, this, &SweepSection::offer);
    for (SweepAxisEditor* axis : {m_first, m_second})
        connect(axis, &SweepAxisEditor::changed, this, &SweepSection::check);
    connect(m_seeds, &QSpinBox::valueChanged, this, &SweepSection::check);
    offer();
}

void SweepSection::offer()
{
    const PlanEntry* entry = m_controller.entry();
    const ModelInfo* model = m_controller.model();
    m_candidate->setText(entry == nullptr || model == nullptr ? tr("No plan: patch a head first.")
                                                              : planTitle(*entry, *model));
    m_first->offer(entry);
    m_second->offer(entry);
    check();
}

std::vector<SweepAxis> SweepSection::axes() const
{
    std::vector<SweepAxis> axes;
    for (const SweepAxisEditor* editor : {m_first, m_second})
        if (const auto axis = editor->axis())
            axes.push_back(*axis);
    return axes;
}

QString SweepSection::problemOf() const
{
    const PlanEntry* entry = m_controller.entry();
    if (entry == nullptr)
        return tr("There is no plan for B.");
    if (m_first->parameter().count() == 0)
        return tr("%1 has no parameter to vary.").arg(QString::fromStdString(entry->mechanism->info().shortTitle));
    const std::vector<SweepAxis> all = axes();
    if (all.size() == 2 && all[0].parameter == all[1].parameter)
        return tr("Both are the same parameter. Choose another for the lines.");
    if (all.size() == 2 && all[1].values.size() > kMostLines)
        return tr("More than %1 lines cannot be told apart. Give fewer values.").arg(kMostLines);
    if (combinationsOf(all) > kMaximumCombinations)
        return tr("A sweep has at most %1 combinations. Give fewer values.").arg(kMaximumCombinations);
    for (const SweepAxis& axis : all) {
        if (axis.values.empty())
            return tr("Give values between commas.");
        try {
            Parameters given = entry->parameters;
            for (const std::string& value : axis.values)
                given.setText(axis.parameter, value);
        } catch (const Error& error) {
            return QString::fromUtf8(error.what());
        }
    }
    return {};
}

void SweepSection::check()
{
    m_problemText = problemOf();
    m_problem->setText(m_problemText);
    m_problem->setVisible(!m_problemText.isEmpty());
    m_count->setText(tr("%1 combinations, each with up to %2 seeds, and three baselines: exact, uniform, no output.")
                         .arg(combinationsOf(axes()))
                         .arg(m_seeds->value()));
    m_count->setVisible(m_problemText.isEmpty());
    emit changed();
}

}  // namespace ketscope
