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

}  // namespace ketscope::test
