// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"
#include "core/quantum/channel.h"

#include <cstdint>

namespace ketscope {

enum class OverlapCircuit { Exact, Inversion, Swap, Hadamard, HadamardExact };
enum class SignRemedy { Lost, Affine, PostSelected };
enum class StateEncoding { Amplitude, Angle, Iqp };

// The parameters of `fidelity` that have a meaning together; the others are as if at their defaults.
struct FidelitySettings {
    explicit FidelitySettings(const Parameters& parameters);

    bool keepsSign() const { return circuit == OverlapCircuit::Hadamard || circuit == OverlapCircuit::HadamardExact; }
    bool hasShots() const { return circuit != OverlapCircuit::Exact && circuit != OverlapCircuit::HadamardExact; }
    // Noise on each qubit needs every state; angle-encoded qubits stay apart, and each is a closed form.
    bool simulatesNoise() const { return !noise.kraus.empty() && map != StateEncoding::Angle; }
    bool hasTrajectories() const { return simulatesNoise() && trajectories; }
    // Not through shots, or random runs: which Kraus operators are drawn depends on the vectors.
    bool isDifferentiable() const { return !hasShots() && !hasTrajectories(); }

    // Qubits of a state of `components` components, at least 1.
    std::size_t qubitsOf(std::size_t components) const;

    OverlapCircuit circuit;
    SignRemedy sign = SignRemedy::Lost;
    StateEncoding map = StateEncoding::Amplitude;
    std::uint64_t shots;
    bool softmax;
    double tau;
    double bandwidth = 1.0;  // factor of the data of the angle and IQP maps
    std::size_t qubits = 4;  // of the IQP map
    std::size_t repetitions = 2;
    Noise noise;
    bool afterEachGate = false;  // else once, on the prepared state
    bool bothStates = true;      // else the query's alone
    bool trajectories = false;   // else density matrices
    std::size_t runs = 32;       // of trajectories
};

std::vector<Parameter> fidelityParameters();

// F → factor · F + offset by noise on the whole register, as many times as there are gates, on one state or both:
// Tr(ρσ) = (1 − λ')F + λ'/D.
struct RegisterMixing {
    double factor = 1.0;
    double offset = 0.0;
};
RegisterMixing registerMixing(const FidelitySettings& settings, std::size_t components);

// The backward pass of exact overlaps (isDifferentiable), both rules.
void fidelityBackward(const HeadInput& input, const FidelitySettings& settings, const OutputGradients& gradients,
                      const HeadGradients& into, const Monitor& monitor);

}  // namespace ketscope
