// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/gradients.h"
#include "core/attention/pair_reading.h"
#include "core/attention/rows.h"

#include <functional>

namespace ketscope {

// What mechanisms have in common that first turn queries and keys (and perhaps values) into vectors of their own, by a
// circuit or by what the model has, and then weigh keys by the distance or the product of those vectors.

// Row-major values as a matrix of so many columns.
Dense dense(const std::vector<double>& values, std::size_t columns);

// The projections of one head. No values = the model's own.
struct Projections {
    Dense queries;          // (n, f)
    Dense keys;             // (m, f)
    Tensor values;          // (m, dv)
    bool measured = false;  // queries and keys are expectations of circuits: what the trace keeps of their states
    // What there is to say of them, found when somebody asks: training does not. Not called after the head's input is gone.
    std::function<std::vector<Diagnostic>()> describe;
};

// From projections to weights. With s_ij = −distanceFactor·‖q_i − k_j‖² or dotFactor·q_i·k_j:
// Direct: A = e^s/Σe^s, in log space. Softmax (of a Gaussian): A = softmax(e^s). Transposed, as QISA was published: what
// arrives at token t is Σ_i A_it v_i.
struct ProjectedRule {
    double distanceFactor = 0.0;
    double dotFactor = 0.0;
    bool softmaxOfScores = false;
    bool transposed = false;
};

// The gradients of a loss with respect to the projections and the factor of the rule.
struct ProjectionGradients {
    Dense queries;
    Dense keys;
    Dense values;         // (m, dv)
    double factor = 0.0;  // of distanceFactor or dotFactor, whichever is not 0
};

// The mechanism's part of the work: the projections of a head, the rule, and the way back from their gradients to what the
// head was given.
class ProjectedMechanism : public Mechanism {
public:
    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const final;
    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const final;
    double flops(const HeadInput& input, const Parameters& parameters) const final;
    PairReading pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     const Monitor& monitor) const final;

protected:
    // Adds the circuits and states of one query and one key to what is known of their projections.
    virtual void addCircuits(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                             PairReading& reading) const = 0;
    virtual Projections project(const HeadInput& input, const Parameters& parameters) const = 0;
    virtual ProjectedRule rule(const HeadInput& input, const Parameters& parameters) const = 0;
    virtual void projectBackward(const HeadInput& input, const Parameters& parameters,
                                 const ProjectionGradients& gradients, const HeadGradients& into) const = 0;
    // Columns of the projections of queries and keys, and the cost of making all projections of the head.
    virtual double projectedSize(const HeadInput& input, const Parameters& parameters) const = 0;
    virtual double projectionFlops(const HeadInput& input, const Parameters& parameters) const = 0;
};

// The choice "values": those of the circuit, or the model's own.
Parameter valuesParameter();
bool usesModelValues(const Parameters& parameters);
// What holds of a mechanism whose queries, keys and values all come from circuits.
MechanismProperties circuitProperties(const Parameters& parameters);

// A diagnostic that is one number.
Diagnostic numberDiagnostic(const char* id, const char* title, double value);

// What queries or keys and values were projected from. Throws Error (Input) when the model does not say.
MatrixView layerInputOfQueries(const HeadInput& input);
MatrixView layerInputOfKeys(const HeadInput& input);

// A head's tensor: the trained one, or else `initial`. Throws Error (Input) when the trained one has another size.
std::vector<double> trainedValues(const HeadInput& input, std::string_view name, const Tensor& initial);
// gradients[name] += values, in the shape of `like`; nothing when nobody asked.
void addTrainedGradient(const HeadGradients& into, const std::string& name, std::span<const double> values,
                        const std::vector<std::size_t>& shape);

}  // namespace ketscope
