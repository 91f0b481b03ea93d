// SPDX-License-Identifier: GPL-3.0-or-later
#define KETSCOPE_KERNELS_ENTRY ketscopeKernelsV2
#define KETSCOPE_KERNELS_ISA "v2"
#define KETSCOPE_VECTOR_BYTES 16
#define KETSCOPE_TILE_VECTORS 2
#include "core/nn/kernels_attention.inc"
