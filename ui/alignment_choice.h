// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/alignment.h"
#include "ui/study_controller.h"

namespace ketscope {

// What clicks on words and patches do to the study: the selection moves in every view, and the view remembers what was
// added to it. Nothing happens where there is nothing to align.

// What is aligned now; none where nothing is.
std::optional<AlignmentSource> alignmentSourceOf(const StudyController& controller);

void chooseMethod(StudyController& controller, const AlignmentMethod& method);
// A word or patch with the query or key that it is in the selected stack.
Pointed pointedOf(const StudyController& controller, const Pointed& pointed);
// `add`: to the tokens whose mean is shown, or away from them when it is among them.
void chooseToken(StudyController& controller, std::size_t token, bool add);
// The patches from `first`, which is selected, to `last`.
void chooseRegion(StudyController& controller, std::size_t first, std::size_t last);
// The next token or patch in a direction; what would leave the text or the grid stays.
void moveToken(StudyController& controller, int steps);
void movePatch(StudyController& controller, int rows, int columns);
// Makes the region larger or smaller at its bottom and right.
void growRegion(StudyController& controller, int rows, int columns);

}  // namespace ketscope
