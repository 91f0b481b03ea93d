// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"

namespace ketscope::test {

// Paints a figure and compares it with tests/viz/goldens/<name>.png, or stores it anew where KETSCOPE_UPDATE_GOLDENS is
// set. To be called at the end of a test.
void compareWithGolden(const char* name, const Figure& figure, bool dark, QSize size);

}  // namespace ketscope::test
