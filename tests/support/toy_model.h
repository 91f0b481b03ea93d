// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

namespace ketscope::test {

// A model of one "text" stack with 2 layers × 2 heads and a two-class output, whose numbers can be told by hand: token i
// has the id's digits as embedding and every patched head attends uniformly, every other head only to itself. Counts its
// forward passes and remembers where the last one started.
class ToyModel : public Model {
public:
    ToyModel();
    Trace forward(const ForwardRequest& request, Monitor& monitor) const override;

    mutable int passes = 0;
    mutable std::size_t lastFirstLayer = 0;
};

// Splits at spaces; ids are the lengths of the words, at most 9. "?" is unknown.
class ToyTokenizer : public Tokenizer {
public:
    std::string kind() const override { return "toy"; }
    std::size_t vocabularySize() const override { return 10; }
    Encoding encode(std::string_view text, std::optional<std::string_view> pair,
                    const EncodeOptions& options) const override;
    Token token(std::int32_t id) const override;
};

std::shared_ptr<LoadedModel> toyModel();

// A model of a text and an image of 6 × 4 pixels in patches of 2 × 2, so 2 rows of 3 after the class token: stacks "text",
// "vision" and "cross" (text queries, image keys), one layer and one head each, all uniform. Output "logits_per_image":
// how many tokens each text has. `folder` holds its preprocessor_config.json.
class ToyImageModel : public Model {
public:
    explicit ToyImageModel(const std::filesystem::path& folder);
    Trace forward(const ForwardRequest& request, Monitor& monitor) const override;
};

// Writes the processor file (shortest edge 4, then a crop to 6 × 4; values are bytes) into `folder`.
std::shared_ptr<LoadedModel> toyImageModel(const std::filesystem::path& folder);

}  // namespace ketscope::test
