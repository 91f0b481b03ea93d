// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/parameter.h"

#include <array>
#include <complex>
#include <span>
#include <string>
#include <vector>

namespace ketscope {

// One 2 × 2 Kraus operator, row-major. A channel is ρ → Σ K ρ K† with Σ K†K = I.
using KrausOperator = std::array<std::complex<double>, 4>;
using KrausOperators = std::vector<KrausOperator>;

// What a channel does to the probabilities of one bit: p'ₐ = Σ_b M[2a + b] p_b. Columns sum to one.
using BitMatrix = std::array<double, 4>;

// Single-qubit channels (Nielsen and Chuang, ch. 8; generalised amplitude damping as Qiskit Aer defines it). Each throws
// Error (Input) naming the parameter and its range when the operators would not be a channel.

KrausOperators depolarizing(double lambda);  // (1 − λ)ρ + λI/2, λ in [0, 4/3]; Pauli error probability p = 3λ/4
KrausOperators amplitudeDamping(double gamma);  // |1⟩ decays to |0⟩ with probability γ in [0, 1]
KrausOperators phaseDamping(double lambda);     // coherences × √(1 − λ), λ in [0, 1]
// Damping towards the populations (1 − p₁, p₁); γ and p₁ in [0, 1].
KrausOperators generalizedAmplitudeDamping(double gamma, double excited);
// For a time t, in the unit of T₁ and T₂: populations relax as e^{−t/T₁} towards (1 − p₁, p₁), coherences as e^{−t/T₂}.
// Refused unless T₁, T₂ > 0, t ≥ 0 and T₂ ≤ 2T₁, without which no such channel exists.
KrausOperators thermalRelaxation(double t1, double t2, double time, double excited);
// Measurement in the Z basis that reads 1 for 0 with probability p01 and 0 for 1 with probability p10, both in [0, 1].
KrausOperators readoutError(double p01, double p10);

// `second` after `first`; operators that are zero are left out.
KrausOperators composed(const KrausOperators& first, const KrausOperators& second);

// M[2a + b] = Σ |K_ab|²: what the channel does to measurement probabilities when it comes last.
BitMatrix bitMatrix(const KrausOperators& operators);

// A channel with its parameters' values.
struct Noise {
    KrausOperators kraus;       // on each qubit; empty = no noise
    double registerMixing = 0;  // λ of (1 − λ)ρ + λI/2^m on all m qubits together

    bool empty() const { return kraus.empty() && registerMixing == 0.0; }
};

// One row of the table of channels.
struct NoiseChannel {
    std::string id;  // stable: command line, files
    std::string title;
    std::string help;
    std::vector<Parameter> parameters;
    // Values in the order of `parameters`. `scale` c ≥ 0 amplifies the noise as c repetitions of it would (for zero-noise
    // extrapolation): λ becomes 1 − (1 − λ)^c, a time becomes c·t.
    Noise (*make)(std::span<const double> values, double scale);
};

// Every channel, in menu order. To add one, add its row.
const std::vector<NoiseChannel>& noiseChannels();

// Throws Error (Input) listing the known ids.
const NoiseChannel& noiseChannel(std::string_view id);

// The choice `id` ("none" or a channel) and the parameters of all channels, for a mechanism's list; each shown when a
// channel that has it is chosen. `parent` and `parentValues` as Parameter::shownWhen.
std::vector<Parameter> channelParameters(const std::string& id, const std::string& title, const std::string& help,
                                         const std::string& parent = {},
                                         const std::vector<std::string>& parentValues = {});

// The noise that the choice `id` of channelParameters() asks for, amplified `scale` times.
Noise chosenNoise(const Parameters& parameters, std::string_view id, double scale = 1.0);

// 1 − (1 − λ)^c: the strength of c repetitions of a channel of strength λ.
double repeatedStrength(double lambda, double scale);

}  // namespace ketscope
