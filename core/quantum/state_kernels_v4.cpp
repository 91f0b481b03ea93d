// SPDX-License-Identifier: GPL-3.0-or-later
#define KETSCOPE_KERNELS_ENTRY ketscopeStateKernelsV4
#define KETSCOPE_KERNELS_ISA "v4"
#define KETSCOPE_VECTOR_BYTES 64
#define KETSCOPE_REAL double
#include "core/quantum/state_kernel.inc"
