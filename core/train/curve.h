// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/trainer.h"

#include <span>

namespace ketscope {

// The curve of the run in `folder` up to its last checkpoint or a little beyond, in rising steps; empty when there is none.
// Of validation only loss and accuracy are known. Throws Error (Input) for a curve.csv that is none.
std::vector<CurvePoint> readCurve(const std::filesystem::path& folder);
// Every number with the digits that it needs to be read as it was. Throws Error (Failure).
void writeCurve(std::span<const CurvePoint> points, const std::filesystem::path& folder);

// The mean of each value and of those before it, `window` of them at most (1 or more).
std::vector<double> trailingMeans(std::span<const double> values, std::size_t window);

// What one question of an objective is about: "character" where every piece of the tokenizer's vocabulary is one, "token",
// "text" or "pair". Losses are nats per question.
std::string questionName(Objective objective, const Tokenizer& tokenizer);
// What examples of an objective are called: "blocks", "texts" or "pairs".
std::string examplesName(Objective objective);

}  // namespace ketscope
