// SPDX-License-Identifier: GPL-3.0-or-later
#define KETSCOPE_KERNELS_ENTRY ketscopeKernelsV3
#define KETSCOPE_KERNELS_ISA "v3"
#define KETSCOPE_VECTOR_BYTES 32
#define KETSCOPE_TILE_VECTORS 2
#include "core/nn/kernels_attention.inc"
