// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/interval.h"
#include "core/study/head_recorder.h"
#include "core/study/sweep_heads.h"

#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// Independent normal numbers of mean 0; each `which` is another draw.
Tensor normalTensor(std::size_t rows, std::size_t columns, double deviation, std::uint64_t seed, std::uint32_t which);

// Heads whose queries, keys and values are independent standard normal numbers, as the benchmarks of Q-Transformers have
// them: one for each seed.
class NormalHeads {
public:
    // n queries and keys of d numbers, layer inputs of `width` (0 = none).
    NormalHeads(std::size_t n, std::size_t d, std::size_t heads, std::uint64_t seed, std::size_t width = 0);

    std::size_t count() const { return m_heads.size(); }
    const HeadInput& input(std::size_t head) const { return m_heads[head].front()->input; }

    // A head measure of sweepMeasures() with a mechanism ("shots:shots=32"), one value for each head, which is also its seed.
    std::vector<double> values(const std::string& spec, std::string_view measure, Monitor& monitor) const;
    Interval mean(const std::string& spec, std::string_view measure, Monitor& monitor) const;

    // "n = 64, d = 64; 40 heads of normal numbers", with `detail` after the sizes.
    std::string scope(const std::string& detail = {}) const;

private:
    std::vector<RecordedHeads> m_heads;  // of one head each, so that each is a measurement of its own
    std::vector<std::vector<HeadResults>> m_exact;
};

// What a mechanism says of the whole head. NaN where it gives no such diagnostic; the mean of several values.
double diagnosticOf(const HeadInput& input, const std::string& spec, std::string_view id, const Monitor& monitor);

}  // namespace ketscope
