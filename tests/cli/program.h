// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ketscope::test {

// How the program is started: without a display, in `folder` (empty = this one), with `environment` ("NAME=value") added.
struct Start {
    std::filesystem::path folder = {};
    std::vector<std::string> environment = {};
    double timeoutSeconds = 60.0;
    std::optional<double> interruptAfterSeconds = {};  // SIGINT, as Ctrl-C sends it
    std::optional<std::string> standardOutput = {};    // a file to write to instead of being captured
};

struct Outcome {
    int status = -1;  // 128 + signal when killed, as it is after the time limit
    std::string out;
    std::string error;
    double seconds = 0.0;

    nlohmann::json json() const;  // of `out`; fails the test when it is not JSON
    std::vector<std::string> errorLines() const;
};

Outcome ketscope(const std::vector<std::string>& arguments, const Start& start = {});

// Exit status 2 and one line on standard error that begins with "ketscope: ", within ten seconds.
void expectRefused(const Outcome& outcome);

std::size_t entriesIn(const std::filesystem::path& folder);

std::string sampleModel();
std::string fixtureModel(const std::string& name);
// A full run of the sample in `folder`, ready to be rendered.
std::string sampleRun(const std::filesystem::path& folder);

}  // namespace ketscope::test
