// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/processor.h"
#include "core/train/scene.h"
#include "core/train/training_data.h"

namespace ketscope {

namespace {

constexpr std::size_t kValidation = 512;
constexpr std::uint32_t kFirstHeld = 1U << 31;  // scenes from this number on are never trained on
// Of four captions about one names a single object: of 50 in a row one does, but for one time in a million.
constexpr int kTries = 50;
constexpr std::uint32_t kNext = 1'000'003;
constexpr std::uint16_t kOneObject = 0x5E;  // purpose of the random numbers

class SceneData : public TrainingData {
public:
    SceneData(const Recipe& recipe, const ModelInfo& model, std::shared_ptr<const Tokenizer> tokenizer,
              ImageProcessor processor)
        : m_model(model), m_tokenizer(std::move(tokenizer)), m_processor(std::move(processor)), m_seed(recipe.seed),
          m_batch(recipe.batch), m_others(recipe.otherCaptions), m_trueWeight(recipe.trueWeight),
          m_oneObject(recipe.oneObject), m_matching(recipe.objective != Objective::Contrast)
    {
    }

    Example draw(std::size_t step, std::size_t index) const override
    {
        auto number = static_cast<std::uint32_t>((step * m_batch + index) % kFirstHeld);
        const bool one = wantsOneObject(step, number);
        for (int i = 0; i < kTries && one && describeScene(m_seed, number).mentions.size() > 1; ++i)
            number = (number + kNext) % kFirstHeld;
        return example(number);
    }

    std::vector<ExampleSet> sets() const override
    {
        return {{"validation", kValidation,
                 [this](std::size_t i) { return example(kFirstHeld + static_cast<std::uint32_t>(i)); }}};
    }

private:
    bool wantsOneObject(std::size_t step, std::uint32_t number) const
    {
        if (step < m_oneObject.until)
            return step >= m_oneObject.from;
        return m_oneObject.afterwards > 0.0
               && RandomStream({m_seed}, number, kOneObject).uniform() < m_oneObject.afterwards;
    }

    // The caption is the first text; for matching, the false ones follow.
    Example example(std::uint32_t index) const
    {
        const Scene scene = makeScene(m_seed, index);
        Example result;
        static_cast<TextInput&>(result.input) = encodedText(scene.caption, *m_tokenizer, m_model);
        result.input.image.pixels =
            std::make_shared<const Tensor>(std::move(prepare(scene.image, m_processor).pixelValues));
        result.targets = {m_matching ? 1 : 0};
        if (!m_matching)
            return result;
        std::vector<std::string> untrue;
        for (const FalseCaption& caption : scene.falseCaptions)
            untrue.push_back(caption.text);
        for (std::uint32_t i = 1; i <= m_others; ++i)
            untrue.push_back(describeScene(m_seed, index ^ i).caption);
        for (const std::string& text : untrue) {
            result.input.furtherTexts.push_back(encodedText(text, *m_tokenizer, m_model));
            result.targets.push_back(0);
        }
        result.weights.assign(result.targets.size(), 1.0);
        result.weights.front() = m_trueWeight;
        return result;
    }

    const ModelInfo m_model;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    ImageProcessor m_processor;
    std::uint64_t m_seed;
    std::size_t m_batch;
    std::size_t m_others;
    double m_trueWeight;
    Recipe::OneObject m_oneObject;
    bool m_matching;
};

}  // namespace

std::unique_ptr<TrainingData> openSceneData(const Recipe& recipe, const ModelInfo& model,
                                            std::shared_ptr<const Tokenizer> tokenizer)
{
    const std::optional<ImageProcessor> processor = openImageProcessor(recipe.filesFolder);
    if (!processor)
        refuse({recipe.filesFolder.string(), "a preprocessor_config.json", "none", "The model looks at images."});
    return std::make_unique<SceneData>(recipe, model, std::move(tokenizer), *processor);
}

}  // namespace ketscope
