// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/measures.h"
#include "core/study/comparison.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace ketscope {

class HeadMaps;    // viz/head_maps.h
struct TokenFlow;  // core/study/token_flow.h

// The parts of a figure's caption that every figure of a comparison needs.

QString modelName(const ModelInfo& model);             // "DistilBERT (sentiment)"
QString captionOfInput(const Comparison& comparison);  // "for “the film is not great.”"
// "A, Exact softmax; B, RFF kernel (m 128 · σ 1), seed 0, layers 4–5 patched (8 of 24 heads)."
QString captionOfTraces(const Comparison& comparison, const std::vector<std::size_t>& which, std::size_t stack);
// What is known of the errors of the outputs of the traces: "± is one standard error …", or that none are.
QString captionOfOutputErrors(const Comparison& comparison);
QString captionOfFlow(const TokenFlow& flow);  // "Attention rollout of layers 0 to 5 (…)"
// "Head means: KL(A‖B) 0.736, JS 0.143 nats; entropy A 2.18 → B 1.71 nats; max |Δ| 0.782." of two maps by their letters;
// `qualified` stands after "means".
QString captionOfMeans(const MapComparison& found, const QString& a, const QString& b, const QString& qualified = {});
// The same of a head's maps of the first two of `traces`; with one its entropy.
QString captionOfMeans(const HeadMaps& maps, const std::vector<std::size_t>& traces);
// What of the view's scope changes numbers of the selected stack (core/study/head_scope.h), and that as a sentence of a
// caption, with a space before it; empty where nothing does.
QStringList scopeParts(const Comparison& comparison, bool distances);
QString captionOfScope(const QStringList& parts);
QString captionOfStack(const Comparison& comparison, std::size_t stack);  // "cross stack, "; empty with one stack
QString captionOfHead(const Comparison& comparison, const Selection& selection);  // "cross stack, layer 5, head 0"

}  // namespace ketscope
