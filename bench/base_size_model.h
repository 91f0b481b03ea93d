// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace ketscope::bench {

// A folder with a model of BERT-base's size (12 layers × 12 heads, width 768, 85 million parameters in its layers), random
// weights and a small vocabulary. Written when first asked for, removed when the program ends.
const std::filesystem::path& baseSizeModel();

}  // namespace ketscope::bench
