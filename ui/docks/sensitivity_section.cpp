// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/sensitivity_section.h"

#include "viz/picture.h"

#include <algorithm>
#include <array>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t kSeeds = 4;
constexpr int kIdleMs = 500;
constexpr std::array kMeasures = {"weight_divergence", "weight_jensen_shannon", "entropy", "weight_maximum",
                                  "output_error"};
constexpr std::array kCounts = {"repeats", "shots"};

}  // namespace

SensitivitySection::SensitivitySection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Sensitivity"), appearance, parent), m_controller(controller), m_appearance(appearance),
      m_measure(new ChoiceBox(this)), m_parameter(new ChoiceBox(this)), m_note(makeWrappedLabel("hint", this)),
      m_curve(addPane("sweep", [this] { return m_sweep; })),
      m_convergence(addPane("convergence", [this] { return errors(); }))
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
    for (QWidget* each : std::initializer_list<QWidget*>{m_measure, m_parameter, m_note, m_curve, m_convergence})
        body()->addWidget(each);
    m_job.setIdlePriority();
    m_idle.setSingleShot(true);
    m_idle.setInterval(kIdleMs);
    connect(&m_idle, &QTimer::timeout, this, &SensitivitySection::compute);
    connect(m_measure, &QComboBox::activated, m_curve, &FigurePane::refresh);
    connect(m_parameter, &QComboBox::activated, this, &SensitivitySection::reconsider);
    for (const auto signal :
         {&StudyController::studyChanged, &StudyController::selectionChanged, &StudyController::comparisonChanged,
          &StudyController::stateChanged, &StudyController::sweepChanged})
        connect(&controller, signal, this, &SensitivitySection::reconsider);
    connect(&m_job, &Job::failed, this, [this](const QString& message) { m_note->setText(message); });
    reconsider();
}

FigurePane* SensitivitySection::addPane(const char* figureId, const std::function<SweepPointer()>& sweep)
{
    auto* pane = new FigurePane(QString::fromLatin1(figureId), m_controller, m_appearance, this);
    pane->setInDock(true);
    pane->setSource([this, sweep] { return shown(sweep()); });
    pane->hide();
    connect(pane, &FigurePane::itemChosen, this, [this, sweep](std::size_t row) { setFromRow(sweep(), row); });
    connect(pane, &FigurePane::exportWanted, this,
            [this, sweep](const QString& id) { emit exportWanted(id, shown(sweep())); });
    return pane;
}

// The study as it would be with the edited entry on the selected head alone, so that the figure can tell the present
// value.
ComparisonPointer SensitivitySection::shown(const SweepPointer& sweep) const
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
    shown->study.view.outputs.sweepMeasure = m_measure->currentData().toString().toStdString();
    return shown;
}

// The list stays as it is, and open, unless other parameters count.
void SensitivitySection::offer()
{
    std::vector<std::pair<QString, QString>> offered;
    if (const PlanEntry* entry = m_controller.entry())
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

std::string SensitivitySection::convergenceParameter() const
{
    const PlanEntry* entry = m_controller.entry();
    if (entry == nullptr || m_stages || !entry->mechanism->properties(entry->parameters).sampled)
        return {};
    const auto numeric = numericParameters(entry->parameters);
    for (const char* id : kCounts)
        if (std::ranges::find(numeric, id, &Parameter::id) != numeric.end())
            return id;
    return {};
}

std::optional<SweepRequest> SensitivitySection::request(const std::string& parameter) const
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
bool SensitivitySection::holds(const SweepPointer& sweep, const std::string& parameter) const
{
    const PlanEntry* entry = m_controller.entry();
    if (parameter.empty() || entry == nullptr)
        return true;
    if (!sweep)
        return false;
    const SweepAxis& axis = sweep->request.axes.front();
    const ComparisonPointer now = shown(sweep);
    return now && axis.parameter == parameter && sweepIsCurrent(*sweep, now->study)
           && std::ranges::find(axis.values, entry->parameters.text(parameter)) != axis.values.end();
}

void SensitivitySection::reconsider()
{
    offer();
    const ComparisonPointer& now = m_controller.comparison();
    const bool staged = now && m_controller.candidateTrace() < now->traces.size() && !m_controller.isOutdated();
    m_stages = staged ? sweepOfStages(*now, m_controller.candidateTrace()) : nullptr;
    const std::string parameter = m_parameter->currentData().toString().toStdString();
    const bool curve = holds(m_sweep, parameter), errors = holds(m_errors, convergenceParameter());
    if (!curve)
        m_sweep.reset();
    if (!errors || convergenceParameter().empty())
        m_errors.reset();
    m_job.cancel();
    m_idle.stop();
    if ((!curve || !errors) && m_controller.canRun() && m_controller.isUpToDate() && !m_controller.isSweeping()
        && m_controller.state() == StudyController::State::UpToDate)
        m_idle.start();
    refresh();
}

void SensitivitySection::compute()
{
    if (!isVisible())
        return;
    const auto wanted = [&](const SweepPointer& have, const std::string& parameter) {
        return have ? std::nullopt : request(parameter);
    };
    const auto curve = wanted(m_sweep, m_parameter->currentData().toString().toStdString());
    const auto errors = wanted(m_errors, convergenceParameter());
    m_job.start([this, curve, errors, model = m_controller.loadedModel(),
                 previous = m_controller.comparison()](Monitor& monitor) -> Job::Delivery {
        const auto run = [&](std::optional<SweepRequest> what) -> SweepPointer {
            if (!what)
                return nullptr;
            what->study = withPicture(what->study, previous.get());
            return std::make_shared<const Sweep>(runSweep(*what, *model, 1, monitor, previous));
        };
        const SweepPointer sweep = run(curve), found = run(errors);
        return [this, sweep, found] {
            m_sweep = sweep ? sweep : m_sweep;
            m_errors = found ? found : m_errors;
            refresh();
            emit computed();
        };
    });
    refresh();
}

void SensitivitySection::refresh()
{
    const bool any = m_parameter->count() > 0 && m_controller.canRun();
    m_measure->setVisible(any);
    m_parameter->setVisible(any);
    m_curve->setVisible(any && m_sweep);
    m_convergence->setVisible(any && errors());
    for (FigurePane* pane : {m_curve, m_convergence})
        pane->refresh();
    m_note->setText(!m_controller.canRun() ? tr("Needs an open model.")
                    : !any                 ? tr("This mechanism has no numeric parameter.")
                    : m_sweep           ? tr("Of the selected head, against exact attention. Click a point to set it.")
                    : m_job.isRunning() ? tr("Computing…")
                                        : tr("Computed when nothing else runs."));
}

void SensitivitySection::setFromRow(const SweepPointer& sweep, std::size_t row)
{
    if (!sweep || row >= sweep->rows.size() || sweep->rows[row].values.empty())
        return;
    m_controller.setParameters({{sweep->request.axes.front().parameter, sweep->rows[row].values.front()}});
}

void SensitivitySection::showEvent(QShowEvent* event)
{
    Section::showEvent(event);
    reconsider();
}

}  // namespace ketscope
