// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"
#include "core/study/study.h"
#include "core/text/labelled_texts.h"

#include <string>
#include <vector>

namespace ketscope {

// The samples are so small that a second thread only waits.
inline constexpr int kSampleThreads = 1;

// What claims are measured with and looked into: the bundled samples. Each throws as samplesFolder().

// The bundled sentiment classifier on its sentence, or the bundled character model, with a candidate for each SPEC.
Study sentimentStudy(const std::vector<std::string>& specs, const std::string& perspective = {});
Study characterStudy(const std::vector<std::string>& specs, const std::string& perspective = {});

// Labelled sentences and a passage of a play that lie beside the samples, none of which the models were trained on; at most
// `most` sentences, of every class as many; `most` characters.
std::vector<LabelledText> sampleSentences(const ModelInfo& model, std::size_t most);
std::string samplePassage(std::size_t most);

}  // namespace ketscope
