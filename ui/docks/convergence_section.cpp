// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/convergence_section.h"

#include <algorithm>
#include <array>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array kCounts = {"repeats", "shots"};

}  // namespace

ConvergenceSection::ConvergenceSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : HeadCurve(tr("Convergence"), "convergence", controller, appearance, parent), m_axes(makeLabel({}, "hint", this)),
      m_note(makeWrappedLabel("hint", this))
{
    setObjectName(u"convergence"_s);
    addToTitleRow(m_axes);
    body()->addWidget(m_note);
    body()->addWidget(&curve());
    connectFailure(*m_note);
    reconsider();
}

std::string ConvergenceSection::varied() const
{
    const PlanEntry* entry = controller().entry();
    if (entry == nullptr || !entry->mechanism->properties(entry->parameters).sampled)
        return {};
    const auto numeric = numericParameters(entry->parameters);
    for (const char* id : kCounts)
        if (std::ranges::find(numeric, id, &Parameter::id) != numeric.end())
            return id;
    return {};
}

HeadCurve::SweepPointer ConvergenceSection::known() const
{
    const ComparisonPointer& now = controller().comparison();
    const bool staged = now && controller().candidateTrace() < now->traces.size() && !controller().isOutdated();
    return staged ? sweepOfStages(*now, controller().candidateTrace()) : nullptr;
}

void ConvergenceSection::refresh()
{
    const std::string over = varied();
    setVisible(hasCurve() || (!over.empty() && controller().canRun()));
    m_axes->setText(over == "shots" ? tr("max SE against shots") : tr("max SE against repeats"));
    m_note->setVisible(!hasCurve());
    m_note->setText(isComputing() ? tr("Computing…") : tr("Computed when nothing else runs."));
}

}  // namespace ketscope
