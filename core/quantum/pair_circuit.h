// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/density_matrix.h"
#include "core/quantum/state_vector.h"

#include <optional>
#include <string>
#include <vector>

namespace ketscope {

enum class PairRole { Query, Key };

// Operations [first, last) of a circuit that belong together.
struct CircuitBlock {
    std::string title;             // "U(q): prepare the query's state"
    std::optional<PairRole> role;  // nothing = both
    std::size_t first = 0;
    std::size_t last = 0;
};

// A channel before operation `before`, on those wires. No wires = on all together (Noise::registerMixing).
struct ChannelPoint {
    std::size_t before = 0;
    std::vector<std::size_t> wires;
    bool adjoint = false;  // Σ K†ρK: the noise of a state that the circuit undoes
};

// A circuit as it is drawn and stepped through.
struct PairCircuit {
    explicit PairCircuit(Circuit gates) : circuit(std::move(gates)) {}

    std::string title = {};
    std::string loaded = {};                         // what the wires begin with in place of |0…0⟩: "x"
    std::vector<std::complex<double>> initial = {};  // its amplitudes (2ⁿ); empty = |0…0⟩
    Circuit circuit;
    std::vector<CircuitBlock> blocks = {};
    Noise noise = {};
    std::vector<ChannelPoint> channels = {};  // by rising `before`
    std::vector<std::size_t> measured = {};   // wires
    std::optional<PairRole> role = {};        // of a circuit of the query or the key alone

    bool hasNoise() const { return !noise.empty() && !channels.empty(); }
    // Columns of the drawing (Circuit::drawnColumns) after which the block's operations have all acted.
    std::size_t columnsOf(const CircuitBlock& block) const;
    std::size_t columns() const { return circuit.drawnColumns().size(); }
};

// Larger states are not simulated for drawing.
inline constexpr std::size_t kShownQubits = 12;

// What the wires hold after the first `columns` columns. Without noise, amplitudes (2ⁿ), empty above kShownQubits; with
// noise ρ, of at most DensityMatrix::kMaximumQubits qubits, else nothing.
struct CircuitState {
    std::vector<std::complex<double>> amplitudes;
    std::optional<DensityMatrix> density;
};
CircuitState stateAfter(const PairCircuit& circuit, std::size_t columns);

// One qubit without noise and after the channels.
struct QubitReading {
    std::optional<QubitState> pure;
    std::optional<QubitState> noisy;
};
// Every qubit after so many columns. Circuits without gates on several wires keep their qubits apart and may have any number
// of them; others have no reading above the limits of stateAfter.
std::vector<QubitReading> qubitsAfter(const PairCircuit& circuit, std::size_t columns);

// The state of one qubit of ρ.
QubitState qubitOf(const DensityMatrix& state, std::size_t qubit);

}  // namespace ketscope
