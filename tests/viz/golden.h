// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"

#include <QImage>

namespace ketscope::test {

// Paints a figure and compares it with tests/viz/goldens/<name>.png, or stores it anew where KETSCOPE_UPDATE_GOLDENS is
// set. To be called at the end of a test.
void compareWithGolden(const char* name, const Figure& figure, bool dark, QSize size);
// The same for a picture.
void compareWithGolden(const std::string& name, const QImage& image);

}  // namespace ketscope::test
