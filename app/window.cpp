// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window.h"

#include "core/base/version.h"
#include "ui/window.h"

#include <QIcon>

#include <cstdlib>

namespace ketscope {

bool displayAvailable()
{
    for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
            return true;
    // Platforms that draw without a display server are used when named, but one that shows nothing is no display.
    const char* platform = std::getenv("QT_QPA_PLATFORM");
    const std::string_view named = platform == nullptr ? "" : platform;
    return !named.empty() && !named.starts_with("offscreen") && !named.starts_with("minimal");
}

int openWindow(const StartPaths& start)
{
    int argumentCount = 1;
    char name[] = "ketscope";
    char* arguments[] = {name, nullptr};
    QApplication application(argumentCount, arguments);
    QCoreApplication::setApplicationName(QStringLiteral("ketscope"));
    QCoreApplication::setOrganizationName(QStringLiteral("ketscope"));
    QCoreApplication::setApplicationVersion(QString::fromStdString(versionString()));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Ketscope"));
    QGuiApplication::setDesktopFileName(QStringLiteral("org.ketscope.Ketscope"));
    QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/org.ketscope.Ketscope.svg")));
    WindowOptions options;
    options.study.modelPath = start.model.string();
    if (!start.text.empty())
        options.study.input.text = start.text;
    if (!start.picture.empty())
        options.study.input.image = PictureInput{start.picture.string(), nullptr};
    options.recorded = start.recorded.string();
    return runWindow(application, options);
}

}  // namespace ketscope
