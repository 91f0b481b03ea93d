// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "core/study/batch.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace ketscope {

namespace {

struct JoinOptions {
    CommonOptions common;
    std::vector<std::string> runs;
    std::string out;
};

void join(const JoinOptions& options)
{
    checkOutput(options.out, {".h5"});
    ConsoleMonitor monitor(options.common.quiet);
    joinRuns({options.runs.begin(), options.runs.end()}, options.out, monitor);
    std::cout << options.out << ": " << options.runs.size() << " runs\n";
}

}  // namespace

void addJoin(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("join", "Many run files as one HDF5 file");
    const auto options = std::make_shared<JoinOptions>();
    command->add_option("RUN", options->runs, "Run files, for example those of render --keep-runs")->required();
    command->add_option("--out", options->out, "File to write: .h5, with /runs/<name>/… as each run file is")
        ->required();
    addCommonOptions(*command, options->common);
    command->callback([options] { join(*options); });
}

}  // namespace ketscope
