// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/samples.h"

#include "core/base/error.h"

#include <cstdlib>

namespace ketscope {

namespace fs = std::filesystem;

fs::path samplesFolder()
{
    const char* chosen = std::getenv("KETSCOPE_SAMPLES");
    if (chosen != nullptr && *chosen != '\0') {
        if (std::error_code ignored; !fs::is_directory(chosen, ignored))
            fail({chosen, "the samples folder that KETSCOPE_SAMPLES names", "no such folder",
                  "Correct the variable or unset it."});
        return chosen;
    }
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    const fs::path installed = (program.parent_path() / KETSCOPE_INSTALLED_SAMPLES).lexically_normal();
    for (const fs::path& folder : {installed, fs::path(KETSCOPE_SOURCE_SAMPLES)})
        if (fs::is_directory(folder / "sentiment", ignored))
            return folder;
    fail({installed.string(), "the bundled samples", "no such folder",
          "Install Ketscope again, or name the folder in the variable KETSCOPE_SAMPLES."});
}

Study sampleStudy()
{
    Study study;
    study.modelPath = (samplesFolder() / "sentiment").string();
    study.input.text = "the film is not great, but its acting is surprisingly warm.";
    study.candidates.push_back({{parseSpec("rff@layers=4-5")}});
    study.selection = {.layer = 5, .query = 4, .key = 5};  // from "not" to "great"
    return study;
}

}  // namespace ketscope
