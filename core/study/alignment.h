// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/alignment.h"
#include "core/study/comparison.h"

namespace ketscope {

// One way to hold words and patches against each other: a row of alignmentMethods(). Definitions: peers.md §4.
struct AlignmentMethod {
    std::string id;          // "cross-attention": in studies
    std::string title;       // "Cross-attention"
    std::string definition;  // what the values are, in one or two sentences, with the source
    std::string formula;
    // Why this comparison does not have it, in one sentence; empty = it does.
    std::string (*obstacle)(const Comparison& comparison);
    bool similarity = false;      // values have a sign and rows are no distributions
    bool sparse = false;          // only links: where there is none the value is NaN
    bool bothDirections = false;  // words look at patches, or patches at words
    bool usesHeads = false;       // of a layer or a head, not of all layers at once
    bool ofPatchesAlone = false;  // the image's class key never takes part
};

const std::vector<AlignmentMethod>& alignmentMethods();
// Throws Error (Input) listing the known ids.
const AlignmentMethod& alignmentMethod(std::string_view id);
// Why nothing can be aligned here, as one sentence; empty = something can.
std::string alignmentObstacle(const Comparison& comparison);
std::string alignmentObstacle(const ModelInfo& model);

struct Relevance;  // relevance.h

// What the view and the selection ask for, with what the comparison does not have replaced by what it has.
struct AlignmentSource {
    const AlignmentMethod* method = nullptr;
    std::optional<std::size_t> stack = {};  // whose maps are read; none for similarities
    std::size_t layer = 0;
    std::size_t head = 0;
    HeadReduction reduction = HeadReduction::OneHead;
    bool withoutClass = false;
    bool fromPatches = false;
    bool perToken = true;  // a row for each token of the text; else one, of the image's class token

    bool operator==(const AlignmentSource&) const = default;
};
// Throws Error (Input) with alignmentObstacle().
AlignmentSource alignmentSource(const Comparison& comparison);
// "cross stack, layer 1, head 0".
std::string placeOf(const AlignmentSource& source, const Comparison& comparison);

// The values of every trace: (tokens, patches), whatever the direction, or (1, patches).
struct AlignmentMaps {
    struct OfTrace {
        Tensor values;
        std::vector<double> mass;  // of each row: weight on the patches before anything was left out; empty = none such
        std::optional<LateInteraction> late = {};  // of the similarities
    };
    AlignmentSource source;
    PatchGrid grid;
    std::vector<std::uint8_t> rows;  // 1 = the row counts: it is no padding
    std::vector<std::shared_ptr<const OfTrace>> traces;
    std::vector<std::shared_ptr<const Trace>> madeOf;
    std::shared_ptr<const Relevance> relevance = {};  // of that method
};
// Why alignmentMaps() has to wait, as one sentence: relevance has not been computed (relevance.h). Empty = it need not.
std::string alignmentDelay(const Comparison& comparison);
// Throws Error (Input) where there is nothing to align, or not yet.
std::shared_ptr<const AlignmentMaps> alignmentMaps(const Comparison& comparison);

// What is looked at: the selected token with those added to it, and the selected patch with its region.
struct AlignmentFocus {
    std::vector<std::size_t> tokens = {0};  // rows of the maps; the first is the selected one
    std::size_t patch = 0;
    PatchRegion region = {};
};
AlignmentFocus focusOf(const Comparison& comparison, const AlignmentSource& source);
// The selection with this token, or this patch, in the method's stack or, for similarities, in the selected one. The
// same selection where the stack has no such token.
Selection withToken(const Comparison& comparison, const AlignmentSource& source, Selection selection,
                    std::size_t token);
Selection withPatch(const Comparison& comparison, const AlignmentSource& source, Selection selection,
                    std::size_t patch);

// A word or patch of an alignment with the query or key that it is in the selected stack, where it is one there.
Pointed inSelectedStack(const Comparison& comparison, const AlignmentSource& source, Pointed pointed);

// The focus' tokens' values at every patch, their mean; of links, all of them.
std::vector<float> valuesOfTokens(const AlignmentMaps& maps, std::size_t trace, const AlignmentFocus& focus);
// Every token's value at the region, the mean over its patches; of links, the largest.
std::vector<double> valuesOfRegion(const AlignmentMaps& maps, std::size_t trace, const AlignmentFocus& focus);

// B against A for the focus' tokens. KL and JS are NaN for similarities and links, which are no distributions.
struct AlignmentNumbers {
    double kl = 0.0;
    double jensenShannon = 0.0;
    double maximumDifference = 0.0;
    std::size_t sharedPatches = 0;  // of the largest five
    std::size_t largestPatches = 0;
};
AlignmentNumbers compareAlignment(const AlignmentMaps& maps, const AlignmentFocus& focus, std::size_t baseline,
                                  std::size_t trace);
// JS of two rows where they are distributions, else the largest |difference|.
double alignmentDistance(const AlignmentSource& source, std::span<const float> a, std::span<const float> b);

}  // namespace ketscope
