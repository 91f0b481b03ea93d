// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"
#include "core/quantum/circuit.h"

namespace ketscope {

using DoubleMatrixView = View<const double>;

// One Givens rotation of two neighbouring components: (x_a, x_b) → (c·x_a − s·x_b, s·x_a + c·x_b), which is RBS(angle) on
// the unary encoding Σ x_i |0…1_i…0⟩.
struct GivensRotation {
    std::size_t a = 0;
    std::size_t b = 1;
    double angle = 0.0;
};

// An orthogonal d × d matrix as signs, then at most d(d − 1)/2 rotations: the quantum orthogonal layer (Kerenidis,
// Landman, Mathur, arXiv 2106.07198).
struct OrthogonalCircuit {
    std::size_t size = 0;
    std::vector<double> signs;              // (d): +1 or −1 for each component, which act first
    std::vector<GivensRotation> rotations;  // in the order in which they act

    // The matrix (d, d), row-major.
    std::vector<double> matrix() const;
    // On d wires, one for each component; Z where the sign is −1. Throws Error (Input) above Circuit::kMaximumQubits.
    Circuit circuit() const;
};

// Takes an orthogonal (d, d) matrix apart; exact up to rounding. Throws Error (Failure) when it is not orthogonal.
OrthogonalCircuit givensCircuit(DoubleMatrixView orthogonal);

// A weight matrix W (m, n) as left · diag(values) · rightᵀ: two orthogonal circuits and the singular values, which stay
// classical. values/scale are at most 1, as a block encoding needs.
struct EncodedWeight {
    std::size_t rows = 0;
    std::size_t columns = 0;
    OrthogonalCircuit left;  // (m, m)
    std::vector<double> values;
    double scale = 1.0;       // the largest singular value
    OrthogonalCircuit right;  // (n, n)

    std::vector<double> decode() const;  // (m, n), row-major
    std::size_t angleCount() const { return left.rotations.size() + right.rotations.size(); }
};

// Rows and columns that a matrix to encode may have.
inline constexpr std::size_t kMostEncoded = 512;

// Throws Error (Input) when W is empty, not finite, or larger than kMostEncoded in either direction.
EncodedWeight encodeWeight(DoubleMatrixView weight);

// Angles at b bits: Δ = 2π/2ᵇ, θ → Δ·round(θ/Δ). 1 ≤ bits ≤ 52.
double quantisedAngle(double angle, int bits);
OrthogonalCircuit quantised(const OrthogonalCircuit& circuit, int bits);
EncodedWeight quantised(const EncodedWeight& weight, int bits);
Circuit quantised(const Circuit& circuit, int bits);  // fixed angles only; parameters stay

// Bounds that hold for quantised angles (reference: sums over gates of the norm of each gate's error).
// Givens rotations: ‖U − U_q‖₂ ≤ gates · 2 sin(Δ/4).
double givensErrorBound(std::size_t gates, int bits);
// Rotations RX, RY, RZ by half the angle: ‖U − U_q‖₂ ≤ gates · 2 sin(Δ/8), and |⟨O⟩ − ⟨O⟩_q| ≤ 2‖O‖ times that.
double rotationErrorBound(std::size_t gates, int bits);
double expectationErrorBound(std::size_t gates, int bits, double observableNorm);
// ‖W − W_q‖₂ ≤ scale · (bound of left + bound of right).
double weightErrorBound(const EncodedWeight& weight, int bits);

// Encodings of one angle for each weight, for comparison: no circuit computes with such angles.
enum class NaiveEncoding {
    Linear,   // θ = π · w/max|w|
    Arcsine,  // θ = 2·arcsin(w/max|w|)
};

// The weights after encoding, quantisation to b bits and decoding. RMSE: √ mean (w − w′)².
std::vector<double> naiveRoundTrip(std::span<const double> weights, NaiveEncoding encoding, int bits);
double rootMeanSquareError(std::span<const double> a, std::span<const double> b);

}  // namespace ketscope
