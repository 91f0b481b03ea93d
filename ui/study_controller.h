// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/compared_pair.h"
#include "core/study/plan_table.h"
#include "core/study/sweep.h"
#include "ui/job.h"
#include "ui/plan_text.h"
#include "ui/readings.h"

#include <QTimer>
#include <QUndoGroup>
#include <QUndoStack>

#include <optional>

namespace ketscope {

// The part of a study that a run depends on, beside the model: what undo takes back.
struct WorkPart {
    Input input;
    std::vector<Plan> candidates;
    std::uint64_t seed = 0;
    std::vector<std::size_t> keptLayers;

    bool operator==(const WorkPart&) const = default;
};

// Owns the study, the model, the results, the jobs and the undo stack. Widgets ask it and listen to it, and never call
// each other. Nothing is computed on the GUI thread.
class StudyController : public QObject {
    Q_OBJECT

public:
    enum class State { Empty, Running, UpToDate, Stale, Failed };
    enum class Pace { Settled, Dragging };  // whether more of the same edit is to be expected

    // What could not be done last; without a text, nothing.
    struct Failure {
        QString text;
        bool opening = false;       // a model or file, else a run
        bool ofKeptLayers = false;  // another choice of them can remedy it
    };

    explicit StudyController(int threads = 0, QObject* parent = nullptr);
    ~StudyController() override;

    const Study& study() const { return m_study; }
    const Selection& selection() const { return m_study.selection; }
    // What the pointer is at; the views tell, and all of them mark it.
    const Pointed& pointed() const { return m_pointed; }
    void point(const Pointed& pointed);
    // Of the open model, else of what a file was recorded from; null without either.
    const ModelInfo* model() const;
    bool canRun() const { return m_model != nullptr; }
    const Tokenizer* tokenizer() const { return m_model ? m_model->tokenizer.get() : nullptr; }
    // The last result, with the selection and view as they are now; null before the first.
    const ComparisonPointer& comparison() const { return m_shown; }
    // Of the selection; empty until they are computed.
    const std::optional<Readings>& readings() const { return m_readings; }
    // Whether the readings are of the result and selection as they are now. While a slider moves, those of all patched heads
    // are of an earlier result.
    bool readingsAreCurrent() const { return m_whole && !m_readJob.isRunning(); }
    // Whether a slider moved on since they were read: they are of an earlier map than the one shown until it pauses.
    bool readingsWait() const { return m_head && m_readTraces != m_shown->traces; }
    bool patchedWait() const { return m_dragging && !m_whole; }  // for the slider to rest
    // The candidate that mechanism, parameters and plan are of: its place in study().candidates, and as a trace.
    std::size_t candidate() const { return m_candidate; }
    std::size_t candidateTrace() const { return m_candidate + 1; }
    QString candidateTag() const { return QString::fromStdString(traceTag(candidateTrace())); }
    const Plan& plan() const;  // of that candidate; an empty one without candidates
    // The entry of its plan that the mechanism panel edits; null without one.
    const PlanEntry* entry() const;
    std::size_t entryIndex() const { return m_entry; }
    ComparedPair pair() const { return m_shown ? comparedPair(*m_shown) : ComparedPair{0, 1}; }

    State state() const;
    bool isUpToDate() const;
    // While a slider moves only the selected head is run: whether that head is of the study as it is now.
    bool isHeadUpToDate() const;
    // Whether what is shown has been of another study for so long that it should not look current: not while a run that
    // replaces it has just begun.
    bool isOutdated() const { return !isUpToDate() && !isPart() && !(m_runJob.isRunning() && m_busy.isActive()); }
    // Whether the result is a part of the study as it is: the first repeats of a candidate (core/study/repeat_record.h), or
    // candidates before one that is still to be run. It says so itself and does not look outdated; run() goes on.
    bool isPart() const;
    // Whether the run on its way looks for errors of outputs, and all else is there.
    bool seeksErrors() const { return m_runJob.isRunning() && isUpToDate() && lacksErrors(); }
    bool isHeadAlone() const { return m_head != nullptr; }  // a run of everything else is on its way
    bool isHeadOutdated() const { return isOutdated() && !isHeadUpToDate(); }
    const Failure& failure() const { return m_failure; }
    const QString& error() const { return m_failure.text; }
    // The file that openRecorded showed last; empty when a model was opened since.
    const QString& recordedFile() const { return m_recordedFile; }
    double lastRunMs() const { return m_lastRunMs; }
    int threads() const;
    bool canRunWhileDragging() const;
    bool wantsRunWhileDragging() const { return m_runWhileDragging; }
    // Whether a slider is in somebody's hand: what takes long waits until it rests.
    bool isDragging() const { return m_dragging; }
    static constexpr int kRestMs = 150;
    static constexpr int kPauseMs = 60;  // until what belongs to the selected head's map is read
    bool runsWhileDragging() const { return m_runWhileDragging && canRunWhileDragging(); }
    QUndoStack& undoStack() { return *m_undo; }
    // Of that stack, whichever is in use: for actions.
    QUndoGroup& undoGroup() { return m_undoGroup; }

    // Puts away everything that is open, with its steps of undo, so that something else can be shown in its place, and
    // brings it back as it was. What is shown meanwhile is no one's work: it is neither kept nor remembered.
    void setAside();
    void takeBack();
    bool isAside() const { return m_aside != nullptr; }
    const Study& ownStudy() const;  // what was put away, else study()

    // Opens the model of `study` and runs it. The study as it was stays when that fails.
    void openStudy(const Study& study, bool chooseSelection);
    // Opens another model with the present text and mechanism, on its last two layers.
    void openModel(const QString& path);
    // Shows what a file holds: a run of Ketscope's or another program's, or attention captured from any model. When the
    // run's own model is where it was, it is opened too and the study can go on.
    void openRecorded(const QString& file);
    // Reads a file in place of any other run, with its progress and as cancel() ends it.
    void readFile(const Job::Work& read);
    // Whether what is shown comes from a file and cannot be run again.
    bool isRecorded() const { return m_shown != nullptr && m_model == nullptr; }
    // Whether there is no second trace to compare with.
    bool showsOneTrace() const { return m_shown != nullptr && m_shown->traces.size() < 2; }
    // Whether it could be run again if its model were found: a run of Ketscope's own.
    bool lacksModel() const { return isRecorded() && m_shown->recordedTitles.empty(); }
    // Whether there are results of a model that a study file can hold.
    bool canSave() const { return !isAside() && m_shown != nullptr && m_shown->recordedTitles.empty(); }
    // Goes on with the model in `folder` when it has the very weights of what is shown; else failed() says both.
    void locateModel(const QString& folder);
    void run();
    // Runs the result's traces on input that should not align (core/study/sanity_check.h), in place of any other run.
    void checkSanity();
    // Makes what alignmentDelay() waits for (core/study/relevance.h), likewise.
    void computeRelevance();
    // Makes what flowDelay() waits for (core/study/token_flow.h), likewise.
    void computeFlow();
    void cancel();

    // Varies parameters of the entry that the mechanism panel edits, with the study's input and seed, while everything
    // else goes on; its result becomes that of comparison(). `axes` and `seeds` as SweepRequest has them.
    void startSweep(const std::vector<SweepAxis>& axes, std::size_t seeds);
    void cancelSweep() { m_sweepJob.cancel(); }
    // Shows a file that writeSweep wrote as the last sweep; where nothing is open, the model that it is of is opened
    // too.
    void openSweep(const QString& file);
    // The file that the shown sweep was read from; empty when it was run here.
    const QString& sweepFile() const { return m_sweepFile; }
    bool isSweeping() const { return m_sweepJob.isRunning(); }
    const QString& sweepError() const { return m_sweepError; }  // of the last sweep; empty where it did not fail
    // What startSweep would run; there must be an entry.
    SweepRequest sweepRequest(const std::vector<SweepAxis>& axes, std::size_t seeds) const;
    // For work in a Job of somebody else's; null when no model is open.
    const std::shared_ptr<const LoadedModel>& loadedModel() const { return m_model; }

    // What can be edited, selected and looked at, as `study` has it, in one step of undo; its model stays.
    void become(const QString& title, const Study& study);
    void select(const Selection& selection);
    void selectCell(std::optional<std::size_t> query, std::optional<std::size_t> key);
    void setView(const ViewSettings& view);
    // Selection and view in one step of undo.
    void look(const QString& title, const ViewSettings& view, const Selection& selection);
    void setPerspective(const std::string& id);
    // Shows another one because the one shown has nothing to show, or a file says so; no step of undo.
    void leavePerspective(const std::string& id);
    void changeView(const std::function<void(ViewSettings&)>& change);
    void setInput(const Input& input);
    void setInput(const Input& input, const QString& title);
    // The text, or the labels between commas, or the token ids, whichever the input has now.
    void setInputText(const QString& text);
    void setPicture(const QString& file);
    void setMechanism(const Mechanism& mechanism);
    void setParameter(const std::string& id, double value, Pace pace = Pace::Settled);
    // Several parameters, as Parameters::setText reads them, in one step of undo.
    void setParameters(const std::vector<std::pair<std::string, std::string>>& values);
    void resetParameters();
    void setSeed(std::uint64_t seed);
    // Layers whose maps a run keeps, where all of them do not fit into memory; empty = all.
    void setKeptLayers(const std::vector<std::size_t>& layers);
    // Of the current candidate.
    void setPlan(const Plan& plan, const QString& title);
    // Candidates by their place in study().candidates. The one chosen is compared too, unless it already is.
    void chooseCandidate(std::size_t index);
    void addCandidate();  // a copy of the current one, after the last
    void duplicateCandidate(std::size_t index);
    void removeCandidate(std::size_t index);  // unless it is the only one
    void moveCandidate(std::size_t index, std::size_t to);
    // Which traces are compared, by their place in the comparison.
    void compare(const ComparedPair& pair);
    void swapCompared();
    // What one head of the selected stack uses in the current candidate; null = nothing, it stays as in A.
    void assignHead(std::size_t layer, std::size_t head, const PlanChoice* choice, const QString& title);
    void ablateHead(std::size_t layer, std::size_t head);
    void patchHead(std::size_t layer, std::size_t head);  // with the entry that is edited
    void unpatchHead(std::size_t layer, std::size_t head);
    // Changes to one token of the text, by its place in the comparison's tokens; what cannot be done is said by
    // failed().
    void replaceToken(std::size_t token, const QString& text);
    void maskToken(std::size_t token);
    void removeToken(std::size_t token);
    void hideToken(std::size_t token, bool hidden);
    // The cells that are kept in sight.
    void pin(const Selection& cell);
    void unpin(std::size_t index);
    // Which stack, layers and heads the edited entry is for.
    void setScope(const Scope& scope);
    void setEntryIndex(std::size_t index);
    void setRunWhileDragging(bool on) { m_runWhileDragging = on; }

signals:
    void modelChanged();
    void fileOpened(const QString& file);  // by openRecorded, after all else
    void studyChanged();                   // input, plan or seed
    void selectionChanged();
    void pointedChanged();
    void viewChanged();
    void perspectiveChanged();
    void comparisonChanged();
    void readingsChanged();
    void stateChanged();
    void busyChanged(bool busy);  // true only after 200 ms of work
    void progressed(double fraction, const QString& what);
    void failed(const QString& message);
    void runFinished();
    void sanityChecked();
    void relevanceComputed();
    void flowComputed();
    void sweepChanged();  // begun, finished, failed or cancelled
    void sweepOpened();   // by openSweep, after sweepChanged
    void sweepProgressed(double fraction, const QString& what);

private:
    // What one step of undo changes: everything of the study but its model, and what the panels edit of it.
    struct Stage {
        std::shared_ptr<const WorkPart> work;
        Selection selection;
        ViewSettings view;
        std::string perspective;
        std::size_t candidate = 0;
        std::size_t entry = 0;

        bool operator==(const Stage& other) const;
    };
    class Step;
    struct Opened;
    struct Aside;

    // `carryInput`: the input is another model's; what this one cannot take is left out.
    void open(const Study& study, const std::optional<PlanEntry>& entry, bool chooseSelection, bool carryInput);
    WorkPart work() const;
    Stage stage() const;
    void show(const Stage& stage);
    void take(const QString& title, const Stage& after, const QString& kind, int edit = 0);
    void forgetSteps();
    void edit(const QString& title, const WorkPart& after, Pace pace = Pace::Settled);
    void edit(const QString& title, const Stage& after, Pace pace);
    void editCandidates(const QString& title, const std::vector<Plan>& candidates, std::size_t current,
                        const ComparedPair& pair);
    void editToken(const QString& title, const std::function<Input(const EncodedInput&)>& change);
    void editEntry(const QString& title, const std::function<void(PlanEntry&)>& change, Pace pace = Pace::Settled);
    void accept(const ComparisonPointer& comparison, double milliseconds);
    // Every view gets another comparison of these tokens, with that selection as far as there is such a one in it.
    void show(const ComparisonPointer& comparison, const Selection& wanted);
    bool canRunHead() const;
    void runWhole();
    void runAtOnce();
    void takePart(const ComparisonPointer& part);
    void showFittingPart();
    void showPart();
    bool lacksErrors() const;
    void completeErrors();
    void acceptErrors(const ComparisonPointer& comparison);
    void runHead();
    void acceptHead(const ComparisonPointer& comparison);
    void dropHead();
    void rest();
    void acceptModel(const Opened& opened);
    void acceptRecorded(const Opened& opened);
    void acceptLocated(const Opened& opened);
    void refreshShown();
    void readOff();
    void readOff(const std::shared_ptr<const WholeReadings>& whole);
    void connectJobs();
    void useUndo(std::unique_ptr<QUndoStack> stack);
    void tellAll();

    int m_threads;
    Study m_study;
    std::shared_ptr<const LoadedModel> m_model;
    ComparisonPointer m_comparison;  // as it was run
    ComparisonPointer m_head;        // the same with the selected head run anew, while a slider moves; else null
    ComparisonPointer m_shown;
    ComparisonPointer m_nextPart;  // of the run on its way, not yet shown
    std::optional<Readings> m_readings;
    std::vector<std::shared_ptr<const Trace>> m_readTraces;  // that they are of
    Pointed m_pointed;
    std::shared_ptr<const WholeReadings> m_whole;  // of m_comparison, when known
    std::size_t m_candidate = 0;
    std::size_t m_entry = 0;
    double m_lastRunMs = 0.0;
    double m_lastHeadMs = 0.0;
    bool m_runWhileDragging = true;
    bool m_opening = false;
    bool m_dragging = false;
    bool m_rested = false;                         // the slider in somebody's hand did not move for a while
    bool m_part = false;                           // m_comparison may be a part of what was asked for
    bool m_holdRun = false;                        // an edit that is not to be run yet
    bool m_runAgain = false;                       // something changed while dragging and running
    int m_gesture = 1;                             // edits of one gesture are one step of undo
    std::shared_ptr<const WorkPart> m_stagedWork;  // of the last step: shared by those that do not change it
    std::optional<Selection> m_wanted;  // of the stage that is being run, where the last result has no such cell
    Failure m_failure;
    QString m_recordedFile;
    QTimer m_busy;
    QTimer m_partPause;  // since a part was shown
    QTimer m_pause;      // since the last run of one head
    QTimer m_rest;       // since the last reading that left out all patched heads
    QUndoGroup m_undoGroup;
    std::unique_ptr<QUndoStack> m_undo;
    std::shared_ptr<Aside> m_aside;
    std::shared_ptr<const Sweep> m_sweep;
    QString m_sweepFile;
    QString m_sweepError;
    Job m_runJob;
    Job m_readJob;
    Job m_sweepJob;
};

}  // namespace ketscope
