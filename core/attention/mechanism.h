// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/diagnostic.h"
#include "core/attention/mask.h"
#include "core/attention/parameter.h"
#include "core/base/monitor.h"
#include "core/base/random.h"
#include "core/base/view.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ketscope {

// Which gradient Mechanism::backward gives. Exact: of the output as computed. The others are for sampled weights.
// Expected: of the output's expectation, exactly. StraightThrough: the derivative of the exact weights applied to the
// sampled ones; unbiased when the loss is linear in the output, else off by O(1/S). ScoreFunction: unbiased, with a
// variance that falls as 1/S (Williams, "Simple statistical gradient-following algorithms", 1992).
enum class GradientKind { None, Exact, Expected, StraightThrough, ScoreFunction };

// What holds of a mechanism with given parameters. Shown to users and enforced by the contract tests.
struct MechanismProperties {
    bool rowStochastic = true;        // every row of weights ≥ 0, sums to 1 (or is all zero when no key is allowed)
    bool causalSafe = true;           // with a causal mask nothing at or before t depends on a token after t
    bool sampled = false;             // depends on the seed through measurement shots
    bool randomFeatures = false;      // depends on the seed through a random projection
    bool signedWeights = false;       // weights may be negative
    bool givesStandardError = false;  // fills HeadOutput::standardError
    bool linearTime = false;          // the output alone is computed without ever forming an n × m matrix
    bool usesKeyOrder = false;        // where a key stands matters, not only what it is (index registers, segments)
    bool weighsValues = true;         // output = weights · values; false: of values that the mechanism makes itself
    bool crossAttention = true;       // queries and keys may come from different tokens
    GradientKind gradient = GradientKind::None;
};

// Tensors by name.
using NamedTensors = std::map<std::string, TensorPointer, std::less<>>;

struct MechanismInfo {
    std::string id;          // stable: command line, files, tests
    std::string title;       // "RFF kernel (QRA)"
    std::string shortTitle;  // "RFF kernel": panel titles, captions
    std::string formula;     // one line of plain Unicode
    std::string summary;     // one or two sentences for a newcomer
    std::string source;      // where the definition comes from
    std::vector<Parameter> parameters;
    MechanismProperties properties;  // with the default parameters
    bool baseline = false;           // for scale beside the others; may read the whole exact map, later tokens too
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
    MatrixView keyInput = {};  // (m, D'): what the keys were projected from; empty = layerInput, or unknown too
    // What training has made of Mechanism::initialTensors; null = those.
    const NamedTensors* trained = nullptr;

    // What the keys were projected from, (m, D'); empty when unknown.
    MatrixView inputOfKeys() const { return keyInput.empty() ? layerInput : keyInput; }
};

// Throws Error (Failure) unless the shapes fit each other: at least one key, and with a causal mask m ≥ n.
void checkShapes(const HeadInput& input);

// Where the result goes. The weights written are the weights used: output = weights · values, exactly as rounded.
struct HeadOutput {
    MutableMatrixView weights;           // (n, m); empty = output only
    MutableMatrixView output;            // (n, dv)
    MutableMatrixView standardError;     // (n, m), of each weight, 0 where none is known; empty = not asked for
    MutableMatrixView diagnostics = {};  // (Mechanism::rowDiagnostics, n); empty = not asked for
};

// The gradients of a scalar loss with respect to what a head gave. At least the output's is there.
struct OutputGradients {
    MatrixView output;        // (n, dv)
    MatrixView weights = {};  // (n, m), of losses that look at the weights themselves; empty = zero
};

// Where the gradients with respect to what the head was given are added to; empty or null = not asked for.
struct HeadGradients {
    MutableMatrixView queries = {};
    MutableMatrixView keys = {};
    MutableMatrixView values = {};
    MutableMatrixView layerInput = {};  // beyond what reaches it through queries, keys and values
    MutableMatrixView keyInput = {};    // of HeadInput::inputOfKeys(); its own view also when that is layerInput
    MutableMatrixView weights = {};     // (n, m): with respect to the weights used, as if they were free
    std::map<std::string, Tensor, std::less<>>* trained = nullptr;     // as HeadInput::trained; missing ones are made
    std::map<std::string, double, std::less<>>* parameters = nullptr;  // of real parameters: "sigma", "tau"
};

// One head after whatever has to be done once (features of the keys, packing). Row blocks may then be computed in any
// order and from several threads; a row never depends on which block it was computed in.
class PreparedHead {
public:
    virtual ~PreparedHead() = default;

    // Fills rows [first, last) of `output`.
    virtual void rows(std::size_t first, std::size_t last, const HeadOutput& output) const = 0;

    // What is known of the head as a whole. Asked for after all rows are done.
    virtual std::vector<Diagnostic> diagnostics() const { return {}; }
};

// One head's number of queries and keys and their width.
struct HeadShape {
    std::size_t queries = 0;
    std::size_t keys = 0;
    std::size_t width = 0;
};

struct PairReading;  // pair_reading.h

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

    // The tensors of one head that training may change, at the values drawn for them from input.random: angles of a
    // circuit, projections. Their shapes depend on the input's shapes and the parameters. Empty for most mechanisms.
    virtual NamedTensors initialTensors(const HeadInput& input, const Parameters& parameters) const
    {
        static_cast<void>(input);
        static_cast<void>(parameters);
        return {};
    }

    // What the rows of HeadOutput::diagnostics are.
    virtual std::vector<DiagnosticInfo> rowDiagnostics(const Parameters& parameters) const
    {
        static_cast<void>(parameters);
        return {};
    }

    // Adds the gradients of a loss to `into`, for the whole head, given those with respect to what the head gave. Defined
    // when properties(parameters).gradient says so; throws Error (Failure) otherwise. Serial and deterministic.
    virtual void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                          const HeadGradients& into, const Monitor& monitor) const;

    // What becomes of one query and one key on their way to a weight: states and circuits, features, or their product, as
    // exact attention compares them. `input` must outlive the call alone.
    virtual PairReading pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                             const Monitor& monitor) const;

    // Bytes that a prepared head keeps to give its weights, where they may be many times its input's: features, states.
    virtual double keptBytes(const HeadShape& shape, const Parameters& parameters) const
    {
        static_cast<void>(shape);
        static_cast<void>(parameters);
        return 0.0;
    }

    // Arithmetic of one head in floating-point operations, for the cost table. A multiply–add counts as two.
    virtual double flops(const HeadInput& input, const Parameters& parameters) const = 0;

    Parameters defaults() const { return Parameters(info().parameters); }
};

// Every mechanism, in the order of mechanisms.def. The first is `exact`.
const std::vector<const Mechanism*>& mechanisms();

// Throws Error (Input) listing the known ids.
const Mechanism& mechanism(std::string_view id);

// What is wrong with the choices in `parameters` that reproduce published code: one line for each; empty for correct
// mechanisms. Such variants are never a default and never ranked.
std::vector<std::string> publishedFaults(const Parameters& parameters);

// One whole head, serially: prepare, then all rows in blocks, polling `monitor`. For tests, tools and benchmarks; models
// go through core/nn/attention.h. Returns PreparedHead::diagnostics.
std::vector<Diagnostic> attendHead(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters,
                                   const HeadOutput& output, const Monitor& monitor);

}  // namespace ketscope
