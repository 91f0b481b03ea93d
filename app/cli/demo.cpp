// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/figures.h"
#include "app/cli/report.h"
#include "core/base/error.h"
#include "core/study/run_file.h"
#include "viz/composition.h"
#include "viz/picture.h"

#include <iostream>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

fs::path demoFolder()
{
    const fs::path folder = "ketscope-demo";
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        fail({(fs::current_path() / folder).string(), "a folder to write into", error.message(),
              "Start Ketscope in a folder that can be written."});
    return folder;
}

}  // namespace

void runDemo(const Study& study)
{
    const OffscreenGui gui;
    const fs::path folder = demoFolder();
    ConsoleMonitor monitor(false);
    const std::shared_ptr<const LoadedModel> model = loadModel(study.modelPath, monitor);
    const ComparisonPointer comparison = runStudy(withPicture(study), *model, nullptr, 0, monitor);
    const std::unique_ptr<Composition> figure = makePage(comparison, {});
    std::cout << comparisonText(*comparison) << "\nWritten:\n" << std::flush;
    for (const char* name : {"comparison.pdf", "comparison.png"}) {
        monitor.check();
        exportFigure(*figure, *comparison, folder / name, {});
        std::cout << "  " << (folder / name).string() << std::endl;
    }
    writeRunFile(*comparison, folder / "comparison.h5", monitor);
    std::cout << "  " << (folder / "comparison.h5").string() << '\n';
    printNotices(comparisonNotices(*comparison), false);
}

}  // namespace ketscope
