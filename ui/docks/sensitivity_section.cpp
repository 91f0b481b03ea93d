// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/sensitivity_section.h"

#include <algorithm>
#include <array>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array kMeasures = {"weight_divergence", "weight_jensen_shannon", "entropy", "weight_maximum",
                                  "output_error"};

}  // namespace

SensitivitySection::SensitivitySection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : HeadCurve(tr("Sensitivity"), "sweep", controller, appearance, parent), m_measure(new ChoiceBox(this)),
      m_parameter(new ChoiceBox(this)), m_note(makeWrappedLabel("hint", this))
{
    setObjectName(u"sensitivity"_s);
    m_measure->setAccessibleName(tr("Measure of the selected head"));
    m_parameter->setAccessibleName(tr("Parameter"));
    for (ChoiceBox* box : {m_measure, m_parameter}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setFocusPolicy(Qt::StrongFocus);  // the wheel scrolls the dock
    }
    for (const char* id : kMeasures)
        m_measure->addItem(QString::fromStdString(sweepMeasures()[sweepMeasureIndex(id)].title),
                           QString::fromLatin1(id));
    for (QWidget* each : std::initializer_list<QWidget*>{m_measure, m_parameter, m_note, &curve()})
        body()->addWidget(each);
    connect(m_measure, &QComboBox::activated, &curve(), &FigurePane::refresh);
    connect(m_parameter, &QComboBox::activated, this, [this] { reconsider(); });
    connectFailure(*m_note);
    reconsider();
}

// The list stays as it is, and open, unless other parameters count.
void SensitivitySection::offer()
{
    std::vector<std::pair<QString, QString>> offered;
    if (const PlanEntry* entry = controller().entry())
        for (const Parameter* parameter : numericParameters(entry->parameters)) {
            const QString symbol = QString::fromStdString(parameter->symbol);
            offered.emplace_back(QString::fromStdString(parameter->title) + (symbol.isEmpty() ? symbol : u' ' + symbol),
                                 QString::fromStdString(parameter->id));
        }
    if (offered == m_offered)
        return;
    m_offered = offered;
    const QString chosen = m_parameter->currentData().toString();
    m_parameter->clear();
    for (const auto& [title, id] : offered)
        m_parameter->addItem(title, id);
    m_parameter->setCurrentIndex(std::max(m_parameter->findData(chosen), m_parameter->count() > 0 ? 0 : -1));
}

std::string SensitivitySection::varied() const { return m_parameter->currentData().toString().toStdString(); }

std::string SensitivitySection::measure() const { return m_measure->currentData().toString().toStdString(); }

void SensitivitySection::reconsider()
{
    offer();
    HeadCurve::reconsider();
}

void SensitivitySection::refresh()
{
    const bool any = m_parameter->count() > 0 && controller().canRun();
    m_measure->setVisible(any);
    m_parameter->setVisible(any);
    m_note->setText(!controller().canRun() ? tr("Needs an open model.")
                    : !any                 ? tr("This mechanism has no numeric parameter.")
                    : hasCurve()    ? tr("Of the selected head, against exact attention. Click a point to set it.")
                    : isComputing() ? tr("Computing…")
                                    : tr("Computed when nothing else runs."));
}

}  // namespace ketscope
