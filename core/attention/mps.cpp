// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/mps_pair.h"
#include "core/attention/rows.h"
#include "core/measures/divergence.h"
#include "core/quantum/bit_noise.h"
#include "core/quantum/matrix_product_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

// A joint state of more amplitudes (2²⁴ is 128 MiB, about three times that while it is taken apart) is refused.
constexpr std::size_t kMaximumJointQubits = 24;
// Schmidt values kept of every bond of every row.
constexpr std::size_t kShownValues = 16;

std::vector<Parameter> mpsParameters()
{
    return {
        {.id = "method",
         .title = "Method",
         .help =
             "TT-SVD: site tensors by successive singular value decompositions, truncated. As published: the weights "
             "unchanged, beside the compression that was claimed for them.",
         .kind = ParameterKind::Choice,
         .choices = {"tt-svd", "as-published"},
         .choiceTitles = {"TT-SVD", "As published"},
         .choiceFaults =
             {"", "Nothing is decomposed: the claimed ratio divides an invented 2ⁿ by the numbers stored; the true "
                  "ratio is n²/(n² + n − 1), an expansion."}},
        {.id = "state",
         .title = "Encoded state",
         .help =
             "Row: Σⱼ √Pᵢⱼ |j⟩, each query alone. Joint: Σᵢⱼ √(Pᵢⱼ/n) |i⟩|j⟩, the whole head; its truncation mixes "
             "queries, so that a causal mask no longer keeps later tokens out. That is why rows are the default: no "
             "default here looks ahead.",
         .kind = ParameterKind::Choice,
         .choices = {"row", "joint"},
         .choiceTitles = {"Row by row", "Whole head"},
         .shownWhen = "method",
         .shownWhenIn = {"tt-svd"}},
        {.id = "order",
         .title = "Order of the qubits",
         .help =
             "Interleaved: i₁j₁i₂j₂…, in which near-diagonal and causal maps need small bonds. Block: all of i, then "
             "all of j.",
         .kind = ParameterKind::Choice,
         .choices = {"interleaved", "block"},
         .choiceTitles = {"Interleaved", "Block"},
         .shownWhen = "state",
         .shownWhenIn = {"joint"}},
        {.id = "bond",
         .title = "Largest bond",
         .symbol = "D",
         .help = "Schmidt values kept at each bond. 2^⌊L/2⌋ of L qubits is exact.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 256,
         .initial = 16,
         .logarithmic = true,
         .shownWhen = "method",
         .shownWhenIn = {"tt-svd"}},
        {.id = "cutoff",
         .title = "Cutoff",
         .help = "Small Schmidt values are discarded by this rule before the largest bond is.",
         .minimum = 1e-16,
         .maximum = 1,
         .initial = 1e-10,
         .logarithmic = true,
         .shownWhen = "method",
         .shownWhenIn = {"tt-svd"}},
        {.id = "cutoff-rule",
         .title = "Cutoff rule",
         .help = "Discarded weight: Σσ² of those discarded, in Σσ² of all. Relative: σ/σ₁. Absolute: σ.",
         .kind = ParameterKind::Choice,
         .choices = {"rsum2", "rel", "abs"},
         .choiceTitles = {"Discarded weight", "Relative", "Absolute"},
         .shownWhen = "method",
         .shownWhenIn = {"tt-svd"}},
    };
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "mps";
    info.title = "Matrix product state";
    info.shortTitle = "MPS";
    info.formula = "ψ = Σ √Pᵢⱼ |i⟩|j⟩ ≈ A¹A²…Aᴸ with bonds χ ≤ D; P̃ = |ψ̃|², rows scaled to sum 1";
    info.summary =
        "The exact weights become the amplitudes of a quantum state, which is stored as a chain of small tensors. "
        "What the chain cannot hold is truncated; attention compresses only as far as it has structure.";
    info.source =
        "TT-SVD: Oseledets, SIAM J. Sci. Comput. 33 (2011); Schollwöck, Ann. Phys. 326 (2011); Q-Transformers "
        "(kumarlokesh/q-transformers), with the state really decomposed";
    info.parameters = mpsParameters();
    info.properties.usesKeyOrder = true;
    return info;
}

struct Settings {
    explicit Settings(const Parameters& parameters)
        : published(parameters.choice("method") == "as-published"),
          joint(!published && parameters.choice("state") == "joint"),
          order(parameters.choice("order") == "block" ? SiteOrder::Block : SiteOrder::Interleaved)
    {
        const std::string& mode = parameters.choice("cutoff-rule");
        rule = {.maximumBond = static_cast<std::size_t>(parameters.integer("bond")),
                .cutoff = parameters.real("cutoff"),
                .mode = mode == "rsum2" ? CutoffMode::DiscardedWeight
                        : mode == "rel" ? CutoffMode::Relative
                                        : CutoffMode::Absolute};
    }

    bool published;
    bool joint;
    SiteOrder order;
    TruncationRule rule;
};

// Qubits of an index, at least one: a chain needs a site.
std::size_t indexQubits(std::size_t count) { return std::max<std::size_t>(registerQubits(count), 1); }

// |ψ̃|²/‖ψ̃‖².
std::vector<double> bornDistribution(const MatrixProductState& state)
{
    std::vector<double> result = state.amplitudes();
    const double norm = std::max(state.squaredNorm(), std::numeric_limits<double>::min());
    for (double& a : result)
        a = a * a / norm;
    return result;
}

Diagnostic scalar(DiagnosticInfo info, double value)
{
    Tensor tensor({1});
    tensor.data()[0] = static_cast<float>(std::min<double>(value, std::numeric_limits<float>::max()));
    return {std::move(info), std::make_shared<const Tensor>(std::move(tensor))};
}

const DiagnosticInfo kTruncation = {"truncation_error", "Truncation error ‖ψ − ψ̃‖²"};
const DiagnosticInfo kVariation = {"total_variation", "Total variation of the weights"};
const DiagnosticInfo kBound = {"total_variation_bound", "Its bound √(1 − |⟨ψ|ψ̃⟩|²)"};
const DiagnosticInfo kLeaked = {"leaked_mass", "Mass on states that are no allowed key"};
const DiagnosticInfo kParameters = {"parameters", "Numbers in the chain"};
const DiagnosticInfo kGaugeFree = {"gauge_free_parameters", "Numbers in the chain, less gauge"};
const DiagnosticInfo kCompression = {"compression", "Weights for each number in the chain"};
const DiagnosticInfo kSchmidt = {"schmidt_values", "Schmidt values of every bond"};
const DiagnosticInfo kBonds = {"bonds", "Bond dimensions"};
const DiagnosticInfo kEntropies = {"entanglement_entropy", "Entanglement entropy of every bond", "nats"};

// What is known of a chain, bond by bond, in three tensors: Schmidt values, bonds and entropies.
struct Spectra {
    Spectra(std::size_t states, std::size_t bonds, std::size_t values)
        : schmidt(Tensor::zeros({states, bonds, values})), bond(Tensor::zeros({states, bonds})),
          entropy(Tensor::zeros({states, bonds}))
    {
    }

    void set(std::size_t state, const MatrixProductState& chain)
    {
        for (std::size_t b = 0; b + 1 < chain.sites(); ++b) {
            const auto& values = chain.schmidtValues(b);
            const std::span<float> row = schmidt.matrix({state}).row(b);
            for (std::size_t k = 0; k < std::min(values.size(), row.size()); ++k)
                row[k] = static_cast<float>(values[k]);
            bond.matrix()(state, b) = static_cast<float>(chain.bond(b));
            entropy.matrix()(state, b) = static_cast<float>(chain.entanglementEntropy(b));
        }
    }

    std::vector<Diagnostic> diagnostics() const
    {
        const auto copy = [](const Tensor& tensor) {
            Tensor result(tensor.shape());
            std::ranges::copy(tensor.values(), result.data());
            return std::make_shared<const Tensor>(std::move(result));
        };
        if (bond.empty())
            return {};  // one qubit has no bond
        return {{kSchmidt, copy(schmidt)}, {kBonds, copy(bond)}, {kEntropies, copy(entropy)}};
    }

    Tensor schmidt;  // (states, bonds, values)
    Tensor bond;     // (states, bonds)
    Tensor entropy;  // (states, bonds)
};

// The exact weights, and what all ways to encode them share.
class SoftmaxHead : public WeightsHead {
public:
    explicit SoftmaxHead(const HeadInput& head) : WeightsHead(head), m_keys(PackedMatrix::transposed(head.keys)) {}

protected:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        softmaxRows(input(), m_keys, first, weights);
    }

    // Allowed keys' shares of a row's distribution, scaled to sum 1; uniform when all of it leaked. `mass` (m) belongs to
    // the keys, `total` to the row. Returns the leaked mass.
    double postselect(std::size_t row, std::span<const double> mass, double total, std::span<float> weights) const
    {
        double kept = 0.0;
        for (std::size_t key = 0; key < mass.size(); ++key)
            kept += isAllowed(input(), row, key) ? mass[key] : 0.0;
        if (!(kept > 0.0)) {
            uniformRule(input(), row, weights);
            return total > 0.0 ? 1.0 : 0.0;
        }
        for (std::size_t key = 0; key < mass.size(); ++key)
            weights[key] = isAllowed(input(), row, key) ? static_cast<float>(mass[key] / kept) : 0.0F;
        return std::max(1.0 - kept / total, 0.0);
    }

private:
    PackedMatrix m_keys;  // (d, m)
};

// The weights unchanged, beside the ratio that was claimed for n tensors: n − 1 of one number, and one of n · m.
class PublishedHead final : public SoftmaxHead {
public:
    using SoftmaxHead::SoftmaxHead;

    std::vector<Diagnostic> diagnostics() const override
    {
        const auto n = static_cast<double>(input().queries.rows);
        const double entries = n * static_cast<double>(input().keys.rows);
        const double stored = n - 1.0 + entries;
        return {scalar({"claimed_compression", "Compression as published: 2ⁿ/stored"}, std::exp2(n) / stored),
                scalar({"stored_numbers", "Numbers stored"}, stored), scalar(kCompression, entries / stored)};
    }
};

class RowStateHead final : public SoftmaxHead {
public:
    RowStateHead(const HeadInput& head, const Settings& settings)
        : SoftmaxHead(head), m_settings(settings), m_qubits(indexQubits(head.keys.rows)),
          m_spectra(head.queries.rows, m_qubits - 1, std::min(kShownValues, std::size_t{1} << (m_qubits / 2)))
    {
    }

    static std::vector<DiagnosticInfo> rowDiagnostics()
    {
        return {kTruncation, kVariation, kBound, kLeaked, kParameters, kGaugeFree, kCompression};
    }

    std::vector<Diagnostic> diagnostics() const override { return m_spectra.diagnostics(); }

private:
    void fillRows(std::size_t first, const HeadOutput& block) const override
    {
        fillWeights(first, block.weights, {});
        for (std::size_t i = 0; i < block.weights.rows; ++i)
            encode(first + i, i, block);
    }

    void encode(std::size_t row, std::size_t i, const HeadOutput& block) const
    {
        const std::span<float> weights = block.weights.row(i);
        std::vector<double> exact(std::size_t{1} << m_qubits, 0.0);
        std::ranges::copy(weights, exact.begin());
        std::vector<double> amplitudes(exact.size());
        std::ranges::transform(exact, amplitudes.begin(), [](double p) { return std::sqrt(p); });
        const MatrixProductState state(amplitudes, m_settings.rule);
        const std::vector<double> found = bornDistribution(state);
        m_spectra.set(row, state);  // every row has cells of its own
        const bool empty = std::ranges::all_of(weights, [](float w) { return w == 0.0F; });
        const double leaked = empty ? 0.0 : postselect(row, std::span(found).first(weights.size()), 1.0, weights);
        if (block.diagnostics.empty())
            return;
        const auto entries = static_cast<double>(input().mask.keyEnd(row, input().queries.rows, weights.size()));
        const auto numbers = static_cast<double>(state.parameterCount());
        const std::array values = {state.truncationError(),
                                   totalVariation(exact, found),
                                   std::sqrt(std::clamp(state.truncationError(), 0.0, 1.0)),
                                   leaked,
                                   numbers,
                                   static_cast<double>(state.gaugeFreeParameterCount()),
                                   entries / numbers};
        for (std::size_t k = 0; k < values.size(); ++k)
            block.diagnostics(k, i) = static_cast<float>(values[k]);
    }

    Settings m_settings;
    std::size_t m_qubits;
    mutable Spectra m_spectra;
};

void checkJointSize(const HeadInput& input)
{
    if (registerQubits(input.queries.rows) + registerQubits(input.keys.rows) <= kMaximumJointQubits)
        return;
    refuse({"joint state",
            "at most " + std::to_string(std::size_t{1} << kMaximumJointQubits) + " amplitudes (4096 queries and keys)",
            std::to_string(input.queries.rows) + " queries and " + std::to_string(input.keys.rows) + " keys",
            "Encode rows, or use a shorter input."});
}

class JointStateHead final : public SoftmaxHead {
public:
    JointStateHead(const HeadInput& head, const Settings& settings, const Monitor& monitor)
        : SoftmaxHead(head), m_weights(Tensor::zeros({head.queries.rows, head.keys.rows})),
          m_variation(head.queries.rows), m_leaked(head.queries.rows), m_rowQubits(registerQubits(head.queries.rows)),
          m_keyQubits(indexQubits(head.keys.rows)), m_order(settings.order)
    {
        fillWeights(0, m_weights.matrix(), {});
        const std::vector<double> exact = jointDistribution();
        std::vector<double> amplitudes(exact.size());
        std::ranges::transform(exact, amplitudes.begin(), [](double p) { return std::sqrt(p); });
        const MatrixProductState state(amplitudes, settings.rule, monitor);
        monitor.check();
        const std::vector<double> found = bornDistribution(state);
        for (std::size_t row = 0; row < head.queries.rows; ++row)
            readRow(row, exact, found);
        describeState(state, exact, found);
    }

    static std::vector<DiagnosticInfo> rowDiagnostics() { return {kVariation, kLeaked}; }

    std::vector<Diagnostic> diagnostics() const override { return m_diagnostics; }

private:
    std::size_t index(std::size_t row, std::size_t key) const
    {
        return jointIndex(row, key, m_rowQubits, m_keyQubits, m_order);
    }

    // Pᵢⱼ over the number of rows that have any weight.
    std::vector<double> jointDistribution() const
    {
        const MatrixView weights = m_weights.matrix();
        std::vector<double> result(std::size_t{1} << (m_rowQubits + m_keyQubits), 0.0);
        double rows = 0.0;
        for (std::size_t row = 0; row < weights.rows; ++row) {
            rows += std::ranges::any_of(weights.row(row), [](float w) { return w > 0.0F; }) ? 1.0 : 0.0;
            for (std::size_t key = 0; key < weights.columns; ++key)
                result[index(row, key)] = weights(row, key);
        }
        for (double& p : result)
            p /= std::max(rows, 1.0);
        return result;
    }

    void readRow(std::size_t row, std::span<const double> exact, std::span<const double> found)
    {
        const std::size_t keys = m_weights.shape()[1];
        std::vector<double> before(std::size_t{1} << m_keyQubits);
        std::vector<double> after(before.size());
        double total = 0.0;
        double all = 0.0;
        for (std::size_t key = 0; key < before.size(); ++key) {
            before[key] = exact[index(row, key)];
            after[key] = found[index(row, key)];
            total += after[key];
            all += before[key];
        }
        if (all == 0.0)
            return;  // no key is allowed
        m_leaked[row] = postselect(row, std::span(after).first(keys), total, m_weights.matrix().row(row));
        for (std::size_t key = 0; key < before.size(); ++key) {
            before[key] /= all;
            after[key] /= total > 0.0 ? total : 1.0;
        }
        m_variation[row] = totalVariation(before, after);
    }

    void describeState(const MatrixProductState& state, std::span<const double> exact, std::span<const double> found)
    {
        std::size_t most = 0;
        for (std::size_t b = 0; b + 1 < state.sites(); ++b)
            most = std::max(most, state.schmidtValues(b).size());
        Spectra spectra(1, state.sites() - 1, most);
        spectra.set(0, state);
        m_diagnostics = spectra.diagnostics();
        const auto numbers = static_cast<double>(state.parameterCount());
        m_diagnostics.push_back(scalar(kTruncation, state.truncationError()));
        m_diagnostics.push_back(scalar({"joint_total_variation", "Total variation of the joint distribution"},
                                       totalVariation(exact, found)));
        m_diagnostics.push_back(scalar(kBound, std::sqrt(std::clamp(state.truncationError(), 0.0, 1.0))));
        m_diagnostics.push_back(scalar(kParameters, numbers));
        m_diagnostics.push_back(scalar(kGaugeFree, static_cast<double>(state.gaugeFreeParameterCount())));
        m_diagnostics.push_back(scalar(kCompression, static_cast<double>(m_weights.size()) / numbers));
    }

    void fillRows(std::size_t first, const HeadOutput& block) const override
    {
        for (std::size_t i = 0; i < block.weights.rows; ++i) {
            std::ranges::copy(m_weights.matrix().row(first + i), block.weights.row(i).begin());
            if (block.diagnostics.empty())
                continue;
            block.diagnostics(0, i) = static_cast<float>(m_variation[first + i]);
            block.diagnostics(1, i) = static_cast<float>(m_leaked[first + i]);
        }
    }

    Tensor m_weights;  // (n, m): exact, then as the chain gives them
    std::vector<double> m_variation;
    std::vector<double> m_leaked;
    std::size_t m_rowQubits;
    std::size_t m_keyQubits;
    SiteOrder m_order;
    std::vector<Diagnostic> m_diagnostics;
};

// One chain of L sites with bonds of at most D: a QR, a projection and a small SVD at each.
double chainFlops(std::size_t qubits, std::size_t bond)
{
    double sum = 0.0;
    for (std::size_t b = 0; b + 1 < qubits; ++b) {
        const double rows = std::min(std::exp2(static_cast<double>(b + 1)), 2.0 * static_cast<double>(bond));
        const double columns = std::exp2(static_cast<double>(qubits - b - 1));
        sum += 6.0 * rows * rows * columns + 20.0 * std::pow(std::min(rows, columns), 3.0);
    }
    return sum;
}

class MpsMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        const Settings settings(parameters);
        MechanismProperties result = m_info.properties;
        result.causalSafe = !settings.joint;
        result.usesKeyOrder = !settings.published;
        return result;
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        const Settings settings(parameters);
        if (settings.published)
            return std::make_unique<PublishedHead>(input);
        if (settings.joint) {
            checkJointSize(input);
            return std::make_unique<JointStateHead>(input, settings, monitor);
        }
        return std::make_unique<RowStateHead>(input, settings);
    }

    std::vector<DiagnosticInfo> rowDiagnostics(const Parameters& parameters) const override
    {
        const Settings settings(parameters);
        if (settings.published)
            return {};
        return settings.joint ? JointStateHead::rowDiagnostics() : RowStateHead::rowDiagnostics();
    }

    PairReading pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     const Monitor& monitor) const override
    {
        const Settings settings(parameters);
        PairReading reading = Mechanism::pair(input, parameters, query, key, monitor);
        if (settings.published)
            return reading;
        addChain(reading, input, attendRow(*this, input, parameters, query, monitor), query, settings.joint);
        return reading;
    }

    // The exact weights and the output as `exact`, and the chains.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const Settings settings(parameters);
        const auto queries = static_cast<double>(input.queries.rows);
        const double pairs = queries * static_cast<double>(input.keys.rows);
        const double weights = pairs * (2.0 * static_cast<double>(input.queries.columns + input.values.columns) + 20.0);
        const std::size_t keyQubits = indexQubits(input.keys.rows);
        if (settings.published)
            return weights;
        if (settings.joint)
            return weights + chainFlops(registerQubits(input.queries.rows) + keyQubits, settings.rule.maximumBond);
        return weights + queries * chainFlops(keyQubits, settings.rule.maximumBond);
    }

private:
    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& mpsMechanism()
{
    static const MpsMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
