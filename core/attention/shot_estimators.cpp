// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/shot_estimators.h"

#include "core/attention/published_shots.h"
#include "core/attention/sampling.h"
#include "core/attention/top_keys.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

std::vector<double> frequencies(std::span<const std::uint64_t> counts, std::uint64_t shots)
{
    std::vector<double> result(counts.size());
    std::ranges::transform(counts, result.begin(), [shots](std::uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(shots);
    });
    return result;
}

Estimate drawStratified(const RowOutcomes& row, const ShotSettings&, std::uint64_t shots, RandomStream& stream)
{
    return {frequencies(stratifiedCounts(row.probabilities, shots, stream, row.order), shots),
            stratifiedVariances(row.probabilities, shots, row.order),
            {},
            static_cast<double>(shots)};
}

Estimate drawSystematic(const RowOutcomes& row, const ShotSettings&, std::uint64_t shots, RandomStream& stream)
{
    return {frequencies(systematicCounts(row.probabilities, shots, stream.uniform(), row.order), shots),
            systematicVariances(row.probabilities, shots),
            {},
            static_cast<double>(shots)};
}

Estimate drawNothing(const RowOutcomes& row, const ShotSettings&, std::uint64_t, RandomStream&)
{
    return {std::vector<double>(row.probabilities.begin(), row.probabilities.end()), {}, {}, 0.0};
}

// Adds weight · counts/draws of independent draws from `probabilities` to the estimate.
void addPart(Multinomial part, bool keep, RandomStream& stream, Estimate& estimate)
{
    const auto draws = static_cast<std::uint64_t>(part.draws);
    const auto counts = independentCounts(part.probabilities, draws, stream);
    for (std::size_t j = 0; j < counts.size(); ++j) {
        const double p = part.probabilities[j];
        estimate.weights[j] += part.weight * static_cast<double>(counts[j]) / part.draws;
        estimate.variances[j] += part.weight * part.weight * p * (1.0 - p) / part.draws;
    }
    estimate.shots += part.draws;
    if (keep)
        estimate.parts.push_back(std::move(part));
}

std::vector<double> conditional(std::span<const double> probabilities, double mass, auto&& belongs)
{
    std::vector<double> result(probabilities.size(), 0.0);
    for (std::size_t j = 0; j < result.size(); ++j)
        if (belongs(j))
            result[j] = probabilities[j] / mass;
    return result;
}

// The largest outcomes as they are; draws share the mass of the rest among the rest.
Estimate drawHybrid(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots, RandomStream& stream)
{
    const std::span<const double> p = row.probabilities;
    const auto support = static_cast<double>(std::ranges::count_if(p, [](double x) { return x > 0.0; }));
    const auto top = largestOf(p, static_cast<std::size_t>(std::ceil(settings.ratio * support)));
    Estimate estimate{std::vector<double>(p.size(), 0.0), std::vector<double>(p.size(), 0.0), {}, 0.0};
    double tail = 0.0;
    for (std::size_t j = 0; j < p.size(); ++j)
        (top[j] != 0 ? estimate.weights[j] : tail) += p[j];
    if (tail > 0.0)
        addPart({tail, static_cast<double>(shots), conditional(p, tail, [&](std::size_t j) { return top[j] == 0; })},
                row.parts, stream, estimate);
    return estimate;
}

constexpr std::size_t kStrata = 3;

std::size_t stratumOf(double p) { return p >= kHighMass ? 0 : p >= kMediumMass ? 1 : 2; }

struct Stratum {
    double mass = 0.0;
    std::size_t members = 0;
    double spread = 0.0;  // standard deviation of the values inside
};

// √(Σ p‖v‖²/P − ‖Σ p v/P‖²) of the outcomes in one stratum.
double spreadOf(const RowOutcomes& row, std::size_t stratum, double mass)
{
    std::vector<double> mean(row.values.columns, 0.0);
    double square = 0.0;
    for (std::size_t j = 0; j < row.probabilities.size(); ++j) {
        const std::int64_t key = row.keys.empty() ? static_cast<std::int64_t>(j) : row.keys[j];
        if (key < 0 || stratumOf(row.probabilities[j]) != stratum)
            continue;
        const auto value = row.values.row(static_cast<std::size_t>(key));
        for (std::size_t c = 0; c < mean.size(); ++c) {
            mean[c] += row.probabilities[j] / mass * value[c];
            square += row.probabilities[j] / mass * value[c] * value[c];
        }
    }
    return std::sqrt(std::max(square - std::inner_product(mean.begin(), mean.end(), mean.begin(), 0.0), 0.0));
}

// Draws for each stratum in proportion to mass (and spread): whole numbers that sum to `shots`, none of them 0, which
// would lose a stratum's mass; with fewer shots than strata a few more are made. A single outcome needs none.
std::array<std::uint64_t, kStrata> allocate(const std::array<Stratum, kStrata>& strata, std::uint64_t shots,
                                            bool neyman)
{
    std::array<double, kStrata> need{};
    for (std::size_t h = 0; h < kStrata; ++h)
        need[h] = strata[h].members > 1 ? strata[h].mass * (neyman ? strata[h].spread : 1.0) : 0.0;
    const double total = std::accumulate(need.begin(), need.end(), 0.0);
    if (total == 0.0 && neyman)
        return allocate(strata, shots, false);
    const auto sampled = static_cast<std::uint64_t>(
        std::ranges::count_if(strata, [](const Stratum& stratum) { return stratum.members > 1; }));
    const double free = static_cast<double>(shots) - static_cast<double>(std::min(shots, sampled));
    std::array<std::uint64_t, kStrata> draws{};
    std::uint64_t given = 0;
    for (std::size_t h = 0; h < kStrata; ++h) {
        if (strata[h].members > 1)
            draws[h] = 1 + static_cast<std::uint64_t>(total > 0.0 ? free * need[h] / total : 0.0);
        given += draws[h];
    }
    for (; given < shots && total > 0.0; ++given) {
        const auto lag = [&](std::size_t h) {
            return static_cast<double>(shots) * need[h] / total - static_cast<double>(draws[h]);
        };
        std::size_t least = 0;
        for (std::size_t h = 1; h < kStrata; ++h)
            least = lag(h) > lag(least) ? h : least;
        ++draws[least];
    }
    return draws;
}

// P̂ = Σ_h P_h · counts_h/n_h: unbiased because every stratum keeps its own mass.
Estimate drawMassStrata(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots, RandomStream& stream)
{
    const std::span<const double> p = row.probabilities;
    std::array<Stratum, kStrata> strata{};
    for (const double x : p)
        if (x > 0.0) {
            strata[stratumOf(x)].mass += x;
            ++strata[stratumOf(x)].members;
        }
    for (std::size_t h = 0; h < kStrata && settings.neyman; ++h)
        if (strata[h].members > 1)
            strata[h].spread = spreadOf(row, h, strata[h].mass);
    const auto draws = allocate(strata, shots, settings.neyman);
    Estimate estimate{std::vector<double>(p.size(), 0.0), std::vector<double>(p.size(), 0.0), {}, 0.0};
    for (std::size_t h = 0; h < kStrata; ++h) {
        const auto belongs = [&](std::size_t j) { return p[j] > 0.0 && stratumOf(p[j]) == h; };
        if (draws[h] > 0)
            addPart({strata[h].mass, static_cast<double>(draws[h]), conditional(p, strata[h].mass, belongs)}, row.parts,
                    stream, estimate);
        else if (strata[h].members == 1)
            for (std::size_t j = 0; j < p.size(); ++j)
                estimate.weights[j] += belongs(j) ? p[j] : 0.0;
    }
    return estimate;
}

// Shots for a row so that E‖P̂ − p‖² = (1 − ‖p‖²)/S ≤ ε²; the entropy rule bounds ‖p‖² ≥ e^{−H}.
std::uint64_t adaptiveShots(const RowOutcomes& row, const ShotSettings& settings)
{
    const std::span<const double> p = row.probabilities;
    const double purity =
        settings.entropyRule ? std::exp(-entropyOf(p)) : std::inner_product(p.begin(), p.end(), p.begin(), 0.0);
    const double wanted = std::ceil(std::max(1.0 - purity, 0.0) / (settings.epsilon * settings.epsilon));
    const double most = static_cast<double>(std::max(settings.fewest, settings.most));
    return static_cast<std::uint64_t>(std::clamp(wanted, static_cast<double>(settings.fewest), most));
}

std::vector<ShotEstimator> allEstimators()
{
    return {
        {.id = "naive", .title = "Naive (independent shots)", .independent = true, .draw = drawNaive},
        {.id = "stratified",
         .title = "Stratified (one shot per quantile range)",
         .multinomial = false,
         .usesKeyOrder = true,
         .draw = drawStratified},
        {.id = "mass-strata", .title = "Mass strata (high, medium, low)", .draw = drawMassStrata},
        {.id = "systematic",
         .title = "Systematic (one shared offset)",
         .multinomial = false,
         .usesKeyOrder = true,
         .draw = drawSystematic},
        {.id = "adaptive",
         .title = "Adaptive (shots by the row)",
         .usesShots = false,
         .independent = true,
         .shots = adaptiveShots,
         .draw = drawNaive},
        {.id = "hybrid", .title = "Hybrid (exact top, sampled tail)", .draw = drawHybrid},
        {.id = "exact",
         .title = "Exact (endless shots)",
         .sampled = false,
         .usesShots = false,
         .knowsVariance = false,
         .draw = drawNothing},
        {.id = "stratified-published",
         .title = "Stratified 60/30/10, as published",
         .fault = "Strata get the constant weights 0.6, 0.3, 0.1 instead of their mass, a stratum with fewer keys than "
                  "draws is skipped, and repeated keys count once: a row sums to about 0.3.",
         .unbiased = false,
         .knowsVariance = false,
         .multinomial = false,
         .rowStochastic = false,
         .draw = drawStratifiedAsPublished},
        {.id = "adaptive-published",
         .title = "Adaptive by one global count, as published",
         .fault = "One count for all rows, from their mean entropy, so that rows depend on later tokens; rows of low "
                  "entropy become a truncated softmax, which is biased.",
         .unbiased = false,
         .knowsVariance = false,
         .multinomial = false,
         .shots = [](const RowOutcomes&, const ShotSettings& s) { return s.publishedShots; },
         .draw = drawAdaptiveAsPublished},
        {.id = "hybrid-published",
         .title = "Hybrid with half in the tail, as published",
         .fault = "The upper half of the keys and the sampled rest get ½ each whatever their mass is: the error can "
                  "exceed that of giving no output at all.",
         .unbiased = false,
         .knowsVariance = false,
         .multinomial = false,
         .draw = drawHybridAsPublished},
        {.id = "amplitudes-published",
         .title = "Naive with noise on amplitudes, as published",
         .fault = "Amplitudes are mixed in place of states, (1 − p)√P + p/d with 1/d for 1/√d: no quantum channel does "
                  "this. The noise of the index register is the real one.",
         .unbiased = false,
         .knowsVariance = false,
         .multinomial = false,
         .draw = drawNoisyAmplitudesAsPublished},
    };
}

// Ids of the estimators of which `holds` is true.
std::vector<std::string> idsWhere(auto&& holds)
{
    std::vector<std::string> ids;
    for (const ShotEstimator& estimator : shotEstimators())
        if (holds(estimator))
            ids.push_back(estimator.id);
    return ids;
}

Parameter estimatorChoice()
{
    Parameter choice{
        .id = "estimator",
        .title = "Estimator",
        .help =
            "How shots become weights. All but the published ones are unbiased: their mean is the softmax row. The "
            "error falls as 1/√S (naive, mass strata, adaptive, hybrid) or 1/S (stratified, systematic). Exact: the "
            "softmax row itself, for noise without shot noise.",
        .kind = ParameterKind::Choice};
    for (const ShotEstimator& estimator : shotEstimators()) {
        choice.choices.push_back(estimator.id);
        choice.choiceTitles.push_back(estimator.title);
        choice.choiceFaults.push_back(estimator.fault);
    }
    return choice;
}

Parameter countParameter(const std::string& id, const std::string& title, const std::string& symbol,
                         const std::string& help, double most, double initial)
{
    return {.id = id,
            .title = title,
            .symbol = symbol,
            .help = help,
            .kind = ParameterKind::Integer,
            .minimum = 1,
            .maximum = most,
            .initial = initial,
            .logarithmic = true,
            .shownWhen = "estimator",
            .shownWhenIn = {"adaptive"}};
}

std::vector<Parameter> adaptiveParameters()
{
    return {{.id = "rule",
             .title = "Shots by",
             .help = "Variance: S = (1 − ‖p‖²)/ε², which meets ε exactly. Entropy: S = (1 − e^−H)/ε², never fewer.",
             .kind = ParameterKind::Choice,
             .choices = {"variance", "entropy"},
             .choiceTitles = {"Variance of the row", "Entropy of the row"},
             .shownWhen = "estimator",
             .shownWhenIn = {"adaptive"}},
            {.id = "epsilon",
             .title = "Error aimed at",
             .symbol = "ε",
             .help = "Root mean square of ‖P̂ − p‖ for each row, unless the limits on shots are met first.",
             .minimum = 1e-3,
             .maximum = 1,
             .initial = 0.1,
             .logarithmic = true,
             .shownWhen = "estimator",
             .shownWhenIn = {"adaptive"}},
            countParameter("fewest-shots", "Fewest shots", "Sₘᵢₙ", "No row gets fewer.", 1024, 4),
            countParameter("most-shots", "Most shots", "Sₘₐₓ",
                           "No row gets more, nor is this less than the fewest shots.", 1048576, 4096)};
}

Parameter ratioParameter()
{
    return {.id = "ratio",
            .title = "Exact share of keys",
            .symbol = "k/n",
            .help =
                "The k largest weights of a row are exact; shots share the mass τ of the rest. The squared error is τ² "
                "times that of sampling the rest.",
            .minimum = 0,
            .maximum = 1,
            .initial = 0.25,
            .shownWhen = "estimator",
            .shownWhenIn = {"hybrid"}};
}

Parameter repeatsParameter()
{
    return {
        .id = "repeats",
        .title = "Repeats",
        .symbol = "R",
        .help =
            "The row is the mean over R independent estimates, each with its own shots. With R > 1 the standard error "
            "is measured from their spread; with one it is the closed form, where there is one.",
        .kind = ParameterKind::Integer,
        .minimum = 1,
        .maximum = 256,
        .initial = 1,
        .logarithmic = true,
        .shownWhen = "estimator",
        .shownWhenIn = idsWhere([](const ShotEstimator& e) { return e.sampled; })};
}

}  // namespace

double entropyOf(std::span<const double> probabilities)
{
    double sum = 0.0;
    for (const double p : probabilities)
        if (p > 0.0)
            sum -= p * std::log(p);
    return sum;
}

Estimate drawNaive(const RowOutcomes& row, const ShotSettings&, std::uint64_t shots, RandomStream& stream)
{
    const std::span<const double> p = row.probabilities;
    Estimate estimate{std::vector<double>(p.size(), 0.0), std::vector<double>(p.size(), 0.0), {}, 0.0};
    addPart({1.0, static_cast<double>(shots), {p.begin(), p.end()}}, row.parts, stream, estimate);
    return estimate;
}

ShotSettings::ShotSettings(const Parameters& parameters)
    : shots(static_cast<std::uint64_t>(parameters.integer("shots"))), epsilon(parameters.real("epsilon")),
      fewest(static_cast<std::uint64_t>(parameters.integer("fewest-shots"))),
      most(static_cast<std::uint64_t>(parameters.integer("most-shots"))),
      entropyRule(parameters.choice("rule") == "entropy"), neyman(parameters.choice("allocation") == "neyman"),
      ratio(parameters.real("ratio")), amplitudeNoise(parameters.real("amplitude-noise"))
{
}

const std::vector<ShotEstimator>& shotEstimators()
{
    static const std::vector<ShotEstimator> all = allEstimators();
    return all;
}

const ShotEstimator& chosenEstimator(const Parameters& parameters)
{
    return shotEstimators()[static_cast<std::size_t>(parameters.integer("estimator"))];
}

std::vector<Parameter> estimatorParameters()
{
    std::vector<Parameter> list = {
        estimatorChoice(),
        {.id = "shots",
         .title = "Shots for each query",
         .symbol = "S",
         .help = "Measurements of every row, of its tail (hybrid) or of all its strata together.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 1048576,
         .initial = 256,
         .logarithmic = true,
         .shownWhen = "estimator",
         .shownWhenIn = idsWhere([](const ShotEstimator& e) { return e.usesShots; })},
        {.id = "order",
         .title = "Order of keys",
         .help =
             "Along the cumulative distribution that quantiles are drawn from. Neighbours share the randomness: keys "
             "in the order of their logits, or of their values along the first principal component of the values "
             "that the query may see, lower the output's error.",
         .kind = ParameterKind::Choice,
         .choices = {"position", "logit", "value"},
         .choiceTitles = {"By position", "By logit", "By value"},
         .shownWhen = "estimator",
         .shownWhenIn = idsWhere([](const ShotEstimator& e) { return e.usesKeyOrder; })},
        {.id = "allocation",
         .title = "Allocation",
         .help =
             "Strata are the keys with p ≥ 0.1, p ≥ 0.02 and the rest. Proportional: shots by mass. Neyman: by mass "
             "times the spread of the values inside. Every stratum gets a shot; one with a single key needs none.",
         .kind = ParameterKind::Choice,
         .choices = {"proportional", "neyman"},
         .choiceTitles = {"Proportional", "Neyman"},
         .shownWhen = "estimator",
         .shownWhenIn = {"mass-strata"}}};
    for (Parameter& parameter : adaptiveParameters())
        list.push_back(std::move(parameter));
    list.push_back(ratioParameter());
    list.push_back({.id = "amplitude-noise",
                    .title = "Noise on amplitudes",
                    .symbol = "p",
                    .help = "Share of the uniform vector in the amplitudes.",
                    .minimum = 0,
                    .maximum = 1,
                    .initial = 0.01,
                    .shownWhen = "estimator",
                    .shownWhenIn = {"amplitudes-published"}});
    list.push_back(repeatsParameter());
    return list;
}

}  // namespace ketscope
