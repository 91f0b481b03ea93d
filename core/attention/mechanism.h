// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mask.h"
#include "core/attention/parameter.h"
#include "core/base/monitor.h"
#include "core/base/random.h"
#include "core/base/view.h"

#include <memory>
#include <string>
#include <vector>

namespace ketscope {

// What holds of a mechanism with given parameters. Shown to users and enforced by the contract tests.
struct MechanismProperties {
    bool rowStochastic = true;        // every row of weights ≥ 0, sums to 1 (or is all zero when no key is allowed)
    bool causalSafe = true;           // with a causal mask nothing at or before t depends on a token after t
    bool sampled = false;             // depends on the seed through measurement shots
    bool randomFeatures = false;      // depends on the seed through a random projection
    bool signedWeights = false;       // weights may be negative
    bool givesStandardError = false;  // fills HeadOutput::standardError
};

struct MechanismInfo {
    std::string id;          // stable: command line, files, tests
    std::string title;       // "RFF kernel (QRA)"
    std::string shortTitle;  // "RFF kernel": panel titles, captions
    std::string formula;     // one line of plain Unicode
    std::string summary;     // one or two sentences for a newcomer
    std::string source;      // where the definition comes from
    std::vector<Parameter> parameters;
    MechanismProperties properties;  // with the default parameters
};

// One head's input. Views stay valid until the work on the head is done.
struct HeadInput {
    MatrixView queries;  // (n, d)
    MatrixView keys;     // (m, d)
    MatrixView values;   // (m, dv)
    AttentionMask mask;
    float scale = 1.0F;     // logits are scale · q·k + mask; 1/√d in every model here
    MatrixView layerInput;  // (n, D): what queries and keys were projected from; empty when unknown
    RandomKey random;
};

// Throws Error (Failure) unless the shapes fit each other: at least one key, and with a causal mask m ≥ n.
void checkShapes(const HeadInput& input);

// Where the result goes. The weights written are the weights used: output = weights · values, exactly as rounded.
struct HeadOutput {
    MutableMatrixView weights;        // (n, m); empty = output only
    MutableMatrixView output;         // (n, dv)
    MutableMatrixView standardError;  // (n, m), of each weight, 0 where none is known; empty = not asked for
};

// One head after whatever has to be done once (features of the keys, packing). Row blocks may then be computed in any
// order and from several threads; a row never depends on which block it was computed in.
class PreparedHead {
public:
    virtual ~PreparedHead() = default;

    // Fills rows [first, last) of `output`.
    virtual void rows(std::size_t first, std::size_t last, const HeadOutput& output) const = 0;
};

// One way to turn queries and keys (and values) into attention. Stateless; lives for the whole program.
class Mechanism {
public:
    virtual ~Mechanism() = default;

    virtual const MechanismInfo& info() const = 0;

    // What holds with these parameters, where that depends on them.
    virtual MechanismProperties properties(const Parameters& parameters) const
    {
        static_cast<void>(parameters);
        return info().properties;
    }

    // `parameters` were made from info().parameters. Throws Error (Cancelled) when `monitor` says so.
    virtual std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                                  const Monitor& monitor) const = 0;

    // Arithmetic of one head in floating-point operations, for the cost table. A multiply–add counts as two.
    virtual double flops(const HeadInput& input, const Parameters& parameters) const = 0;

    Parameters defaults() const { return Parameters(info().parameters); }
};

// Every mechanism, in the order of mechanisms.def. The first is `exact`.
const std::vector<const Mechanism*>& mechanisms();

// Throws Error (Input) listing the known ids.
const Mechanism& mechanism(std::string_view id);

// One whole head, serially: prepare, then all rows in blocks, polling `monitor`. For tests, tools and benchmarks; models
// go through core/nn/attention.h.
void attendHead(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters,
                const HeadOutput& output, const Monitor& monitor);

}  // namespace ketscope
