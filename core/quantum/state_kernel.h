// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

// Kernels of state vectors, compiled once for each instruction set like those of core/nn/attention_kernel.h and under the
// same rule: raw pointers and plain structures, nothing from std or Eigen.
extern "C" {

// Two layouts of amplitudes. One state: (re, im), (re, im), … A batch: kStateLanes states side by side, each amplitude
// kStateLanes real parts, then kStateLanes imaginary parts.

// A 2 × 2 matrix that acts on one bit of the amplitudes' numbers, bit 0 the least significant one.
struct KetscopeQubitGate {
    double real[4];  // row-major
    double imaginary[4];
    unsigned bit;
    int isReal;
};

struct KetscopeStateKernels {
    const char* isa;

    // In place: every gate on `amplitudes` (a power of two) amplitudes. Gates are on different bits, in rising order.
    void (*rotate)(double* state, size_t amplitudes, const KetscopeQubitGate* gates, size_t count);
    void (*rotateBatch)(double* state, size_t amplitudes, const KetscopeQubitGate* gates, size_t count);

    // In place: amplitude i times high[i / lowCount] · low(i % lowCount), powers of two. `high` is complex, (re, im); low(i)
    // has its real part twice at same[2i] and −, + its imaginary part at cross[2i].
    void (*phase)(double* state, size_t amplitudes, const double* same, const double* cross, size_t lowCount,
                  const double* high);
    void (*phaseBatch)(double* state, size_t amplitudes, const double* same, const double* cross, size_t lowCount,
                       const double* high);

    // out[i] = source[low[i % lowCount] XOR high[i / lowCount]] for `amplitudes` amplitudes of `out`.
    void (*gather)(const double* source, double* out, size_t amplitudes, const uint32_t* low, size_t lowCount,
                   const uint32_t* high);
    void (*gatherBatch)(const double* source, double* out, size_t amplitudes, const uint32_t* low, size_t lowCount,
                        const uint32_t* high);

    // Σ_b (−1)^popcount(b AND z) · conj(ψ_{b XOR x}) ψ_b of each state of a batch: its real parts if `odd` is 0, else its
    // imaginary parts, kStateLanes numbers.
    void (*overlapBatch)(const double* state, size_t amplitudes, uint64_t x, uint64_t z, int odd, double* out);
};

const KetscopeStateKernels* ketscopeStateKernelsV2(void);
const KetscopeStateKernels* ketscopeStateKernelsV3(void);
const KetscopeStateKernels* ketscopeStateKernelsV4(void);
}

// States of one batch: one AVX-512 register of doubles, on every processor, so that the layout does not depend on it.
inline constexpr size_t kStateLanes = 8;
