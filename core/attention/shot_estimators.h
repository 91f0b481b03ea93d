// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ketscope {

// One row's measurement outcomes and what an estimator of their distribution may look at.
struct RowOutcomes {
    std::span<const double> probabilities;      // (N), sum to 1
    std::span<const std::uint32_t> order = {};  // along the cumulative distribution; empty = as they stand
    MatrixView values = {};                     // (m, dv)
    std::span<const std::int64_t> keys = {};  // (N): the value that an outcome stands for, −1 = none; empty = its own
    bool parts = false;                       // fill Estimate::parts
};

// Weights estimated by counts of independent draws: weight · counts/draws.
struct Multinomial {
    double weight = 1.0;
    double draws = 1.0;
    std::vector<double> probabilities;  // (N)
};

struct Estimate {
    std::vector<double> weights;     // (N)
    std::vector<double> variances;   // (N), exact, of each weight; empty when not known
    std::vector<Multinomial> parts;  // what is random in the weights, when it is a sum of independent multinomials
    double shots = 0.0;              // measurements made
};

// The estimators' parameters, read once for a head.
struct ShotSettings {
    explicit ShotSettings(const Parameters& parameters);

    std::uint64_t shots;
    double epsilon;
    std::uint64_t fewest;
    std::uint64_t most;
    bool entropyRule;
    bool neyman;
    double ratio;
    double amplitudeNoise;
    std::uint64_t publishedShots = 0;  // the one count that adaptive shots as published use for every row
};

// One row of the table of estimators.
struct ShotEstimator {
    std::string id;
    std::string title;
    std::string fault = {};  // what is wrong with it as published; empty = correct
    bool sampled = true;
    bool unbiased = true;
    bool usesShots = true;      // "shots" has a meaning
    bool knowsVariance = true;  // fills Estimate::variances
    bool multinomial = true;    // fills Estimate::parts when asked to
    bool independent = false;   // draws are independent and identically distributed
    bool usesKeyOrder = false;  // by default draws depend on the order of the outcomes
    bool rowStochastic = true;
    // Measurements to make of a row; null = settings.shots.
    std::uint64_t (*shots)(const RowOutcomes& row, const ShotSettings& settings) = nullptr;
    Estimate (*draw)(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots,
                     RandomStream& stream) = nullptr;
};

// In menu order; the first is the default.
const std::vector<ShotEstimator>& shotEstimators();
const ShotEstimator& chosenEstimator(const Parameters& parameters);

// "estimator" and the parameters of the estimators.
std::vector<Parameter> estimatorParameters();

// S independent measurements.
Estimate drawNaive(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots, RandomStream& stream);

// −Σ p ln p. Nats.
double entropyOf(std::span<const double> probabilities);

}  // namespace ketscope
