// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

#include <QApplication>

#include <filesystem>
#include <optional>
#include <string>

namespace ketscope
{

// What the window starts with. Whatever is not given comes from the bundled sample.
struct WindowOptions {
    std::filesystem::path model;   // model folder to open; empty = the sample
    std::filesystem::path sample;  // folder of the bundled sample; empty when it was not found
    std::optional<std::string> text;
    std::optional<Plan> plan;           // B
    std::optional<Selection> selection;  // empty: the cell that changes most
    std::uint64_t seed = 0;
    int threads = 0;  // 0 = one per core
};

// Opens the window and runs the event loop. Returns the exit status.
int runWindow(QApplication& application, const WindowOptions& options);

}  // namespace ketscope
