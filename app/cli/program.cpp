// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/program.h"

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/paths.h"
#include "app/window.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "core/study/samples.h"

#include <CLI/CLI.hpp>
#include <QLoggingCategory>
#include <QtGlobal>
#include <iostream>

namespace ketscope {

namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

std::string versionText()
{
    std::string text = "ketscope " + versionString() + "\nQt " + qVersion() + "\n";
    for (const LibraryVersion& library : libraryVersions())
        text += library.name + " " + library.version + "\n";
    text.pop_back();
    return text;
}

void addCommands(CLI::App& program)
{
    program.set_version_flag("--version", versionText, "Print the versions of Ketscope and its libraries");
    program.set_help_flag("--help,-h", "Print this help");
    program.require_subcommand(0, 1);
    program.footer(
        "Without a command the window opens. Exit status: 0 done, 1 the work failed, 2 wrong usage or unusable "
        "input.");
    addInspect(program);
    addTokenize(program);
    addRun(program);
    addRender(program);
    addJoin(program);
    addSweep(program);
    addEvaluate(program);
    addScenes(program);
    addClaims(program);
    addTrain(program);
    addMechanisms(program);
    addLesson(program);
}

// A first argument that is neither option, command nor path is most likely a command that does not exist.
void refuseUnknownCommand(const CLI::App& program, const std::string& first)
{
    std::vector<std::string> names;
    for (const CLI::App* command : program.get_subcommands({}))
        names.push_back(command->get_name());
    const bool known = std::find(names.begin(), names.end(), first) != names.end();
    if (known || first.starts_with('-') || kindOfPath(first) != PathKind::Missing)
        return;
    refuse({first, "a command (" + joined(names, ", ") + "), a model folder, a GGUF file or a text file",
            "none of these", "See ketscope --help."});
}

// The sample's study with what was given in place of its model and text. Another model is patched in its last two layers.
Study demoStudy(const StartPaths& start)
{
    Study study = start.picture.empty() ? sampleStudy() : pictureSample();
    if (!start.picture.empty())
        study.input.image = PictureInput{start.picture.string(), nullptr};
    if (!start.text.empty())
        study.input.text = start.text;
    if (start.model.empty())
        return study;
    study.modelPath = start.model.string();
    const ModelFiles files = openModelFiles(start.model);
    const ModelInfo info = architectureOf(files).describe(files);
    if (const std::optional<Sample> sample = sampleAt(start.model);
        sample && start.text.empty() && start.picture.empty())
        return sample->study;
    study.input = fittedInput(study.input, info);
    const std::size_t layers = info.stacks.at(0).layers;
    PlanEntry& entry = study.candidates.at(0).entries.at(0);
    entry.layers.clear();
    for (std::size_t layer = layers < 2 ? 0 : layers - 2; layer < layers; ++layer)
        entry.layers.push_back(layer);
    study.selection.layer = entry.layers.at(0);
    return study;
}

int openWindowOrDemo(const std::vector<std::string>& paths)
{
    const StartPaths start = readStartPaths(paths);
    if (displayAvailable())
        return openWindow(start);
    if (!start.recorded.empty())
        refuse({start.recorded.string(), "a display for the window", "none", "Draw it with ketscope render."});
    const Study study = demoStudy(start);
    printError("no display was found (neither DISPLAY nor WAYLAND_DISPLAY is set), so the comparison is printed and "
               "written to ketscope-demo/ instead of a window.");
    runDemo(study);
    return kDone;
}

int parseAndDo(int argc, char** argv)
{
    CLI::App program("Classical and quantum-inspired attention in transformer models, side by side.", "ketscope");
    std::vector<std::string> paths;
    program.add_option("PATH", paths,
                       "Model folder, GGUF file, run file, captured attention, picture or text to open in the window");
    addCommands(program);
    if (argc > 1)
        refuseUnknownCommand(program, argv[1]);
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& answer) {
        return program.exit(answer);
    }
    return program.get_subcommands().empty() ? openWindowOrDemo(paths) : kDone;
}

int statusOf(const Error& error)
{
    if (error.kind() == ErrorKind::Cancelled)
        printError("cancelled; no file was written.");
    else
        printError(error.what());
    return error.kind() == ErrorKind::Input ? kWrongUsage : kFailed;
}

}  // namespace

int runProgram(int argc, char** argv)
{
    // Decoders of pictures report damage here too; the one line of an error says it already.
    QLoggingCategory::setFilterRules(QStringLiteral("qt.gui.imageio*=false"));
    try {
        const int status = parseAndDo(argc, argv);
        if (std::cout.flush())
            return status;
        printError("standard output: expected to write the result, found that it cannot be written.");
    } catch (const Error& error) {
        return statusOf(error);
    } catch (const CLI::Error& error) {
        printError(std::string(error.what()) + ". See ketscope --help.");
        return kWrongUsage;
    } catch (const std::bad_alloc&) {
        printError("memory: expected more of it, found none left. Close other programs or give a shorter input.");
    } catch (const std::exception& error) {
        printError(error.what());
    }
    return kFailed;
}

}  // namespace ketscope
