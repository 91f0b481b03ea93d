// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/study/scene_list.h"
#include "core/train/scene.h"

#include <CLI/CLI.hpp>
#include <QImage>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

namespace ketscope {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostScenes = 10000;

struct ScenesOptions {
    CommonOptions common;
    std::string out;
    std::size_t count = 16;
};

std::string nameOf(std::size_t index)
{
    std::string digits = std::to_string(index);
    digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
    return "scene-" + digits + ".png";
}

void save(const Image& image, const fs::path& file)
{
    const auto width = static_cast<int>(image.width), height = static_cast<int>(image.height);
    const QImage picture(image.rgb.data(), width, height, 3 * width, QImage::Format_RGB888);
    if (!picture.save(QString::fromStdString(file.string()), "PNG"))
        fail({file.string(), "a place to write a picture", "it cannot be written", "Choose another folder."});
}

// Scenes whose captions differ, so that each has one that fits it best.
void write(const ScenesOptions& options)
{
    const fs::path folder = options.out;
    if (fs::exists(folder / kSceneList))
        refuse({folder.string(), "a folder without scenes", "a scenes.json", "Choose another folder."});
    fs::create_directories(folder);
    ConsoleMonitor monitor(options.common.quiet);
    Json list = Json::array();
    std::set<std::string> captions;
    for (std::uint32_t index = 0; list.size() < options.count; ++index) {
        monitor.check();
        const Scene scene = makeScene(options.common.seed, index);
        if (!captions.insert(scene.caption).second)
            continue;
        const std::string name = nameOf(list.size());
        save(scene.image, folder / name);
        list.push_back(toJson(scene, name));
        monitor.progress(static_cast<double>(list.size()) / static_cast<double>(options.count), name);
    }
    writeTextFile(folder / kSceneList, list.dump(1) + "\n");
    std::cout << "Written: " << list.size() << " pictures and scenes.json in " << folder.string() << '\n';
}

}  // namespace

void addScenes(CLI::App& program)
{
    CLI::App* command = program.add_subcommand(
        "scenes", "Draw pictures of coloured shapes with captions, wrong captions and boxes, to evaluate models on");
    const auto options = std::make_shared<ScenesOptions>();
    command->add_option("--out", options->out, "Folder for the pictures and scenes.json")->required();
    command->add_option("--count", options->count, "How many, with different captions (default 16)")
        ->check(CLI::Range(std::size_t{1}, kMostScenes));
    addCommonOptions(*command, options->common);
    command->callback([options] { write(*options); });
}

}  // namespace ketscope
