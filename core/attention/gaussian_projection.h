// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/rows.h"

namespace ketscope {

// `count` frequencies of `dimension` independent standard normal numbers each; frequency f depends on the key and f alone,
// so more of them keep the ones before.
struct GaussianProjection {
    Tensor rows;          // (count, dimension)
    PackedMatrix packed;  // its transpose, (dimension, count)
};

// With `orthogonal`, blocks of `dimension` frequencies are made orthogonal, each as long as an independent Gaussian vector
// (Yu et al., "Orthogonal random features", NIPS 2016). Drawing takes longer than using them on a short text: the last few
// thousand are kept. Safe from any thread.
std::shared_ptr<const GaussianProjection> gaussianProjection(std::size_t count, std::size_t dimension, bool orthogonal,
                                                             const RandomKey& random);

}  // namespace ketscope
