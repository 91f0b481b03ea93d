// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/study_controller.h"

#include "core/study/captured_attention.h"
#include "core/study/samples.h"
#include "ui/input_text.h"
#include "ui/opening.h"
#include "viz/picture.h"

#include <QElapsedTimer>
#include <QThread>

#include <algorithm>
#include <charconv>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kBusyMs = 200;
constexpr double kLiveRunMs = 80.0;

}  // namespace

class StudyController::EditCommand : public QUndoCommand {
public:
    EditCommand(StudyController& controller, const QString& title, WorkPart before, WorkPart after, int gesture)
        : QUndoCommand(title), m_controller(controller), m_before(std::move(before)), m_after(std::move(after)),
          m_gesture(gesture)
    {
    }

    int id() const override { return 1; }
    void undo() override { m_controller.apply(m_before); }
    void redo() override { m_controller.apply(m_after); }

    bool mergeWith(const QUndoCommand* other) override
    {
        const auto& next = static_cast<const EditCommand&>(*other);
        if (next.m_gesture != m_gesture)
            return false;
        m_after = next.m_after;
        setObsolete(m_after == m_before);
        return true;
    }

private:
    StudyController& m_controller;
    WorkPart m_before;
    WorkPart m_after;
    int m_gesture;
};

// A model just opened, and what running the study on it gave.
struct StudyController::Opened {
    std::shared_ptr<const LoadedModel> model;
    Study study;
    ComparisonPointer comparison;  // null when the run failed
    QString error;
    double milliseconds = 0.0;
};

StudyController::StudyController(int threads, QObject* parent) : QObject(parent), m_threads(threads) { connectJobs(); }

void StudyController::connectJobs()
{
    m_busy.setSingleShot(true);
    m_busy.setInterval(kBusyMs);
    connect(&m_busy, &QTimer::timeout, this, [this] { emit busyChanged(true); });
    connect(&m_runJob, &Job::started, this, [this] {
        if (!m_busy.isActive())
            m_busy.start();
        emit stateChanged();
    });
    connect(&m_runJob, &Job::progressed, this, &StudyController::progressed);
    const auto over = [this] {
        if (m_runJob.isRunning())
            return;
        m_opening = false;
        m_busy.stop();
        emit busyChanged(false);
        emit stateChanged();
    };
    connect(&m_runJob, &Job::finished, this, over);
    connect(&m_runJob, &Job::cancelled, this, over);
    connect(&m_runJob, &Job::failed, this, [this, over](const QString& message) {
        m_error = message;
        over();
        emit failed(message);
    });
    connect(&m_readJob, &Job::failed, this, &StudyController::failed);
}

const PlanEntry* StudyController::entry() const
{
    if (m_study.candidates.empty() || m_entry >= m_study.candidates.front().entries.size())
        return nullptr;
    return &m_study.candidates.front().entries[m_entry];
}

StudyController::State StudyController::state() const
{
    if (m_runJob.isRunning())
        return State::Running;
    if (!m_comparison)
        return m_error.isEmpty() ? State::Empty : State::Failed;
    if (isUpToDate())
        return State::UpToDate;
    return m_error.isEmpty() ? State::Stale : State::Failed;
}

bool StudyController::isUpToDate() const
{
    if (!m_comparison)
        return false;
    const Study& done = m_comparison->study;
    return done.modelPath == m_study.modelPath
           && WorkPart{done.input, done.candidates, done.seed, done.keptLayers} == work();
}

int StudyController::threads() const { return m_threads > 0 ? m_threads : QThread::idealThreadCount(); }

bool StudyController::canRunWhileDragging() const { return m_lastRunMs < kLiveRunMs; }

WorkPart StudyController::work() const { return {m_study.input, m_study.candidates, m_study.seed, m_study.keptLayers}; }

void StudyController::openStudy(const Study& study, bool chooseSelection) { open(study, {}, chooseSelection, false); }

void StudyController::openModel(const QString& path)
{
    Study study = m_study;
    study.modelPath = path.toStdString();
    study.candidates.clear();
    study.keptLayers.clear();
    if (const auto sample = sampleAt(study.modelPath))
        study.input = sample->study.input;
    open(study, entry() == nullptr ? std::optional<PlanEntry>() : *entry(), true, true);
}

void StudyController::open(const Study& study, const std::optional<PlanEntry>& entry, bool chooseSelection,
                           bool carryInput)
{
    const QString name = QString::fromStdString(std::filesystem::path(study.modelPath).filename().string());
    const auto work = [=, this](Monitor& monitor) -> Job::Delivery {
        auto opened = std::make_shared<Opened>();
        monitor.progress(0.0, tr("Reading %1").arg(name).toStdString());
        opened->model = loadModel(study.modelPath, monitor);
        opened->study = completed(study, entry, *opened->model, carryInput);
        QElapsedTimer clock;
        clock.start();
        try {
            opened->comparison = runStudy(withPicture(opened->study), *opened->model, nullptr, m_threads, monitor);
            opened->study.selection = chooseSelection ? strikingSelection(*opened->comparison)
                                                      : clamped(study.selection, *opened->comparison);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::Cancelled)
                throw;
            opened->error = QString::fromUtf8(error.what());
        }
        opened->milliseconds = static_cast<double>(clock.nsecsElapsed()) / 1e6;
        return [this, opened] { acceptModel(*opened); };
    };
    m_opening = true;  // edits made now are not run: what is being opened replaces them
    m_runJob.start(work);
}

void StudyController::acceptModel(const Opened& opened)
{
    m_opening = false;
    m_recordedFile.clear();
    m_model = opened.model;
    m_study = opened.study;
    m_entry = 0;
    m_comparison.reset();
    m_shown.reset();
    m_readings.reset();
    m_undo.clear();
    m_error = opened.error;
    emit modelChanged();
    emit studyChanged();
    if (opened.comparison)
        return accept(opened.comparison, opened.milliseconds);
    emit comparisonChanged();
    emit failed(m_error);
}

void StudyController::openRecorded(const QString& file)
{
    m_runJob.start([this, path = file.toStdString()](Monitor& monitor) -> Job::Delivery {
        auto opened = std::make_shared<Opened>();
        monitor.progress(0.0, tr("Reading %1").arg(QString::fromStdString(path)).toStdString());
        opened->comparison = readComparison(path, monitor);
        opened->study = opened->comparison->study;
        // Only the very weights that the run was made with can go on with it.
        try {
            if (!opened->study.modelPath.empty() && opened->comparison->recordedTitles.empty()) {
                auto model = loadModel(opened->study.modelPath, monitor);
                if (model->weightsSha256 == opened->comparison->weightsSha256)
                    opened->model = std::move(model);
            }
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::Cancelled)
                throw;
        }
        return [this, opened, path] {
            m_recordedFile = QString::fromStdString(path);
            acceptRecorded(*opened);
        };
    });
    m_opening = true;
}

void StudyController::acceptRecorded(const Opened& opened)
{
    m_opening = false;
    m_model = opened.model;
    const ViewSettings view = m_study.view;
    m_study = opened.study;
    m_study.view = view;
    m_entry = 0;
    m_undo.clear();
    m_readings.reset();
    m_error.clear();
    m_comparison = opened.comparison;
    refreshShown();
    emit modelChanged();
    emit studyChanged();
    accept(opened.comparison, 0.0);
}

const ModelInfo* StudyController::model() const
{
    if (m_model)
        return &m_model->model->info();
    return m_shown ? &m_shown->model : nullptr;
}

void StudyController::run()
{
    if (!m_model || m_opening)
        return;
    m_runAgain = false;
    m_runJob.start(
        [this, study = m_study, model = m_model, previous = m_comparison](Monitor& monitor) -> Job::Delivery {
            QElapsedTimer clock;
            clock.start();
            const ComparisonPointer comparison =
                runStudy(withPicture(study, previous.get()), *model, previous, m_threads, monitor);
            const double milliseconds = static_cast<double>(clock.nsecsElapsed()) / 1e6;
            return [this, comparison, milliseconds] { accept(comparison, milliseconds); };
        });
}

void StudyController::cancel() { m_runJob.cancel(); }

void StudyController::accept(const ComparisonPointer& comparison, double milliseconds)
{
    m_comparison = comparison;
    m_whole.reset();
    m_lastRunMs = milliseconds;
    m_error.clear();
    const Selection inside = clamped(m_study.selection, *comparison);
    const bool moved = inside != m_study.selection;
    m_study.selection = inside;
    refreshShown();
    emit comparisonChanged();
    if (moved)
        emit selectionChanged();
    emit runFinished();
    readOff();
    if (m_runAgain && !isUpToDate())
        run();
}

// The views read selection and view settings from the comparison's study; what was run stays untouched.
void StudyController::refreshShown()
{
    if (!m_comparison)
        return;
    auto shown = std::make_shared<Comparison>(*m_comparison);
    shown->study.selection = m_study.selection;
    shown->study.view = m_study.view;
    m_shown = std::move(shown);
}

void StudyController::readOff()
{
    m_readJob.start([this, shown = m_shown, run = m_comparison, whole = m_whole](Monitor& monitor) -> Job::Delivery {
        const auto known = whole ? whole : std::make_shared<const WholeReadings>(readWhole(*shown));
        monitor.check();
        const Readings readings = readSelection(*shown, known);
        return [this, run, readings] {
            if (run == m_comparison)
                m_whole = readings.whole;
            m_readings = readings;
            emit readingsChanged();
        };
    });
}

void StudyController::select(const Selection& selection)
{
    if (!m_comparison)
        return;
    const Selection inside = clamped(selection, *m_comparison);
    if (inside == m_study.selection)
        return;
    m_study.selection = inside;
    refreshShown();
    emit selectionChanged();
    readOff();
}

void StudyController::selectCell(std::optional<std::size_t> query, std::optional<std::size_t> key)
{
    Selection selection = m_study.selection;
    selection.query = query.value_or(selection.query);
    selection.key = key.value_or(selection.key);
    select(selection);
}

void StudyController::setView(const ViewSettings& view)
{
    if (view == m_study.view)
        return;
    m_study.view = view;
    refreshShown();
    emit viewChanged();
}

void StudyController::changeView(const std::function<void(ViewSettings&)>& change)
{
    ViewSettings view = m_study.view;
    change(view);
    setView(view);
}

void StudyController::setInput(const Input& input)
{
    WorkPart after = work();
    after.input = input;
    edit(tr("Change input"), after);
}

void StudyController::setInputText(const QString& text)
{
    try {
        setInput(withText(m_study.input, text, tokenizer() != nullptr));
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

void StudyController::setPicture(const QString& file)
{
    if (!canRun() || !model()->image) {
        const std::string name = canRun() ? model()->title : "what is open";
        emit failed(tr("%1: expected a model that looks at pictures, found %2. Open an image–text model first.")
                        .arg(QFileInfo(file).fileName(), QString::fromStdString(name)));
        return;
    }
    Input input = m_study.input;
    input.image = PictureInput{file.toStdString(), nullptr};
    input.pixelValues.clear();
    setInput(input);
}

void StudyController::setMechanism(const Mechanism& mechanism)
{
    if (entry() == nullptr || entry()->mechanism == &mechanism)
        return;
    editEntry(tr("Change mechanism"), [&](PlanEntry& changed) {
        changed.mechanism = &mechanism;
        changed.parameters = mechanism.defaults();
    });
}

void StudyController::setParameter(const std::string& id, double value, Pace pace)
{
    editEntry(
        tr("Change parameter"), [&](PlanEntry& changed) { changed.parameters.set(id, value); }, pace);
}

void StudyController::resetParameters()
{
    editEntry(tr("Reset parameters"), [](PlanEntry& changed) { changed.parameters = changed.mechanism->defaults(); });
}

void StudyController::setSeed(std::uint64_t seed)
{
    WorkPart after = work();
    after.seed = seed;
    edit(tr("Change seed"), after);
}

void StudyController::setPlan(const Plan& plan, const QString& title)
{
    WorkPart after = work();
    after.candidates.resize(std::max<std::size_t>(1, after.candidates.size()));
    after.candidates.front() = plan;
    edit(title, after);
}

void StudyController::setScope(const Scope& scope)
{
    editEntry(tr("Change plan"), [&](PlanEntry& changed) {
        changed.stack = scope.stack;
        changed.layers = scope.layers;
        changed.heads = scope.heads;
    });
}

void StudyController::setEntryIndex(std::size_t index)
{
    m_entry = index;
    emit studyChanged();
}

void StudyController::editEntry(const QString& title, const std::function<void(PlanEntry&)>& change, Pace pace)
{
    if (entry() == nullptr)
        return;
    WorkPart after = work();
    change(after.candidates.front().entries[m_entry]);
    edit(title, after, pace);
}

// Pushing applies the edit; applying runs it, unless it is held back while dragging.
void StudyController::setKeptLayers(const std::vector<std::size_t>& layers)
{
    WorkPart after = work();
    after.keptLayers = layers;
    edit(tr("Change kept layers"), after);
}

void StudyController::edit(const QString& title, const WorkPart& after, Pace pace)
{
    if (!canRun())
        return;
    const bool settled = pace == Pace::Settled;
    m_holdRun = !settled && (!runsWhileDragging() || m_runJob.isRunning());
    m_runAgain = !settled && runsWhileDragging();
    if (after != work())
        m_undo.push(new EditCommand(*this, title, work(), after, m_gesture));
    else if (settled && !isUpToDate())
        run();
    m_holdRun = false;
    if (settled)
        ++m_gesture;
}

void StudyController::apply(const WorkPart& work)
{
    m_study.input = work.input;
    m_study.candidates = work.candidates;
    m_study.seed = work.seed;
    m_study.keptLayers = work.keptLayers;
    m_entry = std::min(m_entry, std::max<std::size_t>(1, work.candidates.front().entries.size()) - 1);
    m_error.clear();
    emit studyChanged();
    if (m_holdRun)
        emit stateChanged();
    else
        run();
}

}  // namespace ketscope
