// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

// Kernels of state vectors, compiled once for each instruction set like those of core/nn/attention_kernel.h and under the
// same rule: raw pointers and plain structures, nothing from std or Eigen.

// A 2 × 2 matrix that acts on one bit of the amplitudes' numbers, bit 0 the least significant one.
struct KetscopeQubitGate {
    double real[4];  // row-major
    double imaginary[4];
    unsigned bit;
    int isReal;
};

// States of one batch: one AVX-512 register, on every processor, so that the layout does not depend on it.
template <typename Real> inline constexpr size_t kStateLanesOf = 64 / sizeof(Real);
inline constexpr size_t kStateLanes = kStateLanesOf<double>;

// In double precision, and in single precision for twice the states of a batch at a time. Two layouts of amplitudes. One
// state: (re, im), (re, im), … A batch: kStateLanesOf<Real> states side by side, each amplitude that many real parts, then
// as many imaginary parts.
template <typename Real> struct KetscopeStateKernelsOf {
    const char* isa;

    // In place: every gate on `amplitudes` (a power of two) amplitudes. Gates are on different bits, in rising order.
    void (*rotate)(Real* state, size_t amplitudes, const KetscopeQubitGate* gates, size_t count);
    void (*rotateBatch)(Real* state, size_t amplitudes, const KetscopeQubitGate* gates, size_t count);

    // In place: amplitude i times high[i / lowCount] · low(i % lowCount), powers of two. `high` is complex, (re, im); low(i)
    // has its real part twice at same[2i] and −, + its imaginary part at cross[2i].
    void (*phase)(Real* state, size_t amplitudes, const Real* same, const Real* cross, size_t lowCount,
                  const Real* high);
    void (*phaseBatch)(Real* state, size_t amplitudes, const Real* same, const Real* cross, size_t lowCount,
                       const Real* high);

    // out[i] = source[low[i % lowCount] XOR high[i / lowCount]] for `amplitudes` amplitudes of `out`.
    void (*gather)(const Real* source, Real* out, size_t amplitudes, const uint32_t* low, size_t lowCount,
                   const uint32_t* high);
    void (*gatherBatch)(const Real* source, Real* out, size_t amplitudes, const uint32_t* low, size_t lowCount,
                        const uint32_t* high);

    // Σ_b (−1)^popcount(b AND z) · conj(ψ_{b XOR x}) ψ_b of each state of a batch: its real parts if `odd` is 0, else its
    // imaginary parts, kStateLanesOf<Real> numbers.
    void (*overlapBatch)(const Real* state, size_t amplitudes, uint64_t x, uint64_t z, int odd, double* out);

    // target_{b XOR x} += weight · (−1)^popcount(b AND z) · (i if `odd`) · source_b of each state of a batch, with a weight
    // for each state.
    void (*addStringBatch)(const Real* source, size_t amplitudes, uint64_t x, uint64_t z, int odd, const Real* weights,
                           Real* target);

    // Σ conj(left_b) right_c over the states of a batch and the b, c that differ at most in `bit`: (re, im) of that bit
    // being 0 0, 0 1, 1 0 and 1 1 in b and c, 8 numbers.
    void (*crossBatch)(const Real* left, const Real* right, size_t amplitudes, unsigned bit, double* out);
};

using KetscopeStateKernels = KetscopeStateKernelsOf<double>;
using KetscopeSingleStateKernels = KetscopeStateKernelsOf<float>;

extern "C" {

const KetscopeStateKernels* ketscopeStateKernelsV2(void);
const KetscopeStateKernels* ketscopeStateKernelsV3(void);
const KetscopeStateKernels* ketscopeStateKernelsV4(void);
const KetscopeSingleStateKernels* ketscopeSingleStateKernelsV2(void);
const KetscopeSingleStateKernels* ketscopeSingleStateKernelsV3(void);
const KetscopeSingleStateKernels* ketscopeSingleStateKernelsV4(void);
}
