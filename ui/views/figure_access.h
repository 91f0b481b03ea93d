// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ketscope {

class FigureView;

// Lets screen readers see figure views as tables with a name, a caption and the value of the selected cell.
void installFigureAccess();
// Tells them that the selected cell changed.
void announceFigureValue(FigureView& view);

}  // namespace ketscope
