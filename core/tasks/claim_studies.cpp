// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/claim_studies.h"

#include "core/study/samples.h"

#include <algorithm>

namespace ketscope {

namespace {

Study withCandidates(Study study, const std::vector<std::string>& specs, const std::string& perspective)
{
    study.candidates.clear();
    for (const std::string& spec : specs)
        study.candidates.push_back({{parseSpec(spec)}});
    study.perspective = perspective;
    return study;
}

}  // namespace

Study sentimentStudy(const std::vector<std::string>& specs, const std::string& perspective)
{
    return withCandidates(sampleStudy(), specs, perspective);
}

Study characterStudy(const std::vector<std::string>& specs, const std::string& perspective)
{
    return withCandidates(sampleAt(samplesFolder() / "char-gpt").value().study, specs, perspective);
}

std::vector<LabelledText> sampleSentences(const ModelInfo& model, std::size_t most)
{
    const std::vector<LabelledText> all =
        readLabelledTexts(samplesFolder() / "sentiment" / "sentences.tsv", model.labels);
    std::vector<LabelledText> some;
    std::vector<std::size_t> taken(model.labels.size(), 0);
    for (const LabelledText& text : all)
        if (taken[text.label]++ < most / model.labels.size())
            some.push_back(text);
    return some;
}

std::string samplePassage(std::size_t most)
{
    std::string text;
    for (const std::string& line : readLines(samplesFolder() / "char-gpt" / "passage.txt"))
        text += line + '\n';
    return text.substr(0, most);
}

}  // namespace ketscope
