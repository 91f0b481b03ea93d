// SPDX-License-Identifier: GPL-3.0-or-later
#define KETSCOPE_KERNELS_ENTRY ketscopeKernelsV4
#define KETSCOPE_KERNELS_ISA "v4"
#define KETSCOPE_VECTOR_BYTES 64
#define KETSCOPE_TILE_VECTORS 4
#include "core/nn/kernels_attention.inc"
