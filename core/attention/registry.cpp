// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/mechanism.h"
#include "core/nn/attention_kernel.h"

namespace ketscope {

#define MECHANISM(name) const Mechanism& name##Mechanism();
#include "core/attention/mechanisms.def"
#undef MECHANISM

const std::vector<const Mechanism*>& mechanisms()
{
    static const std::vector<const Mechanism*> all = {
#define MECHANISM(name) &name##Mechanism(),
#include "core/attention/mechanisms.def"
#undef MECHANISM
    };
    return all;
}

const Mechanism& mechanism(std::string_view id)
{
    std::string known;
    for (const Mechanism* candidate : mechanisms()) {
        if (candidate->info().id == id)
            return *candidate;
        known += (known.empty() ? "" : ", ") + candidate->info().id;
    }
    refuse({"mechanism", "one of " + known, "\"" + std::string(id) + "\"", "See ketscope mechanisms."});
}

void checkShapes(const HeadInput& input)
{
    const auto& [queries, keys, values, mask, scale, layerInput, random, keyInput, trained] = input;
    const bool fits =
        queries.columns == keys.columns && (layerInput.empty() || layerInput.rows == queries.rows)
        && (keyInput.empty() || keyInput.rows == keys.rows) && keys.rows == values.rows && keys.rows > 0
        && (mask.keyAllowed.empty() || mask.keyAllowed.size() == keys.rows)
        && (mask.additive.empty() || (mask.additive.rows == queries.rows && mask.additive.columns == keys.rows))
        && !(mask.causal && keys.rows < queries.rows);
    if (!fits)
        fail({"attention", "queries, keys, values and masks that fit each other", "other shapes", "Report this."});
}

void Mechanism::backward(const HeadInput&, const Parameters&, const OutputGradients&, const HeadGradients&,
                         const Monitor&) const
{
    fail({"mechanism " + info().id, "a mechanism with a backward pass", "one without", "Choose another mechanism."});
}

std::vector<std::string> publishedFaults(const Parameters& parameters)
{
    std::vector<std::string> faults;
    for (const Parameter& parameter : parameters.definitions()) {
        if (parameter.choiceFaults.empty() || !parameters.isShown(parameter))
            continue;
        const std::string& fault = parameter.choiceFaults[static_cast<std::size_t>(parameters.integer(parameter.id))];
        if (!fault.empty())
            faults.push_back(fault);
    }
    return faults;
}

std::vector<Diagnostic> attendHead(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters,
                                   const HeadOutput& output, const Monitor& monitor)
{
    constexpr std::size_t kBlock = 2 * kAttentionRowBlock;
    const auto head = mechanism.prepare(input, parameters, monitor);
    for (std::size_t first = 0; first < input.queries.rows; first += kBlock) {
        monitor.check();
        head->rows(first, std::min(first + kBlock, input.queries.rows), output);
    }
    return head->diagnostics();
}

}  // namespace ketscope
