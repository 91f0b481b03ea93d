// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"
#include "core/nn/parameter_place.h"

#include <cstdint>
#include <vector>

namespace ketscope {

// What training has made of one head, beyond the parameters of its assignment.
struct TrainedHead {
    NamedTensors tensors;  // in place of Mechanism::initialTensors
    // Where those are in the model's file, and the real parameters that were trained: "sigma", "tau".
    std::map<std::string, ParameterPlace, std::less<>> places;
};

// What one head runs.
struct HeadAssignment {
    const Mechanism* mechanism = nullptr;
    Parameters parameters;
    std::shared_ptr<const TrainedHead> trained = {};  // null = nothing of the kind
};

// A plan resolved against one model: which assignment every head has. Heads without one run what their model runs, exact
// softmax unless it says otherwise.
class HeadPlan {
public:
    struct StackShape {
        std::size_t layers = 0;
        std::size_t heads = 0;
        std::shared_ptr<const HeadAssignment> own = {};  // what heads without an assignment run; null = exact
        // The same of single heads, layer by layer, before `own`; null = that. Empty = none.
        std::vector<std::shared_ptr<const HeadAssignment>> ownHeads = {};
    };

    HeadPlan(const std::vector<StackShape>& stacks, std::uint64_t seed);

    // Later assignments win.
    void assign(std::size_t stack, std::size_t layer, std::size_t head, std::shared_ptr<const HeadAssignment> what);

    // Never null: the model's own mechanism for heads that nothing was assigned to.
    const HeadAssignment& at(std::size_t stack, std::size_t layer, std::size_t head) const;

    bool isPatched(std::size_t stack, std::size_t layer, std::size_t head) const;
    // The first layer of `stack` with a patched head; the number of layers when none is.
    std::size_t firstPatchedLayer(std::size_t stack) const;
    bool anyGivesStandardError(std::size_t stack, std::size_t layer) const;

    std::uint64_t seed() const { return m_seed; }

private:
    std::size_t indexOf(std::size_t stack, std::size_t layer, std::size_t head) const;

    std::vector<StackShape> m_stacks;
    std::vector<std::size_t> m_firstHead;  // of each stack
    std::vector<std::shared_ptr<const HeadAssignment>> m_assignments;
    std::uint64_t m_seed;
};

}  // namespace ketscope
