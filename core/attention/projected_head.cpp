// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/projected_head.h"

#include <algorithm>
#include <cmath>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define KETSCOPE_FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KETSCOPE_FOR_EACH_CPU
#endif

namespace ketscope {

namespace {

Eigen::Index index(std::size_t number) { return static_cast<Eigen::Index>(number); }

// sums[j] += (x − row[j])², or x·row[j]: one component of all keys at once.
KETSCOPE_FOR_EACH_CPU
void addSquares(double x, const double* row, std::size_t count, double* sums)
{
    for (std::size_t j = 0; j < count; ++j)
        sums[j] += (x - row[j]) * (x - row[j]);
}

KETSCOPE_FOR_EACH_CPU
void addProducts(double x, const double* row, std::size_t count, double* sums)
{
    for (std::size_t j = 0; j < count; ++j)
        sums[j] += x * row[j];
}

// Weights of query rows from projections.
class ProjectedRows {
public:
    ProjectedRows(const HeadInput& input, const Dense& queries, const Dense& keys, const ProjectedRule& rule)
        : m_input(input), m_queries(queries), m_keys(keys.transpose()), m_rule(rule)
    {
    }

    // s_ij of every key j.
    std::vector<double> scores(std::size_t row) const
    {
        std::vector<double> sums(m_input.keys.rows, 0.0);
        const bool gaussian = m_rule.distanceFactor != 0.0;
        for (Eigen::Index c = 0; c < m_queries.cols(); ++c) {
            const double x = m_queries(index(row), c);
            if (gaussian)
                addSquares(x, m_keys.row(c).data(), sums.size(), sums.data());
            else
                addProducts(x, m_keys.row(c).data(), sums.size(), sums.data());
        }
        for (double& sum : sums)
            sum *= gaussian ? -m_rule.distanceFactor : m_rule.dotFactor;
        return sums;
    }

    // A_ij of the rule, before any transposition.
    void weights(std::size_t row, std::span<float> out) const
    {
        const std::vector<double> s = scores(row);
        double largest = -std::numeric_limits<double>::infinity();
        for (std::size_t j = 0; j < s.size() && !m_rule.softmaxOfScores; ++j)
            if (isAllowed(m_input, row, j))
                largest = std::max(largest, s[j]);
        for (std::size_t j = 0; j < s.size(); ++j) {
            // Taken off in double, so that large distances keep their differences; forbidden keys may lie above it.
            const double score = m_rule.softmaxOfScores ? std::exp(s[j]) : std::min(s[j] - largest, 0.0);
            out[j] = static_cast<float>(score);
        }
        softmaxRule(m_input, row, out);
    }

private:
    const HeadInput& m_input;
    Dense m_queries;
    Dense m_keys;  // (f, m)
    ProjectedRule m_rule;
};

// Query i is token i + (m − n). Entry (t, j) of the result is entry (i, k) of `weights` where query i is token j and key k
// is query t's token; 0 where there is no such query or key. Twice gives back what is not lost.
Dense transposedTokens(const Dense& weights)
{
    const Eigen::Index offset = weights.cols() - weights.rows();
    Dense result = Dense::Zero(weights.rows(), weights.cols());
    for (Eigen::Index t = 0; t < weights.rows(); ++t)
        for (Eigen::Index j = 0; j < weights.cols(); ++j) {
            const Eigen::Index i = j - offset;
            const Eigen::Index k = t + offset;
            if (i >= 0 && i < weights.rows() && k >= 0 && k < weights.cols())
                result(t, j) = weights(i, k);
        }
    return result;
}

HeadInput withValues(const HeadInput& input, const Tensor& values)
{
    HeadInput result = input;
    if (!values.empty())
        result.values = values.matrix();
    return result;
}

// (tokens, f)
Diagnostic expectations(const char* id, const char* title, const Dense& values)
{
    Tensor tensor({static_cast<std::size_t>(values.rows()), static_cast<std::size_t>(values.cols())});
    std::transform(values.data(), values.data() + values.size(), tensor.data(),
                   [](double x) { return static_cast<float>(x); });
    return {{id, title}, std::make_shared<const Tensor>(std::move(tensor))};
}

class ProjectedHead final : public WeightsHead {
public:
    ProjectedHead(const HeadInput& head, std::shared_ptr<const Projections> projections, const ProjectedRule& rule)
        : WeightsHead(withValues(head, projections->values)), m_projections(std::move(projections)),
          m_rows(input(), m_projections->queries, m_projections->keys, rule)
    {
        if (!rule.transposed)
            return;
        Dense all(index(head.queries.rows), index(head.keys.rows));
        std::vector<float> row(head.keys.rows);
        for (std::size_t i = 0; i < head.queries.rows; ++i) {
            m_rows.weights(i, row);
            std::ranges::copy(row, all.row(index(i)).data());
        }
        m_transposed = transposedTokens(all);
    }

    std::vector<Diagnostic> diagnostics() const override
    {
        std::vector<Diagnostic> all = m_projections->describe ? m_projections->describe() : std::vector<Diagnostic>();
        if (m_projections->measured) {
            all.push_back(
                expectations("query_expectations", "Measured on the queries' circuits", m_projections->queries));
            all.push_back(expectations("key_expectations", "Measured on the keys' circuits", m_projections->keys));
        }
        return all;
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        for (std::size_t i = 0; i < weights.rows; ++i) {
            if (m_transposed.size() == 0)
                m_rows.weights(first + i, weights.row(i));
            for (std::size_t j = 0; m_transposed.size() != 0 && j < weights.columns; ++j)
                weights(i, j) = static_cast<float>(m_transposed(index(first + i), index(j)));
        }
    }

    std::shared_ptr<const Projections> m_projections;
    ProjectedRows m_rows;
    Dense m_transposed;  // (n, m), only for the transposed rule
};

// s_ij of all queries and keys.
Dense allScores(const HeadInput& input, const ProjectedRows& rows)
{
    Dense scores(index(input.queries.rows), index(input.keys.rows));
    for (std::size_t i = 0; i < input.queries.rows; ++i)
        std::ranges::copy(rows.scores(i), scores.row(index(i)).data());
    return scores;
}

// From dL/ds to dL/dq, dL/dk and the factor's.
void addScoreGradients(const Projections& p, const ProjectedRule& rule, const Dense& ds, const Dense& scores,
                       ProjectionGradients& out)
{
    const bool gaussian = rule.distanceFactor != 0.0;
    const double factor = gaussian ? rule.distanceFactor : rule.dotFactor;
    out.factor = ds.cwiseProduct(scores).sum() / factor;
    if (!gaussian) {
        out.queries = factor * ds * p.keys;
        out.keys = factor * ds.transpose() * p.queries;
        return;
    }
    // s = −f‖q − k‖²: ∂s/∂q = −2f(q − k), ∂s/∂k = 2f(q − k).
    const Eigen::VectorXd rowSums = ds.rowwise().sum();
    const Eigen::VectorXd columnSums = ds.colwise().sum().transpose();
    out.queries = 2.0 * factor * (ds * p.keys - rowSums.asDiagonal() * p.queries);
    out.keys = 2.0 * factor * (ds.transpose() * p.queries - columnSums.asDiagonal() * p.keys);
}

}  // namespace

Dense dense(const std::vector<double>& values, std::size_t columns)
{
    return Eigen::Map<const Dense>(values.data(), index(values.size() / columns), index(columns));
}

PairReading ProjectedMechanism::pair(const HeadInput& input, const Parameters& parameters, std::size_t query,
                                     std::size_t key, const Monitor& monitor) const
{
    checkShapes(input);
    const Projections projections = project(input, parameters);
    monitor.check();
    const ProjectedRule how = rule(input, parameters);
    const auto rowOf = [](const Dense& values, std::size_t row) {
        const auto found = values.row(index(row));
        return std::vector<double>(found.data(), found.data() + found.size());
    };
    PairReading reading;
    reading.comparison = info().formula;
    const bool gaussian = how.distanceFactor != 0.0;
    reading.features = PairFeatures{"Measured expectations of query and key", rowOf(projections.queries, query),
                                    rowOf(projections.keys, key), gaussian};
    reading.scores = ProjectedRows(input, projections.queries, projections.keys, how).scores(query);
    const double exponent = reading.scores[key];
    reading.arithmetic.push_back({gaussian ? "Squared distance" : "Product",
                                  gaussian ? -exponent / how.distanceFactor : exponent / how.dotFactor});
    reading.scoreTitle = gaussian ? "Exponent −d²·factor" : "Logit, product·factor";
    if (how.softmaxOfScores) {
        reading.scoreTitle = "α = exp(−d²·factor)";
        for (double& score : reading.scores)
            score = std::exp(score);
    }
    addSoftmaxRule(reading, input, query, key, 1.0);
    if (how.transposed) {
        reading.weight = attendRow(*this, input, parameters, query, monitor).weights[key];
        reading.arithmetic.push_back({"Transposed, as published: the weight", reading.weight});
    }
    addCircuits(input, parameters, query, key, reading);
    for (const PairCircuit& circuit : reading.circuits)
        if (circuit.role == PairRole::Key) {
            reading.results.push_back({"Qubits", static_cast<double>(circuit.circuit.qubits()), {}, true});
            reading.results.push_back({"Circuit depth", static_cast<double>(circuit.circuit.depth()), {}, true});
            reading.results.push_back({"Gates", static_cast<double>(circuit.circuit.operations().size()), {}, true});
        }
    return reading;
}

std::unique_ptr<PreparedHead> ProjectedMechanism::prepare(const HeadInput& input, const Parameters& parameters,
                                                          const Monitor& monitor) const
{
    monitor.check();
    checkShapes(input);
    auto projections = std::make_shared<const Projections>(project(input, parameters));
    monitor.check();
    return std::make_unique<ProjectedHead>(input, std::move(projections), rule(input, parameters));
}

void ProjectedMechanism::backward(const HeadInput& input, const Parameters& parameters,
                                  const OutputGradients& gradients, const HeadGradients& into,
                                  const Monitor& monitor) const
{
    checkShapes(input);
    const Projections p = project(input, parameters);
    const ProjectedRule how = rule(input, parameters);
    monitor.check();
    const Dense scores = allScores(input, ProjectedRows(input, p.queries, p.keys, how));
    const Dense weights = softmaxWeights(input, how.softmaxOfScores ? Dense(scores.array().exp()) : scores);
    const Dense used = how.transposed ? transposedTokens(weights) : weights;
    HeadGradients ofOutput = {.weights = into.weights};
    if (p.values.empty())
        ofOutput.values = into.values;
    const Dense dUsed = weightGradients(withValues(input, p.values), used, gradients, ofOutput);
    Dense dScores = softmaxBackward(weights, how.transposed ? transposedTokens(dUsed) : dUsed);
    if (how.softmaxOfScores)
        dScores = dScores.cwiseProduct(scores.array().exp().matrix());
    ProjectionGradients found;
    found.values = used.transpose() * dense(gradients.output);
    addScoreGradients(p, how, dScores, scores, found);
    monitor.check();
    projectBackward(input, parameters, found, into);
}

// Scores (three operations for each component), row rule (six) and output.
double ProjectedMechanism::flops(const HeadInput& input, const Parameters& parameters) const
{
    const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
    const auto dv = static_cast<double>(input.values.columns);
    return projectionFlops(input, parameters) + pairs * (3.0 * projectedSize(input, parameters) + 6.0 + 2.0 * dv);
}

Parameter valuesParameter()
{
    return {.id = "values",
            .title = "Values",
            .help =
                "Circuit: the values are expectations of a circuit of their own, as the method defines them. Model: "
                "the model's own values, so that only the weights change in a model that was not trained with it.",
            .kind = ParameterKind::Choice,
            .choices = {"circuit", "model"},
            .choiceTitles = {"Of the circuit", "The model's own"}};
}

bool usesModelValues(const Parameters& parameters) { return parameters.choice("values") == "model"; }

MechanismProperties circuitProperties(const Parameters& parameters)
{
    MechanismProperties result;
    result.randomFeatures = true;
    result.weighsValues = usesModelValues(parameters);
    result.gradient = GradientKind::Exact;
    return result;
}

Diagnostic numberDiagnostic(const char* id, const char* title, double value)
{
    Tensor tensor({1});
    tensor.values()[0] = static_cast<float>(value);
    return {{id, title, ""}, std::make_shared<const Tensor>(std::move(tensor))};
}

namespace {

MatrixView known(MatrixView layerInput)
{
    if (layerInput.empty())
        refuse({"circuit on the layer's input", "a model that says what the layer was given", "none",
                "Choose a mechanism that needs queries, keys and values alone."});
    return layerInput;
}

}  // namespace

MatrixView layerInputOfQueries(const HeadInput& input) { return known(input.layerInput); }

MatrixView layerInputOfKeys(const HeadInput& input)
{
    const MatrixView found = known(input.inputOfKeys());
    if (found.rows != input.keys.rows)
        refuse({"circuit on the layer's input", std::to_string(input.keys.rows) + " rows for the keys",
                std::to_string(found.rows), "Choose a mechanism that needs queries, keys and values alone."});
    return found;
}

std::vector<double> trainedValues(const HeadInput& input, std::string_view name, const Tensor& initial)
{
    const Tensor* tensor = &initial;
    if (input.trained != nullptr)
        if (const auto found = input.trained->find(name); found != input.trained->end())
            tensor = found->second.get();
    if (tensor->shape() != initial.shape())
        refuse({"trained tensor " + std::string(name), std::to_string(initial.size()) + " numbers",
                std::to_string(tensor->size()), "Use the parameters that it was trained with."});
    return {tensor->values().begin(), tensor->values().end()};
}

void addTrainedGradient(const HeadGradients& into, const std::string& name, std::span<const double> values,
                        const std::vector<std::size_t>& shape)
{
    if (into.trained == nullptr)
        return;
    Tensor& target = into.trained->try_emplace(name, Tensor()).first->second;
    if (target.empty())
        target = Tensor::zeros(shape);
    for (std::size_t i = 0; i < values.size(); ++i)
        target.values()[i] += static_cast<float>(values[i]);
}

}  // namespace ketscope
