// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <QImage>

#include <vector>

namespace ketscope {

enum class HeadPicture { Baseline, Candidate, Difference, StandardError };

// What the grid of heads draws, by layer and head.
struct HeadPictures {
    std::vector<QImage> pictures;      // maps, or one coloured pixel each
    std::vector<double> values;        // of the view's measure
    std::vector<std::size_t> order;    // the heads of every layer as they stand from left to right
    std::vector<std::size_t> largest;  // places of the largest values, the largest first
};

inline constexpr std::size_t kMarkedHeads = 5;

// The heads of the selected stack as the study's view asks for. With `numbers` each head is one colour: the measure of
// A or B, B's minus A's, the divergence, or the mean standard error. Throws Error (Cancelled).
HeadPictures drawHeads(const ComparisonPointer& comparison, HeadPicture picture, bool numbers, bool dark,
                       const Monitor& monitor);

// Whether a candidate's standard errors are known for some head of the selected stack.
bool hasStandardErrors(const Comparison& comparison);

// What is drawn where `wanted` is asked for: A where there is only A, no standard errors where there are none.
HeadPicture shownPicture(const Comparison& comparison, HeadPicture wanted);

// "Mean row entropy, nats" as the grid shows it for this picture.
QString measureTitle(const std::string& measure, HeadPicture picture);

// "1st", "2nd", "11th", of a rank from 1 on.
QString rankText(std::size_t rank);

}  // namespace ketscope
