// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/evaluation.h"
#include "core/train/scene.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ketscope {

// A picture, its caption, and the same caption made wrong in one respect.
struct CaptionedPicture {
    std::filesystem::path file;
    std::string caption;
    std::string negative;                          // empty = none
    std::shared_ptr<const Image> pixels = {};      // decoded by whoever starts the work: core does not
    std::vector<FalseCaption> falseCaptions = {};  // all that are known, with what is wrong
};

// The pictures of a folder's scene list (core/study/scene_list.h), entries {"image", "caption", "hard_negative",
// "false_captions": [{"text", "wrong"}]}; other keys are left alone.
// Throws Error (Input).
std::vector<CaptionedPicture> readCaptionedPictures(const std::filesystem::path& folder);

// How well every text fits the image: a scaled cosine, or the logit of a match less that of none.
std::vector<float> scoresOfTexts(const Trace& trace);
// Throws Error (Input) for a model that does not hold an image against several texts.
void requireSeveralTexts(const LoadedModel& model);

// Zero-shot answers of a model that holds an image against several texts. Classes of the first two are the pictures, in
// their order; of the third 0 = the caption, 1 = its negative.
struct RetrievalEvaluation {
    TextEvaluation textOfImage;  // the caption, of all captions, that fits a picture best
    TextEvaluation imageOfText;  // the picture, of all pictures, that fits a caption best
    TextEvaluation negatives;    // whether the caption fits better than its negative; of pictures that have one
};
// Throws Error: Input for another model, fewer than two pictures or two equal captions; Cancelled.
RetrievalEvaluation evaluateRetrieval(const LoadedModel& model, const std::vector<CaptionedPicture>& pictures,
                                      const EvaluationRequest& request, Monitor& monitor);

}  // namespace ketscope
