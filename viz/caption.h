// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <QString>

#include <vector>

namespace ketscope {

struct TokenFlow;  // core/study/token_flow.h

// The parts of a figure's caption that every figure of a comparison needs.

QString modelName(const ModelInfo& model);             // "DistilBERT (sentiment)"
QString captionOfInput(const Comparison& comparison);  // "for “the film is not great.”"
// "A, Exact softmax; B, RFF kernel (m 128 · σ 1), seed 0, layers 4–5 patched (8 of 24 heads)."
QString captionOfTraces(const Comparison& comparison, const std::vector<std::size_t>& which, std::size_t stack);
QString captionOfFlow(const TokenFlow& flow);                             // "Attention rollout of layers 0 to 5 (…)"
QString captionOfStack(const Comparison& comparison, std::size_t stack);  // "cross stack, "; empty with one stack
QString captionOfHead(const Comparison& comparison, const Selection& selection);  // "cross stack, layer 5, head 0"

}  // namespace ketscope
