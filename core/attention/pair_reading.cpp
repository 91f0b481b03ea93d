// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pair_reading.h"

#include "core/attention/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

double maskOf(const HeadInput& input, std::size_t query, std::size_t key)
{
    return input.mask.additive.empty() ? 0.0 : static_cast<double>(input.mask.additive(query, key));
}

double dot(std::span<const float> a, std::span<const float> b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                              [](float x, float y) { return static_cast<double>(x) * y; });
}

// softmax(logits + M) of the row, 0 for forbidden keys.
std::vector<double> softmaxOf(const HeadInput& input, std::size_t query, std::span<const double> logits)
{
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t key = 0; key < logits.size(); ++key)
        if (isAllowed(input, query, key))
            largest = std::max(largest, logits[key] + maskOf(input, query, key));
    std::vector<double> result(logits.size(), 0.0);
    double sum = 0.0;
    for (std::size_t key = 0; key < logits.size(); ++key)
        if (isAllowed(input, query, key))
            sum += result[key] = std::exp(logits[key] + maskOf(input, query, key) - largest);
    for (double& p : result)
        p = sum > 0.0 ? p / sum : 0.0;
    return result;
}

double uniformWeight(const HeadInput& input, std::size_t query, std::size_t key)
{
    std::size_t allowed = 0;
    for (std::size_t k = 0; k < input.keys.rows; ++k)
        allowed += isAllowed(input, query, k) ? 1 : 0;
    return isAllowed(input, query, key) ? 1.0 / static_cast<double>(allowed) : 0.0;
}

}  // namespace

HeadRow attendRow(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters, std::size_t query,
                  const Monitor& monitor)
{
    const auto head = mechanism.prepare(input, parameters, monitor);
    const auto infos = mechanism.rowDiagnostics(parameters);
    Tensor weights = Tensor::zeros({input.queries.rows, input.keys.rows});
    Tensor output({input.queries.rows, input.values.columns});
    Tensor errors = Tensor::zeros({input.queries.rows, input.keys.rows});
    Tensor rows = infos.empty() ? Tensor() : Tensor::zeros({infos.size(), input.queries.rows});
    head->rows(
        query, query + 1,
        {weights.matrix(), output.matrix(), errors.matrix(), infos.empty() ? MutableMatrixView() : rows.matrix()});
    HeadRow result;
    result.weights.assign(weights.matrix().row(query).begin(), weights.matrix().row(query).end());
    if (mechanism.properties(parameters).givesStandardError)
        result.errors.assign(errors.matrix().row(query).begin(), errors.matrix().row(query).end());
    result.diagnostics = head->diagnostics();
    for (std::size_t i = 0; i < infos.size(); ++i)
        result.ofRow.emplace_back(infos[i], rows.matrix()(i, query));
    return result;
}

void addDotProduct(PairReading& reading, const HeadInput& input, std::size_t query, std::size_t key)
{
    const auto q = input.queries.row(query);
    reading.features = PairFeatures{"Head vectors q and k", {q.begin(), q.end()}, {}, false};
    reading.features->key.assign(input.keys.row(key).begin(), input.keys.row(key).end());
    reading.scoreTitle = "Logit q·k·scale";
    for (std::size_t j = 0; j < input.keys.rows; ++j)
        reading.scores.push_back(dot(q, input.keys.row(j)) * input.scale);
    const std::vector<double> exact = softmaxOf(input, query, reading.scores);
    reading.arithmetic.push_back({"Product q·k", dot(q, input.keys.row(key))});
    reading.arithmetic.push_back({"Scale", input.scale});
    reading.arithmetic.push_back({"Logit", reading.scores[key]});
    reading.arithmetic.push_back({"Softmax over the allowed keys", exact[key]});
    reading.weight = exact[key];
}

void addDirectRule(PairReading& reading, const HeadInput& input, std::size_t query, std::size_t key)
{
    const auto factor = [&](std::size_t j) {
        return isAllowed(input, query, j) ? std::exp(maskOf(input, query, j)) * std::max(reading.scores[j], 0.0) : 0.0;
    };
    double sum = 0.0;
    for (std::size_t j = 0; j < reading.scores.size(); ++j)
        sum += factor(j);
    reading.weight = sum > 0.0 ? factor(key) / sum : uniformWeight(input, query, key);
    reading.arithmetic.push_back({reading.scoreTitle, reading.scores[key]});
    reading.arithmetic.push_back({"Sum over the allowed keys", sum});
    reading.arithmetic.push_back(
        {sum > 0.0 ? "Score over sum: the weight" : "No score is above 0: uniform weight", reading.weight});
}

void addSoftmaxRule(PairReading& reading, const HeadInput& input, std::size_t query, std::size_t key, double tau)
{
    std::vector<double> logits = reading.scores;
    for (double& logit : logits)
        logit /= tau;
    reading.weight = softmaxOf(input, query, logits)[key];
    reading.arithmetic.push_back({reading.scoreTitle, reading.scores[key]});
    if (tau != 1.0) {
        reading.arithmetic.push_back({"Temperature τ", tau});
        reading.arithmetic.push_back({"Score over τ", logits[key]});
    }
    reading.arithmetic.push_back({"Softmax over the allowed keys: the weight", reading.weight});
}

std::vector<std::string> basisLabels(std::size_t qubits)
{
    std::vector<std::string> labels;
    for (std::size_t state = 0; state < std::size_t{1} << qubits; ++state) {
        std::string text(qubits, '0');
        for (std::size_t qubit = 0; qubit < qubits; ++qubit)
            if ((state >> (qubits - 1 - qubit) & 1) != 0)
                text[qubit] = '1';
        labels.push_back(std::move(text));
    }
    return labels;
}

PairReading Mechanism::pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                            const Monitor& monitor) const
{
    PairReading reading;
    reading.noStates = info().shortTitle + " has no quantum states or circuits: it works on the head's vectors.";
    addDotProduct(reading, input, query, key);
    const HeadRow row = attendRow(*this, input, parameters, query, monitor);
    reading.comparison = info().formula;
    if (this == &mechanism("exact"))
        return reading;
    reading.arithmetic.push_back({"Weight of " + info().shortTitle, row.weights[key]});
    reading.weight = row.weights[key];
    return reading;
}

}  // namespace ketscope
