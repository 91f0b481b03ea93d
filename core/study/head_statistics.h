// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mask.h"
#include "core/models/model.h"
#include "core/study/head_scope.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ketscope {

struct Comparison;

// One head's map in a few numbers: means over the queries that are real tokens. NaN where no row is a distribution.
struct HeadStatistics {
    double entropy = 0.0;            // nats
    double normalizedEntropy = 0.0;  // of ln(allowed keys), 0 … 1
    double meanDistance = 0.0;       // tokens; with a sign where the scope says so
    double selfMass = 0.0;           // weight of the query's own position
    double firstMass = 0.0;          // weight of key 0: the usual sink ([CLS], <s>)
    double lastMass = 0.0;           // weight of the last real key ([SEP])
    double effectiveKeys = 0.0;      // mean of exp(entropy of the row)
    double gini = 0.0;               // Gini coefficient, 0 … 1; NaN unless it is asked for
};

// Without the Gini coefficient, for which every row must be sorted: it takes several times as long as all the others.
HeadStatistics statisticsOf(MatrixView map, const AttentionMask& mask, std::span<const std::uint8_t> rows = {},
                            bool signedDistance = false);
double giniOf(MatrixView map, const AttentionMask& mask, std::span<const std::uint8_t> rows = {});

// One of those numbers, as figures and menus name it.
struct HeadMeasure {
    std::string id;     // "entropy": in studies and on the command line
    std::string title;  // "Mean row entropy"
    std::string unit;   // "nats"; empty for a share
    double HeadStatistics::*value;
    bool isGini() const { return value == &HeadStatistics::gini; }
    // Largest possible value with `keys` keys; rounded up to it, so that A and B share a meaningful scale.
    double (*limit)(std::size_t keys);
};
const std::vector<HeadMeasure>& headMeasures();
// Throws Error (Input) listing the known ids.
const HeadMeasure& headMeasure(std::string_view id);

// What the masks of a comparison's stack are: causal or not, padding keys. `rows` marks the queries that count.
struct StackMask {
    AttentionMask mask;                 // looks into `keys`
    std::vector<std::uint8_t> keys;     // empty = all real
    std::vector<std::uint8_t> queries;  // empty = all real
};
std::shared_ptr<const StackMask> maskOf(const Comparison& comparison, std::size_t stack);

// The statistics of every head of a stack, by layer and head, computed once for a layer's maps and kept: traces share the
// layers before their first patched one. A layer whose maps were not kept has NaN, distance and self mass are NaN where
// queries and keys are different tokens, and the mass of a key that the scope leaves out is NaN. Layers that only the memo
// still holds are forgotten, and scopes other than the last and the plain one. May be asked from any thread.
class StatisticsMemo {
public:
    using Heads = std::vector<std::vector<HeadStatistics>>;  // (L)(H)

    std::shared_ptr<const Heads> of(const Comparison& comparison, std::size_t trace, std::size_t stack,
                                    bool withGini = false, const ScopeView& scope = {});
    std::size_t layersKnown();

private:
    struct Entry {
        TensorPointer maps;  // kept, so that no other can have its address
        std::vector<HeadStatistics> heads;
        bool hasGini = false;
    };
    using Key = std::pair<const Tensor*, HeadScope>;
    void forget(const HeadScope& plain, const HeadScope& wanted);
    void measure(const Comparison& comparison, std::size_t stack, const HeadScope& scope,
                 const std::vector<Entry*>& wanted, const std::function<void(HeadStatistics&, const ScopedMap&)>& head);

    std::mutex m_mutex;
    std::map<Key, Entry> m_entries;
};

}  // namespace ketscope
