// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/plan.h"

#include <optional>
#include <string_view>

namespace ketscope {

// What a head may use, wherever it stands.
struct PlanChoice {
    const Mechanism* mechanism = nullptr;
    Parameters parameters;

    bool operator==(const PlanChoice&) const = default;
};

// A plan head by head: which of `choices` each head of a model uses, if any. Choices that no head uses are kept.
class PlanTable {
public:
    // What `plan` comes to, with later entries winning: one choice for each mechanism with its parameters, in the order of
    // the entries. Throws Error (Input) as resolve().
    PlanTable(const Plan& plan, const ModelInfo& model);

    // The fewest entries that say the same: layers with the same heads share one, and what holds everywhere is not spelt
    // out. Their order is that of the choices and does not matter: no two of them name the same head.
    Plan plan() const;

    const std::vector<PlanChoice>& choices() const { return m_choices; }
    // The place of `choice`, which is added when it is not there.
    std::size_t choiceFor(const PlanChoice& choice);
    void replaceChoice(std::size_t index, const PlanChoice& choice);
    void removeChoice(std::size_t index);  // its heads use none

    std::size_t layers(std::size_t stack) const { return m_stacks.at(stack).layers; }
    std::size_t heads(std::size_t stack) const { return m_stacks.at(stack).heads; }
    std::optional<std::size_t> at(std::size_t stack, std::size_t layer, std::size_t head) const;
    void set(std::size_t stack, std::size_t layer, std::size_t head, std::optional<std::size_t> choice);
    std::size_t headsUsing(std::size_t choice) const;  // of all stacks

    bool operator==(const PlanTable&) const = default;

private:
    struct Stack {
        std::string name;
        std::size_t layers = 0;
        std::size_t heads = 0;
        std::vector<std::optional<std::size_t>> cells;  // layer by layer

        bool operator==(const Stack&) const = default;
    };
    bool isEverywhere(std::size_t choice) const;
    void addEntries(std::size_t choice, const Stack& stack, std::vector<PlanEntry>& entries) const;

    std::vector<PlanChoice> m_choices;
    std::vector<Stack> m_stacks;
};

// The entry of `plan` that decides a head; none = nothing is assigned to it. Stacks by their place in `model`.
std::optional<std::size_t> decidingEntry(const Plan& plan, const ModelInfo& model, std::size_t stack, std::size_t layer,
                                         std::size_t head);

// SPECs between blanks: "rff:m=64@layers=4-5 zero@layers=3;heads=1". Throws Error (Input) as parseSpec.
Plan parsePlan(std::string_view text);
std::string formatPlan(const Plan& plan);

}  // namespace ketscope
