// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/averaged_draws.h"

#include <memory>

namespace ketscope {

// R of a mechanism with these parameters; 1 where it has no repeats.
std::uint64_t drawsOf(const Mechanism& mechanism, const Parameters& parameters);

// The draws of group `group` out of `groups` that R draws are parted into, in their order; the groups' sizes differ by one at
// most. 1 ≤ groups ≤ draws.
DrawRange drawGroup(std::uint64_t draws, std::uint64_t group, std::uint64_t groups);

// `of` as it is without one group of its draws; `of` must outlive it. Heads with fewer draws than groups leave out nothing.
// It gives no diagnostics and no standard errors.
std::unique_ptr<const Mechanism> withoutDrawGroup(const Mechanism& of, std::uint64_t group, std::uint64_t groups);

// What withoutDrawGroup() was made of; any other mechanism itself.
const Mechanism& wholeMechanism(const Mechanism& mechanism);

}  // namespace ketscope
