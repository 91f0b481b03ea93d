// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nn/activation.h"

#include <stddef.h>
#include <stdint.h>

// Kernels that are compiled once for each instruction set and chosen when the program runs. Only raw pointers and plain
// structures cross this boundary and nothing from std or Eigen is used behind it: a template compiled for AVX-512 and
// merged by the linker with its twins would run on processors without AVX-512.
extern "C" {

// One head's keys and values, packed, and its masks. A key is allowed for a query where all masks allow it.
struct KetscopePackedHead {
    const float* keys;      // from packKeys
    const float* values;    // from packValues
    const float* keyBias;   // (m): added to every row's logits, −∞ = padding; null = none
    const float* additive;  // (n, m) with additiveStride: added to the logits; null = none
    size_t additiveStride;
    size_t queryCount;  // n
    size_t keyCount;    // m
    size_t depth;       // of a query and a key
    size_t valueDepth;
    float scale;  // logits are scale · q·k + masks
    int causal;   // query i sees keys 0 … i + (m − n)
};

// Where the queries come from and the results go. Strides in floats. `weights` null = output only.
struct KetscopeHeadRows {
    const float* queries;
    size_t queryStride;
    float* weights;
    size_t weightStride;
    float* output;
    size_t outputStride;
    float* scratch;  // scratchSize(m, valueDepth) floats, 64-byte aligned
};

// out (rows, endColumn − firstColumn) = left (rows, depth) · B, with B rows firstDepth … of a packed matrix, or that added to
// out. Each element is summed in the order of the inner index, whatever the ranges.
struct KetscopeProduct {
    const float* left;
    size_t leftStride;
    size_t leftStep;  // from one value of a row to the next: with a stride of 1 the left is a matrix turned
    size_t rows;
    const float* packed;  // (packedDepth, packedColumns), from packKeys or packValues …
    size_t wideStride;    // … or, unless 0, row-major with this stride and packedColumns a multiple of 64
    size_t packedDepth;
    size_t packedColumns;
    size_t firstDepth;
    size_t depth;
    size_t firstColumn;  // a multiple of 64
    size_t endColumn;
    float* out;
    size_t outStride;
    int accumulate;
};

// One row of a normalisation y = (x − mean) / s · weight + bias run backwards.
struct KetscopeNormRow {
    const float* values;     // x
    const float* gradients;  // of y
    const float* weight;
    size_t count;
    double epsilon;
    int centred;       // 0: the mean is taken as 0
    float* into;       // gradients of x, to add to; null = not asked for
    double* ofWeight;  // likewise of weight and bias
    double* ofBias;
};

// What core/train/optimizer.h says of a step of AdamW.
struct KetscopeAdam {
    double beta1, beta2, epsilon, rate, decay;
    double firstScale, secondScale;  // 1/(1−βᵗ)
};

// Which values are left out: factor i is `kept` where the i-th half word of philox() from this counter on, lower half first,
// is at least `least`, else 0.
struct KetscopeDropout {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t least;
    float kept;
};

struct KetscopeKernels {
    const char* isa;  // "v2", "v3", "v4": the x86-64 level

    // In place: eˣ, at most 2 units in the last place off; 0 below −87.3365, +∞ from 88.7229 on, NaN stays NaN.
    void (*exponentials)(float* values, size_t count);
    // In place: softmax of one row. −∞ entries become exactly 0; a row with nothing else becomes all zero.
    void (*softmax)(float* row, size_t count);

    // row ← e^(factor · row − largest) + shift, factor ≥ 0; returns the largest of factor · row.
    float (*peakExponentials)(float* row, size_t count, float factor, float shift);
    // cosines[i] = amplitude · cos(factor · angles[i] + phases[i]), sines likewise. Phases or sines may be null; cosines may
    // be the angles. Angles beyond ±1e9 are taken as that. Off by at most 2e-7 · amplitude, of the rounded angle.
    void (*waves)(const float* angles, size_t count, float factor, const float* phases, float amplitude, float* cosines,
                  float* sines);
    double (*dot)(const float* a, const float* b, size_t count);

    // out = (row − mean) / √(variance + epsilon) · weight + bias, with mean and variance in double. In place is allowed.
    void (*layerNorm)(const float* row, size_t count, double epsilon, const float* weight, const float* bias,
                      float* out);
    // out = row / √(mean of squares + epsilon) · weight, with the mean in double. In place is allowed.
    void (*rmsNorm)(const float* row, size_t count, double epsilon, const float* weight, float* out);

    size_t (*packedSize)(size_t columns, size_t depth);  // floats of a packed (depth, columns) matrix
    // (m, depth) → panels of keys. A key whose bias is −∞ is packed as zero, so that it cannot matter.
    void (*packKeys)(const float* keys, size_t stride, const float* keyBias, size_t count, size_t depth, float* out);
    void (*packValues)(const float* values, size_t stride, const float* keyBias, size_t count, size_t depth,
                       float* out);
    void (*multiply)(const KetscopeProduct* product);
    // In place: an activation, and its slopes.
    void (*activate)(ketscope::Activation activation, float* values, size_t count, float* slopes);
    void (*normBackward)(const KetscopeNormRow* row);
    void (*add)(const float* values, size_t count, float* out);                              // out += values
    void (*scale)(const float* factors, size_t count, float* out);                           // out ← factors ⊙ out
    void (*addScaled)(const float* values, const float* factors, size_t count, float* out);  // out += values ⊙ factors
    void (*adam)(const KetscopeAdam* update, const float* gradients, size_t count, float* first, float* second,
                 float* values);
    void (*dropout)(const KetscopeDropout* which, size_t count, float* factors);

    size_t (*scratchSize)(size_t keyCount, size_t valueDepth);
    // Softmax attention of query rows [first, last). A row's bits do not depend on `first` and `last`.
    void (*attend)(const KetscopePackedHead* head, const KetscopeHeadRows* rows, size_t first, size_t last);
};

const KetscopeKernels* ketscopeKernelsV2(void);
const KetscopeKernels* ketscopeKernelsV3(void);
const KetscopeKernels* ketscopeKernelsV4(void);
}

// Query rows that attend() computes together: blocks of a multiple of it waste nothing.
inline constexpr size_t kAttentionRowBlock = 24;
