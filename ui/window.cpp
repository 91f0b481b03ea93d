// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window.h"

#include "core/study/samples.h"
#include "ui/main_window.h"

namespace ketscope {

int runWindow(QApplication& application, const WindowOptions& options)
{
    Settings settings;
    Appearance appearance(settings);
    StudyController controller(options.threads);
    controller.setView(settings.view());
    controller.setRunWhileDragging(settings.runWhileDragging());
    MainWindow window(controller, appearance, settings);
    window.show();
    try {
        if (!options.recorded.empty()) {
            controller.openRecorded(QString::fromStdString(options.recorded));
            return application.exec();
        }
        Study study = options.study;
        const bool sampleAsItIs = study.modelPath.empty() && study.input == Input{} && study.candidates.empty();
        if (study.modelPath.empty()) {
            const Study sample = study.input.image ? pictureSample() : sampleStudy();
            study.modelPath = sample.modelPath;
            study.selection = sample.selection;
            if (study.candidates.empty())
                study.candidates = sample.candidates;
        }
        study.view = settings.view();
        controller.openStudy(study, !sampleAsItIs);
    } catch (const Error& error) {
        window.sayError(QString::fromUtf8(error.what()));
    }
    return application.exec();
}

}  // namespace ketscope
