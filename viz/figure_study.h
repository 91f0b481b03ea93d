// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"
#include "core/study/study.h"

#include <filesystem>
#include <optional>

namespace ketscope {

// The study that a figure's file (PDF, SVG or PNG) carries with ExportOptions::embedStudy: what it was drawn from. Nothing in
// other files and in figures without one. Throws Error (Input) when the file cannot be read, or what it carries is no study.
std::optional<Study> studyOfFigure(const std::filesystem::path& file, Monitor& monitor);
std::optional<Study> studyOfFigure(const std::filesystem::path& file);

}  // namespace ketscope
