// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/figures.h"

#include <cstdlib>

namespace ketscope {

namespace {

// Figures must not depend on the desktop that happens to run, so no display is used even where there is one.
int& preparedForOffscreen(int& argumentCount)
{
    setenv("QT_QPA_PLATFORM", "offscreen", 1);
    // Standard error belongs to the program's own one-line messages, not to Qt's remarks about the desktop.
    qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString&) {});
    return argumentCount;
}

}  // namespace

OffscreenGui::OffscreenGui() : m_application(preparedForOffscreen(m_argumentCount), m_arguments) {}

std::vector<std::string> figureSuffixes()
{
    std::vector<std::string> suffixes;
    for (const ExportFormat& format : exportFormats())
        suffixes.push_back("." + format.id.toStdString());
    return suffixes;
}

}  // namespace ketscope
