// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace ketscope::bench {

// A folder with a model of BERT-base's size (12 layers × 12 heads, width 768, 85 million parameters in its layers),
// random weights and a small vocabulary; removed when the object goes.
class BaseSizeModel {
public:
    BaseSizeModel();
    ~BaseSizeModel();
    BaseSizeModel(const BaseSizeModel&) = delete;
    BaseSizeModel& operator=(const BaseSizeModel&) = delete;

    const std::filesystem::path& folder() const { return m_folder; }

private:
    std::filesystem::path m_folder;
};

}  // namespace ketscope::bench
