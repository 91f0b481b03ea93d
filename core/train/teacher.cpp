// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/teacher.h"

#include "core/base/parallel.h"
#include "core/nn/kernels.h"
#include "core/train/evaluation.h"
#include "core/train/training_data.h"

#include <numeric>

namespace ketscope {

Teacher::Teacher(const std::filesystem::path& folder, Monitor& monitor) : m_monitor(monitor)
{
    const ModelFiles files = openModelFiles(folder);
    QuietMonitor quiet(monitor);
    m_model = architectureOf(files).open(files, quiet);
}

Tensor Teacher::judge(const std::vector<LabelledText>& texts, double trust, const Tokenizer& tokenizer) const
{
    const std::size_t classes = m_model->info().labels.size();
    const Question question = questionOf(Objective::Classification);
    const HeadPlan plan = resolve({}, m_model->info(), 0);
    const double others = (1.0 - trust) / static_cast<double>(classes - 1);
    Tensor shares({texts.size(), classes});
    constexpr std::size_t kAtATime = 1024;
    for (std::size_t first = 0; first < texts.size(); first += kAtATime) {
        m_monitor.progress(static_cast<double>(first) / static_cast<double>(texts.size()),
                           "The teacher judges text " + std::to_string(first + 1) + " of "
                               + std::to_string(texts.size()));
        parallelFor(std::min(kAtATime, texts.size() - first), kSerialWork, [&](std::size_t i) {
            const LabelledText& text = texts[first + i];
            ModelInput input;
            static_cast<TextInput&>(input) = encodedText(text.text, tokenizer, m_model->info());
            const Trace trace = answer(*m_model, plan, input, {question.output}, m_monitor);
            const std::span<float> row = shares.matrix().row(first + i);
            std::ranges::copy(trace.outputs.at(question.output)->values(), row.begin());
            kernels().softmax(row.data(), row.size());
            for (std::size_t c = 0; c < classes; ++c)
                row[c] *= static_cast<float>(c == text.label ? trust : others);
            const float sum = std::accumulate(row.begin(), row.end(), 0.0F);
            for (float& share : row)
                share /= sum;
        });
    }
    return shares;
}

}  // namespace ketscope
