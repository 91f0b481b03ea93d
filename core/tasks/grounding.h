// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/retrieval.h"

#include <string>
#include <vector>

namespace ketscope {

// One figure of how a model ties words to a picture. Items are independent but for words of one caption.
struct GroundingFigure {
    std::string id;  // "points:cross-attention:2"
    std::string title;
    std::string unit;  // "of captions"
    std::size_t items = 0;
    std::vector<Interval> values;  // of A, B, …: the mean, 95 %: binomial where all items are 0 or 1, else Student's t
    std::vector<Interval> differences;  // less A's, item by item: Student's t
};

struct GroundingEvaluation {
    std::vector<TraceTitle> titles;
    std::vector<bool> published;
    std::size_t pictures = 0;
    std::size_t words = 0;  // that name an object whose box is known
    double chance = 0.0;    // of pointing into a box: the mean share of patches whose middle lies in it
    std::vector<GroundingFigure> figures;
};

// For every picture with its caption and the captions that are not true of it:
// whether a matching model accepts the first (probability of a match above ½) and refuses the others, or a model of two
// towers puts the first above each; with its patch–token cosines also whether late interaction, the mean over words of the
// best cosine (Yao et al., FILIP, ICLR 2022), puts a picture's caption above those of all other pictures;
// and, where the file says which word names which box, for each layer (mean of its heads) and each way of alignment that
// has words: the pointing game (Zhang et al., ECCV 2016) and the mass on the box. Values are means over the seeds.
// Throws Error: Input for another model or no pictures; Cancelled.
GroundingEvaluation evaluateGrounding(const LoadedModel& model, const std::vector<CaptionedPicture>& pictures,
                                      const EvaluationRequest& request, Monitor& monitor);

}  // namespace ketscope
