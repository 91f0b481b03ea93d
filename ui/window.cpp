// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window.h"

#include "core/study/samples.h"
#include "ui/autosave.h"
#include "ui/main_window.h"

namespace ketscope {

namespace {

// The study that was asked for, completed from the sample where no model was named: the one of pictures for a picture.
Study startStudy(const WindowOptions& options)
{
    Study study = options.study;
    if (!study.modelPath.empty())
        return study;
    const Study sample = study.input.image ? pictureSample() : sampleStudy();
    study.modelPath = sample.modelPath;
    study.selection = sample.selection;
    if (study.candidates.empty())
        study.candidates = sample.candidates;
    return study;
}

}  // namespace

int runWindow(QApplication& application, const WindowOptions& options)
{
    Settings settings;
    Appearance appearance(settings);
    StudyController controller(options.threads);
    controller.setView(settings.view());
    controller.setRunWhileDragging(settings.runWhileDragging());
    Autosave autosave(controller, Autosave::usualFolder());
    MainWindow window(controller, appearance, settings);
    window.useAutosave(autosave);
    const bool nothingNamed = options.recorded.empty() && options.study == Study{};
    window.showStart(nothingNamed && !autosave.endedUnexpectedly());
    window.show();
    try {
        if (nothingNamed && autosave.endedUnexpectedly()) {
            window.restoreSession();
        } else if (options.recorded.empty()) {
            Study study = startStudy(options);
            study.view = settings.view();
            controller.openStudy(study, options.study != Study{});
        } else {
            window.openPath(QString::fromStdString(options.recorded));
        }
    } catch (const Error& error) {
        window.sayError(QString::fromUtf8(error.what()));
    }
    return application.exec();
}

}  // namespace ketscope
