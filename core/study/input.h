// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/image/image.h"
#include "core/image/patch_geometry.h"
#include "core/models/model.h"
#include "core/text/tokenizer.h"

#include <optional>
#include <string>
#include <vector>

namespace ketscope {

// A picture by its file. Whoever starts a run decodes it first: core does not.
struct PictureInput {
    std::string path = {};
    std::shared_ptr<const Image> pixels = {};  // null until decoded

    // A file that is not decoded yet equals itself decoded.
    bool operator==(const PictureInput& other) const;
};

// What the user gave: text (and a pair), labels that an image is held against, or token ids and masks exactly; and an
// image, or its numbers exactly.
struct Input {
    std::optional<std::string> text = {};
    std::optional<std::string> textPair = {};
    std::vector<std::string> labels = {};  // one text each, in place of a text
    std::string labelTemplate = "{}";      // each "{}" becomes the label
    std::vector<std::int32_t> tokenIds = {};
    std::vector<std::uint8_t> attentionMask = {};
    std::vector<std::int32_t> tokenTypes = {};
    std::optional<PictureInput> image = {};
    std::string pixelValues = {};  // an .npy file of float32 (3, h, w), in place of an image

    bool operator==(const Input&) const = default;
};

inline constexpr std::size_t kMaximumLabels = 1000;

// The input as the model sees it, with what is needed to label it.
struct EncodedInput {
    ModelInput model = {};
    std::vector<Token> tokens = {};             // of the text; with labels, of the first one's
    std::vector<Token> imageTokens = {};        // class tokens, then the patches: "patch 3,4" is row 3, column 4
    std::optional<PatchGeometry> patches = {};  // where the patches lie in the picture
    std::shared_ptr<const Image> picture = {};  // null where numbers were given
    std::vector<std::string> labels = {};       // of the texts that the image is held against; else empty
    std::vector<std::string> notices = {};      // "Cut to 64 tokens: 12 dropped.", "2 unknown words became [UNK]."
};

// Tokenizes, makes the image ready as the model's own processor file says, and checks. Throws Error (Input): something
// that the model needs is missing or something that it cannot take is given, no tokens, both text and ids, no tokenizer
// or image processor, masks of another length, ids outside the vocabulary. Text longer than the model allows is cut, with
// a notice.
EncodedInput encodeInput(const Input& input, const ModelInfo& model, const Tokenizer* tokenizer);

}  // namespace ketscope
