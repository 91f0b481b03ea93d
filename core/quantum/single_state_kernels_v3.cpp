// SPDX-License-Identifier: GPL-3.0-or-later
#define KETSCOPE_KERNELS_ENTRY ketscopeSingleStateKernelsV3
#define KETSCOPE_KERNELS_ISA "v3"
#define KETSCOPE_VECTOR_BYTES 32
#define KETSCOPE_REAL float
#include "core/quantum/state_kernel.inc"
