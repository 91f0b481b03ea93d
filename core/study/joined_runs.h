// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <filesystem>

namespace ketscope {

// What joinRuns() (batch.h) wrote, read without its arrays.

// Whether a file says that it is one; false for what cannot be opened.
bool isJoinedRuns(const std::filesystem::path& file);

struct JoinedRun {
    std::string name;  // of its file
    // Study, model and tokens; of the traces their seconds alone. No plans, maps or outputs.
    ComparisonPointer run;
};
// In order of name. Throws Error (Input) naming the run that is damaged or none of Ketscope's.
std::vector<JoinedRun> readJoinedRuns(const std::filesystem::path& file, Monitor& monitor);

}  // namespace ketscope
