// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/export.h"

#include <QGuiApplication>

namespace ketscope {

// What fonts and painting need where no window is wanted: a Qt application without a display.
class OffscreenGui {
public:
    OffscreenGui();

private:
    int m_argumentCount = 1;
    char m_name[9] = "ketscope";
    char* m_arguments[2] = {m_name, nullptr};
    QGuiApplication m_application;
};

// ".pdf", ".svg", … as exporters offer them.
std::vector<std::string> figureSuffixes();

}  // namespace ketscope
