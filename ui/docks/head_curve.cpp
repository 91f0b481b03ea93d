// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/head_curve.h"

#include "viz/picture.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::size_t kSeeds = 4;
constexpr int kIdleMs = 500;

}  // namespace

HeadCurve::HeadCurve(const QString& title, const char* figureId, StudyController& controller, Appearance& appearance,
                     QWidget* parent)
    : Section(title, appearance, parent), m_controller(controller),
      m_pane(new FigurePane(QString::fromLatin1(figureId), controller, appearance, this))
{
    m_pane->setInDock(true);
    m_pane->setSource([this] { return shown(sweep()); });
    m_pane->hide();
    connect(m_pane, &FigurePane::itemChosen, this, &HeadCurve::setFromRow);
    connect(m_pane, &FigurePane::exportWanted, this,
            [this](const QString& id) { emit exportWanted(id, shown(sweep())); });
    m_job.setIdlePriority();
    m_idle.setSingleShot(true);
    m_idle.setInterval(kIdleMs);
    connect(&m_idle, &QTimer::timeout, this, &HeadCurve::compute);
    for (const auto signal :
         {&StudyController::studyChanged, &StudyController::selectionChanged, &StudyController::comparisonChanged,
          &StudyController::stateChanged, &StudyController::sweepChanged})
        connect(&controller, signal, this, [this] { reconsider(); });
}

// The study as it would be with the edited entry on the selected head alone, so that the figure can tell the present
// value.
ComparisonPointer HeadCurve::shown(const SweepPointer& sweep) const
{
    const ComparisonPointer& now = m_controller.comparison();
    const PlanEntry* entry = m_controller.entry();
    if (!now || !sweep || entry == nullptr)
        return nullptr;
    auto shown = std::make_shared<Comparison>(*now);
    shown->sweep = sweep;
    shown->study.input = m_controller.study().input;
    shown->study.seed = m_controller.study().seed;
    shown->study.candidates = {{{onSelectedHead(*entry, now->study.selection, now->model)}}};
    shown->study.view.outputs.sweepMeasure = measure();
    return shown;
}

std::optional<SweepRequest> HeadCurve::request(const std::string& parameter) const
{
    const ComparisonPointer& now = m_controller.comparison();
    const PlanEntry* entry = m_controller.entry();
    if (!now || entry == nullptr || parameter.empty())
        return std::nullopt;
    const auto numeric = numericParameters(entry->parameters);
    const auto found = std::ranges::find(numeric, parameter, &Parameter::id);
    if (found == numeric.end())
        return std::nullopt;
    SweepRequest request =
        m_controller.sweepRequest({{parameter, automaticValues(entry->parameters, **found)}}, kSeeds);
    request.candidate = onSelectedHead(*entry, now->study.selection, now->model);
    request.wholeModel = false;
    return request;
}

// Whether a sweep is of this head, entry and parameter as they are, and has the parameter's present value.
bool HeadCurve::holds(const SweepPointer& sweep, const std::string& parameter) const
{
    const PlanEntry* entry = m_controller.entry();
    if (!sweep || parameter.empty() || entry == nullptr)
        return false;
    const SweepAxis& axis = sweep->request.axes.front();
    const ComparisonPointer now = shown(sweep);
    return now && axis.parameter == parameter && sweepIsCurrent(*sweep, now->study)
           && std::ranges::find(axis.values, entry->parameters.text(parameter)) != axis.values.end();
}

void HeadCurve::reconsider()
{
    m_known = known();
    const std::string parameter = varied();
    if (!holds(m_sweep, parameter))
        m_sweep.reset();
    m_job.cancel();
    m_idle.stop();
    if (!parameter.empty() && !hasCurve() && m_controller.canRun() && m_controller.isUpToDate()
        && !m_controller.isSweeping() && m_controller.state() == StudyController::State::UpToDate)
        m_idle.start();
    refreshAll();
}

void HeadCurve::compute()
{
    std::optional<SweepRequest> wanted = isVisible() ? request(varied()) : std::nullopt;
    if (!wanted)
        return;
    const ComparisonPointer previous = m_controller.comparison();
    wanted->study = withPicture(wanted->study, previous.get());
    m_job.start([this, wanted, previous, model = m_controller.loadedModel()](Monitor& monitor) -> Job::Delivery {
        const auto found = std::make_shared<const Sweep>(runSweep(*wanted, *model, 1, monitor, previous));
        return [this, found] {
            m_sweep = found;
            refreshAll();
            emit computed();
        };
    });
    refreshAll();
}

void HeadCurve::connectFailure(QLabel& note) { connect(&m_job, &Job::failed, &note, &QLabel::setText); }

void HeadCurve::refreshAll()
{
    m_pane->setVisible(hasCurve() && m_controller.canRun());
    m_pane->refresh();
    refresh();
}

void HeadCurve::setFromRow(std::size_t row)
{
    const SweepPointer& from = sweep();
    if (!from || row >= from->rows.size() || from->rows[row].values.empty())
        return;
    m_controller.setParameters({{from->request.axes.front().parameter, from->rows[row].values.front()}});
}

void HeadCurve::showEvent(QShowEvent* event)
{
    Section::showEvent(event);
    reconsider();
}

}  // namespace ketscope
