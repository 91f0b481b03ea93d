// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/study_controller.h"

#include "core/study/captured_attention.h"
#include "core/study/output_errors.h"
#include "core/study/relevance.h"
#include "core/study/repeat_record.h"
#include "core/study/run_memory.h"
#include "core/study/samples.h"
#include "core/study/sanity_check.h"
#include "core/study/selected_head.h"
#include "core/study/staged_run.h"
#include "core/study/striking_selection.h"
#include "core/study/token_flow.h"
#include "ui/opening.h"
#include "viz/picture.h"

#include <QElapsedTimer>
#include <QThread>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kBusyMs = 200;
constexpr double kLiveRunMs = 80.0;
constexpr int kPartMs = 200;  // parts of a run are shown five times a second at most
constexpr std::string_view kStudySuffix = ".ket";

bool isOfKeptLayers(const std::exception_ptr& error)
{
    try {
        std::rethrow_exception(error);
    } catch (const KeptLayersError&) {
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace

// A model just opened, and what running the study on it gave.
struct StudyController::Opened {
    std::shared_ptr<const LoadedModel> model;
    Study study;
    ComparisonPointer comparison;  // null when the run failed
    Failure failure;
    double milliseconds = 0.0;
};

StudyController::StudyController(int threads, QObject* parent) : QObject(parent), m_threads(threads)
{
    useUndo(std::make_unique<QUndoStack>());
    connectJobs();
}

void StudyController::connectJobs()
{
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &StudyController::rest);
    m_pause.setSingleShot(true);
    m_pause.setInterval(kPauseMs);
    connect(&m_pause, &QTimer::timeout, this, [this] { readOff(); });
    m_partPause.setSingleShot(true);
    m_partPause.setInterval(kPartMs);
    connect(&m_partPause, &QTimer::timeout, this, &StudyController::showFittingPart);
    m_busy.setSingleShot(true);
    m_busy.setInterval(kBusyMs);
    connect(&m_busy, &QTimer::timeout, this, [this] {
        emit busyChanged(true);
        emit stateChanged();
    });
    connect(&m_runJob, &Job::started, this, [this] {
        m_nextPart.reset();  // of the run that this one replaces
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
    connect(&m_runJob, &Job::cancelled, this, [this, over] {
        dropHead();
        over();
    });
    connect(&m_runJob, &Job::failed, this, [this, over](const QString& message, const std::exception_ptr& error) {
        const bool keeps = m_opening && m_comparison;
        if (!keeps)
            m_failure = {message, m_opening, isOfKeptLayers(error)};
        dropHead();
        over();
        emit failed(keeps ? tr("%1 What was open stays.").arg(message) : message);
    });
    connect(&m_readJob, &Job::failed, this, &StudyController::failed);
    connect(&m_sweepJob, &Job::started, this, [this] { m_sweepError.clear(); });
    connect(&m_sweepJob, &Job::failed, this, [this](const QString& message) {
        m_sweepError = message;
        emit sweepChanged();
        emit failed(message);
    });
    connect(&m_sweepJob, &Job::progressed, this, &StudyController::sweepProgressed);
    for (const auto signal : {&Job::started, &Job::finished, &Job::cancelled})
        connect(&m_sweepJob, signal, this, &StudyController::sweepChanged);
}

const Plan& StudyController::plan() const
{
    static const Plan none;
    return m_candidate < m_study.candidates.size() ? m_study.candidates[m_candidate] : none;
}

const PlanEntry* StudyController::entry() const
{
    return m_entry < plan().entries.size() ? &plan().entries[m_entry] : nullptr;
}

StudyController::State StudyController::state() const
{
    if (m_runJob.isRunning())
        return State::Running;
    if (!m_comparison)
        return error().isEmpty() ? State::Empty : State::Failed;
    if (isUpToDate())
        return State::UpToDate;
    return error().isEmpty() ? State::Stale : State::Failed;
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

bool StudyController::canRunWhileDragging() const
{
    return m_lastRunMs < kLiveRunMs || (canRunHead() && m_lastHeadMs < kLiveRunMs);
}

WorkPart StudyController::work() const { return {m_study.input, m_study.candidates, m_study.seed, m_study.keptLayers}; }

void StudyController::openStudy(const Study& study, bool chooseSelection) { open(study, {}, chooseSelection, false); }

void StudyController::openModel(const QString& path)
{
    Study study = m_study;
    study.modelPath = path.toStdString();
    study.candidates.clear();
    study.keptLayers.clear();
    study.view = lastingView(study.view);
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
            opened->failure = {QString::fromUtf8(error.what()), false, isOfKeptLayers(std::current_exception())};
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
    const Study before = std::exchange(m_study, opened.study);
    m_study.perspective = before.perspective;
    m_candidate = m_entry = 0;
    m_comparison.reset();
    m_head.reset();
    m_shown.reset();
    m_readings.reset();
    m_lastHeadMs = 0.0;
    forgetSteps();
    m_failure = opened.failure;
    emit modelChanged();
    emit studyChanged();
    if (m_study.view != before.view)
        emit viewChanged();
    if (opened.comparison) {
        accept(opened.comparison, opened.milliseconds);
        return completeErrors();
    }
    emit comparisonChanged();
    emit failed(m_failure.text);
}

void StudyController::openRecorded(const QString& file)
{
    m_runJob.start([this, path = file.toStdString()](Monitor& monitor) -> Job::Delivery {
        auto opened = std::make_shared<Opened>();
        monitor.progress(0.0, tr("Reading %1").arg(QString::fromStdString(path)).toStdString());
        opened->comparison = readComparison(path, monitor);
        opened->study = askedStudy(*opened->comparison);
        opened->model = loadModelOf(*opened->comparison, monitor);
        return [this, opened, path] {
            m_recordedFile = QString::fromStdString(path);
            acceptRecorded(*opened);
        };
    });
    m_opening = true;
}

void StudyController::readFile(const Job::Work& read)
{
    m_runJob.start([this, read](Monitor& monitor) -> Job::Delivery {
        return [this, act = read(monitor)] {
            m_opening = false;  // what was read may be an edit of what is open
            act();
        };
    });
    m_opening = true;
}

void StudyController::locateModel(const QString& folder)
{
    if (!lacksModel())
        return;
    m_runJob.start([this, shown = m_comparison, path = folder.toStdString()](Monitor& monitor) -> Job::Delivery {
        auto opened = std::make_shared<Opened>();
        opened->model = loadModel(path, monitor);
        if (opened->model->weightsSha256 != shown->weightsSha256)
            refuse({path, "the weights of this study, SHA-256 " + shown->weightsSha256,
                    "SHA-256 " + opened->model->weightsSha256, "Choose the model that the study was made with."});
        auto comparison = std::make_shared<Comparison>(*shown);
        comparison->model.path = path;
        comparison->study.modelPath = path;
        opened->comparison = std::move(comparison);
        return [this, opened] { acceptLocated(*opened); };
    });
    m_opening = true;
}

void StudyController::acceptRecorded(const Opened& opened)
{
    m_opening = false;
    m_model = opened.model;
    // A run shows what it found as the window shows things now; a study is looked at as it was left.
    const bool asItWas = std::filesystem::path(m_recordedFile.toStdString()).extension() == kStudySuffix;
    const Study before = std::exchange(m_study, opened.study);
    if (!asItWas || !opened.comparison->recordedTitles.empty()) {
        m_study.view = before.view;
        m_study.view.compared = opened.study.view.compared;
        m_study.perspective = before.perspective;
    }
    const std::string perspective = m_study.perspective;  // the window may leave the page that it has now
    m_entry = 0;
    // What is compared is what was worked at.
    const std::size_t shown = patcherOf({m_study.view.compared.baseline, m_study.view.compared.candidate});
    m_candidate = shown > 0 && shown <= m_study.candidates.size() ? shown - 1 : 0;
    forgetSteps();
    m_readings.reset();
    m_failure = {};
    m_comparison = opened.comparison;
    m_sweep = opened.comparison->sweep;
    m_sweepFile.clear();
    m_head.reset();
    refreshShown();
    emit modelChanged();
    emit studyChanged();
    emit sweepChanged();
    if (m_study.view != before.view)
        emit viewChanged();
    accept(opened.comparison, 0.0);
    leavePerspective(perspective);
    emit fileOpened(m_recordedFile);
}

void StudyController::acceptLocated(const Opened& opened)
{
    m_opening = false;
    m_model = opened.model;
    m_study.modelPath = opened.comparison->study.modelPath;
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
    if (m_dragging && canRunHead())
        return runHead();
    runWhole();
}

void StudyController::runWhole()
{
    if (!m_model || m_opening)
        return;
    m_runAgain = false;
    // What is run while a slider moves is soon replaced.
    if (m_dragging)
        return runAtOnce();
    m_runJob.start(
        [this, study = m_study, model = m_model, previous = m_comparison](Monitor& monitor) -> Job::Delivery {
            QElapsedTimer clock;
            clock.start();
            const auto told = [&](const ComparisonPointer& part) {
                m_runJob.deliver(monitor, [this, part] { takePart(part); });
            };
            const ComparisonPointer comparison =
                runInStages(withPicture(study, previous.get()), *model, previous, m_threads, monitor, told);
            const double milliseconds = static_cast<double>(clock.nsecsElapsed()) / 1e6;
            if (!lacksOutputErrors(*comparison))
                return [this, comparison, milliseconds] { accept(comparison, milliseconds); };
            m_runJob.deliver(monitor, [this, comparison, milliseconds] { accept(comparison, milliseconds); });
            const ComparisonPointer with = withOutputErrors(comparison, *model, m_threads, monitor);
            return [this, with] { acceptErrors(with); };
        });
}

void StudyController::runAtOnce()
{
    m_runJob.start(
        [this, study = m_study, model = m_model, previous = m_comparison](Monitor& monitor) -> Job::Delivery {
            QElapsedTimer clock;
            clock.start();
            const ComparisonPointer comparison =
                runStudy(withPicture(study, previous.get()), *model, previous, m_threads, monitor);
            const double milliseconds = static_cast<double>(clock.nsecsElapsed()) / 1e6;
            return [this, comparison, milliseconds] {
                accept(comparison, milliseconds);
                completeErrors();
            };
        });
}

void StudyController::checkSanity()
{
    if (!m_model || !m_comparison || m_opening)
        return;
    m_runJob.start(
        [this, model = m_model, comparison = m_comparison, threads = m_threads](Monitor& monitor) -> Job::Delivery {
            const auto check = runSanityCheck(*comparison, *model, threads, monitor);
            return [this, comparison, check] {
                comparison->alignments->keep(check);
                emit sanityChecked();
            };
        });
}

void StudyController::computeRelevance()
{
    if (!m_model || !m_shown || m_opening)
        return;
    m_runJob.start([this, model = m_model, shown = m_shown, threads = m_threads](Monitor& monitor) -> Job::Delivery {
        const auto relevance = runRelevance(*shown, *model, threads, monitor);
        return [this, shown, relevance] {
            shown->alignments->keep(relevance);
            emit relevanceComputed();
        };
    });
}

void StudyController::computeFlow()
{
    if (!m_shown || m_opening)
        return;
    m_runJob.start([this, shown = m_shown, threads = m_threads](Monitor& monitor) -> Job::Delivery {
        ketscope::computeFlow(*shown, threads, monitor);
        return [this] { emit flowComputed(); };
    });
}

// What is finished of it is kept.
void StudyController::cancel()
{
    showPart();
    m_runJob.cancel();
}

void StudyController::accept(const ComparisonPointer& comparison, double milliseconds)
{
    m_part = stagedTrace(*comparison) > 0;  // of a file
    m_nextPart.reset();
    m_lastRunMs = milliseconds;
    show(comparison, std::exchange(m_wanted, {}).value_or(m_study.selection));
    emit runFinished();
    readOff();
    if (m_runAgain && !isUpToDate())
        run();
}

void StudyController::show(const ComparisonPointer& comparison, const Selection& wanted)
{
    m_comparison = comparison;
    m_head.reset();
    m_whole.reset();
    m_failure = {};
    const Selection inside = clamped(wanted, *comparison);
    const bool moved = inside != m_study.selection;
    m_study.selection = inside;
    refreshShown();
    emit comparisonChanged();
    if (moved)
        emit selectionChanged();
}

// The views read selection and view settings from the comparison's study; what was run stays untouched.
void StudyController::refreshShown()
{
    if (!m_comparison)
        return;
    auto shown = std::make_shared<Comparison>(m_head ? *m_head : *m_comparison);
    shown->study.selection = m_study.selection;
    shown->study.view = m_study.view;
    shown->loaded = m_model;
    shown->study.perspective = m_study.perspective;
    shown->sweep = m_sweep;
    m_shown = std::move(shown);
}

void StudyController::readOff()
{
    const bool comparable = m_readings && m_readings->whole->pair == pair()
                            && m_readings->whole->attentionFlop.size() == m_shown->traces.size();
    readOff(m_whole || !m_dragging || m_rested || !comparable ? m_whole : m_readings->whole);
}

// With what is known of the whole comparison, which is computed where it is null or of another pair.
void StudyController::readOff(const std::shared_ptr<const WholeReadings>& whole)
{
    m_rest.stop();
    m_pause.stop();
    m_readJob.start([this, shown = m_shown, run = m_comparison, whole](Monitor& monitor) -> Job::Delivery {
        const bool holds = whole && whole->pair == comparedPair(*shown);
        const auto known = holds ? whole : std::make_shared<const WholeReadings>(readWhole(*shown));
        monitor.check();
        const Readings readings = readSelection(*shown, known);
        return [this, run, readings, traces = shown->traces, fresh = !holds] {
            if (run == m_comparison && fresh)
                m_whole = readings.whole;
            m_readings = readings;
            m_readTraces = traces;
            if (!m_whole)
                m_rest.start();
            emit readingsChanged();
        };
    });
}

}  // namespace ketscope
