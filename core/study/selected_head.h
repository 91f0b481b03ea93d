// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/head_recorder.h"

#include <deque>
#include <functional>
#include <mutex>

namespace ketscope {

// What the selected head is given in every trace of a comparison: queries (n, d), keys (m, d), values, mask, scale, layer
// input, random key and the mechanism with its parameters. Traces keep maps and hidden states, not these.
struct SelectedHead {
    std::size_t stack = 0;
    std::size_t layer = 0;
    std::size_t head = 0;
    std::vector<std::shared_ptr<const RecordedHead>> traces;  // one for each trace; null where its plan is not known
};

// `comparison` with `selectedHead` of its selection, recorded with comparison->loaded; `comparison` itself where that is
// there already or there is no model. One layer of each trace is computed, once for all its heads: the last few are kept
// with the run. May be asked from any thread. Throws Error (Cancelled, or as a forward pass does).
ComparisonPointer withSelectedHead(const ComparisonPointer& comparison, const Monitor& monitor);

struct SelectedPair;  // selected_pair.h

// The model of a run that was read from its file: when it is where it was, and its weights are those of the run. Else null.
std::shared_ptr<const LoadedModel> loadModelOf(const Comparison& comparison, Monitor& monitor);

// Why heads cannot be recorded, as a sentence with what to do; empty = they can.
std::string obstacleToRecording(const Comparison& comparison);

class LayerInput;  // layer_input.h

// The layers recorded and the pairs read last. Nothing here keeps a trace alive.
class HeadMemo {
public:
    using Layer = std::vector<std::shared_ptr<const RecordedHead>>;  // (H)

    Layer of(const Comparison& comparison, std::size_t trace, const Selection& at, const Monitor& monitor);

    // The selected pair of a trace, computed when it is not there.
    using PairPointer = std::shared_ptr<const SelectedPair>;
    PairPointer pair(const Comparison& comparison, std::size_t trace, const std::function<PairPointer()>& compute);

    // What the selected layer is given under the comparison's plan for `trace`, as the last one kept, where that plan does
    // the same before the layer; else null.
    std::shared_ptr<const LayerInput> inputUnder(const Comparison& comparison, std::size_t trace);
    void keepInput(const Comparison& comparison, std::size_t trace, std::shared_ptr<const LayerInput> input);

private:
    struct Entry {
        std::weak_ptr<const Trace> trace;  // forgotten with the run
        std::uint64_t seed = 0;
        std::size_t stack = 0;
        std::size_t layer = 0;
        Layer heads;
    };
    struct PairEntry {
        std::vector<std::weak_ptr<const Trace>> traces;
        std::size_t trace = 0;
        Selection at;
        PairPointer pair;
    };
    struct InputEntry {
        std::weak_ptr<const Trace> baseline;
        std::shared_ptr<const HeadPlan> plan;
        std::shared_ptr<const LayerInput> input;
    };
    std::mutex m_mutex;
    std::deque<Entry> m_entries;  // newest first
    std::mutex m_pairMutex;
    std::deque<PairEntry> m_pairs;
    std::mutex m_inputMutex;
    InputEntry m_input;
};

// Whether the heads of a layer are given the same under both plans of one model and seed: nothing that comes before them
// is run otherwise.
bool sameBefore(const HeadPlan& one, const HeadPlan& other, const std::vector<StackInfo>& stacks, std::size_t stack,
                std::size_t layer);

}  // namespace ketscope
