// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_statistics.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/measures/concentration.h"
#include "core/measures/measures.h"
#include "core/study/comparison.h"

#include <cmath>
#include <limits>
#include <utility>

namespace ketscope {

namespace {

constexpr std::size_t kWorkPerCell = 4;  // a logarithm each
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

constexpr double HeadStatistics::*kAll[] = {&HeadStatistics::entropy,       &HeadStatistics::normalizedEntropy,
                                            &HeadStatistics::meanDistance,  &HeadStatistics::selfMass,
                                            &HeadStatistics::firstMass,     &HeadStatistics::lastMass,
                                            &HeadStatistics::effectiveKeys, &HeadStatistics::gini};

HeadStatistics undefined()
{
    HeadStatistics statistics;
    for (const auto value : kAll)
        statistics.*value = kUndefined;
    return statistics;
}

// The last key that is not padding.
std::size_t lastKey(const AttentionMask& mask, std::size_t keys)
{
    std::size_t last = keys - 1;
    while (last > 0 && !mask.keyAllowed.empty() && mask.keyAllowed[last] == 0)
        --last;
    return last;
}

void addRow(HeadStatistics& sum, std::span<const float> row, std::size_t query, std::size_t allowed, std::size_t last,
            bool signedDistance)
{
    const double nats = entropy(row);
    sum.entropy += nats;
    sum.effectiveKeys += std::exp(nats);
    sum.normalizedEntropy += allowed > 1 ? nats / std::log(static_cast<double>(allowed)) : 0.0;
    sum.meanDistance += signedDistance ? meanOffset(row, query) : meanDistance(row, query);
    sum.selfMass += query < row.size() ? static_cast<double>(row[query]) : 0.0;
    sum.firstMass += static_cast<double>(row.front());
    sum.lastMass += static_cast<double>(row[last]);
}

double unit(std::size_t) { return 1.0; }
double count(std::size_t keys) { return static_cast<double>(keys); }

}  // namespace

HeadStatistics statisticsOf(MatrixView map, const AttentionMask& mask, std::span<const std::uint8_t> rows,
                            bool signedDistance)
{
    HeadStatistics sum;
    std::size_t counted = 0;
    const std::size_t last = lastKey(mask, map.columns);
    for (std::size_t query = 0; query < map.rows; ++query) {
        const std::size_t allowed = allowedKeys(mask, query, map.rows, map.columns);
        if ((!rows.empty() && rows[query] == 0) || allowed == 0)
            continue;
        addRow(sum, map.row(query), query, allowed, last, signedDistance);
        ++counted;
    }
    if (counted == 0)
        return undefined();
    for (const auto value : kAll)
        sum.*value /= static_cast<double>(counted);
    sum.gini = kUndefined;
    return sum;
}

double giniOf(MatrixView map, const AttentionMask& mask, std::span<const std::uint8_t> rows)
{
    double sum = 0.0;
    std::size_t counted = 0;
    for (std::size_t query = 0; query < map.rows; ++query) {
        const std::size_t allowed = allowedKeys(mask, query, map.rows, map.columns);
        if ((!rows.empty() && rows[query] == 0) || allowed == 0)
            continue;
        sum += giniCoefficient(map.row(query), allowed);
        ++counted;
    }
    return counted == 0 ? kUndefined : sum / static_cast<double>(counted);
}

const std::vector<HeadMeasure>& headMeasures()
{
    static const std::vector<HeadMeasure> all = {
        {"entropy", "Mean row entropy", "nats", &HeadStatistics::entropy,
         [](std::size_t keys) { return std::log(count(keys)); }},
        {"normalized-entropy", "Normalised row entropy", "", &HeadStatistics::normalizedEntropy, unit},
        {"distance", "Mean distance", "tokens", &HeadStatistics::meanDistance, nullptr},
        {"effective-keys", "Effective keys", "keys", &HeadStatistics::effectiveKeys, nullptr},
        {"gini", "Gini coefficient", "", &HeadStatistics::gini, unit},
        {"self", "Mass on the query itself", "", &HeadStatistics::selfMass, nullptr},
        {"first", "Mass on the first token", "", &HeadStatistics::firstMass, nullptr},
        {"last", "Mass on the last token", "", &HeadStatistics::lastMass, nullptr},
    };
    return all;
}

const HeadMeasure& headMeasure(std::string_view id)
{
    std::string known;
    for (const HeadMeasure& measure : headMeasures()) {
        if (measure.id == id)
            return measure;
        known += (known.empty() ? "" : ", ") + measure.id;
    }
    refuse({"measure of heads", "one of " + known, "\"" + printable(std::string(id), 40) + "\"", ""});
}

std::shared_ptr<const StackMask> maskOf(const Comparison& comparison, std::size_t stack)
{
    const StackInfo& info = comparison.model.stacks.at(stack);
    const Trace& trace = *comparison.traces.at(0);
    const auto mask = std::make_shared<StackMask>();
    mask->mask.causal = info.causal;
    for (const TensorPointer& layer : trace.stacks.at(stack).attention) {
        if (!layer)
            continue;
        const auto& shape = layer->shape();
        mask->queries = axisMask(comparison.input.model, info.queries, shape.at(1));
        mask->keys = axisMask(comparison.input.model, info.keys, shape.at(2));
        break;
    }
    mask->mask.keyAllowed = mask->keys;
    return mask;
}

std::size_t StatisticsMemo::layersKnown()
{
    const std::scoped_lock lock(m_mutex);
    return m_entries.size();
}

void StatisticsMemo::forget(const HeadScope& plain, const HeadScope& wanted)
{
    std::erase_if(m_entries,
                  [&](const auto& each) { return each.first.second != plain && each.first.second != wanted; });
    std::map<const Tensor*, long> held;
    for (const auto& [key, entry] : m_entries)
        ++held[key.first];
    std::erase_if(m_entries,
                  [&](const auto& each) { return each.second.maps.use_count() <= held[each.first.first]--; });
}

void StatisticsMemo::measure(const Comparison& comparison, std::size_t stack, const HeadScope& scope,
                             const std::vector<Entry*>& wanted,
                             const std::function<void(HeadStatistics&, const ScopedMap&)>& head)
{
    if (wanted.empty())
        return;
    const std::size_t heads = comparison.model.stacks.at(stack).heads;
    const auto mask = maskOf(comparison, stack);
    const std::size_t cells = wanted.front()->maps->size() / heads;
    parallelFor(wanted.size() * heads, cells * kWorkPerCell, [&](std::size_t index) {
        Entry& entry = *wanted[index / heads];
        head(entry.heads[index % heads], ScopedMap(entry.maps->matrix({index % heads}), *mask, scope));
    });
}

std::shared_ptr<const StatisticsMemo::Heads> StatisticsMemo::of(const Comparison& comparison, std::size_t trace,
                                                                std::size_t stack, bool withGini, const ScopeView& view)
{
    const std::scoped_lock lock(m_mutex);
    const HeadScope scope = headScope(comparison, stack, view);
    forget(headScope(comparison, stack, {}), scope);
    const std::vector<TensorPointer>& layers = comparison.traces.at(trace)->stacks.at(stack).attention;
    const StackInfo& info = comparison.model.stacks.at(stack);
    std::vector<Entry*> fresh, unsorted;
    for (const TensorPointer& maps : layers) {
        if (!maps)
            continue;
        const auto [at, added] = m_entries.try_emplace({maps.get(), scope});
        if (added) {
            at->second = {maps, std::vector<HeadStatistics>(info.heads)};
            fresh.push_back(&at->second);
        }
        if (withGini && !std::exchange(at->second.hasGini, true))
            unsorted.push_back(&at->second);
    }
    const bool oneAxis = info.queries == info.keys;
    measure(comparison, stack, scope, fresh, [&](HeadStatistics& head, const ScopedMap& scoped) {
        head = statisticsOf(scoped.map(), scoped.mask(), scoped.rows(), scope.signedDistance);
        if (!oneAxis)  // between a word and a patch is no distance, and neither is the other
            head.meanDistance = head.selfMass = kUndefined;
        if (!scope.keys.empty() && scope.keys.front() == 0)
            head.firstMass = kUndefined;
        if (!scope.keys.empty() && scope.keys[lastKey(maskOf(comparison, stack)->mask, scope.keys.size())] == 0)
            head.lastMass = kUndefined;
    });
    measure(comparison, stack, scope, unsorted, [](HeadStatistics& head, const ScopedMap& scoped) {
        head.gini = giniOf(scoped.map(), scoped.mask(), scoped.rows());
    });
    auto all = std::make_shared<Heads>();
    for (const TensorPointer& maps : layers)
        all->push_back(maps ? m_entries[{maps.get(), scope}].heads
                            : std::vector<HeadStatistics>(info.heads, undefined()));
    return all;
}

}  // namespace ketscope
