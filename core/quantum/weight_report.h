// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/weight_encoding.h"

namespace ketscope {

// What becomes of a weight matrix W whose numbers are turned into rotation angles of `bits` bits.
struct WeightReport {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t angles = 0;           // Givens rotations of both orthogonal factors
    std::size_t classicalValues = 0;  // singular values, which stay numbers
    double roundTrip = 0.0;           // max |W − W′| with angles in full
    int bits = 0;
    double norm = 0.0;            // ‖W − W_b‖₂ with angles of b bits
    double bound = 0.0;           // which that never exceeds
    double error = 0.0;           // √ mean (W − W_b)²
    double linearError = 0.0;     // the same of one angle for each weight, θ = π·w/max|w|
    double arcsineError = 0.0;    // and θ = 2·arcsin(w/max|w|)
    double rootMeanSquare = 0.0;  // √ mean W², for scale
};

// Throws Error (Input) as encodeWeight does, and for less than 1 or more than 52 bits.
WeightReport weightReport(DoubleMatrixView weight, int bits);

}  // namespace ketscope
