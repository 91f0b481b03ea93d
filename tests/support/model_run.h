// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/models/model.h"
#include "core/study/plan.h"
#include "tests/support/model_copy.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>

namespace ketscope::test {

inline std::unique_ptr<Model> openModel(const std::filesystem::path& folder)
{
    Monitor monitor;
    const ModelFiles files = openModelFiles(folder);
    return architectureOf(files).open(files, monitor);
}

inline std::unique_ptr<Model> openFixture(const std::string& name) { return openModel(fixtures() / "models" / name); }

// The message of the input error that `work` must end in.
inline std::string errorOf(const std::function<void()>& work)
{
    try {
        work();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    ADD_FAILURE() << "nothing was refused";
    return {};
}

// The same, of opening a model, which describing it must end in too.
inline std::string openingError(const ModelCopy& copy)
{
    const std::string opened = errorOf([&] { openModel(copy.write()); });
    const std::string described = errorOf([&] {
        const ModelFiles files = openModelFiles(copy.write());
        architectureOf(files).describe(files);
    });
    EXPECT_EQ(opened, described);
    return opened;
}

inline TextInput someText(const ModelInfo& info, std::size_t tokens, std::size_t first = 11)
{
    TextInput text;
    for (std::size_t i = 0; i < tokens; ++i) {
        text.tokenIds.push_back(static_cast<std::int32_t>((i * 37 + first) % info.vocabularySize));
        text.attentionMask.push_back(1);
        text.tokenTypes.push_back(0);
    }
    return text;
}

inline ImageInput someImage(std::size_t channels, std::size_t height, std::size_t width)
{
    Tensor pixels({channels, height, width});
    RandomStream stream({3}, 0);
    for (float& value : pixels.values())
        value = static_cast<float>(stream.normal());
    return {std::make_shared<const Tensor>(std::move(pixels)), {}};
}

// A text of `tokens` tokens and an image of the size that the model was made for, where it takes them.
inline ModelInput someInput(const Model& model, std::size_t tokens)
{
    const ModelInfo& info = model.info();
    ModelInput input;
    if (info.vocabularySize > 0)
        static_cast<TextInput&>(input) = someText(info, tokens);
    if (info.image)
        input.image = someImage(info.image->channels, info.image->height, info.image->width);
    return input;
}

// As long as the model allows, up to `tokens`.
inline ModelInput longInput(const Model& model, std::size_t tokens)
{
    return someInput(model, std::min(tokens, model.info().maximumPositions));
}

inline HeadPlan planFor(const Model& model) { return resolve({}, model.info(), 0); }

inline Trace run(const Model& model, const ModelInput& input, const HeadPlan& plan, const Trace* resumeFrom = nullptr,
                 const std::vector<std::size_t>& firstLayers = {})
{
    Monitor monitor;
    return model.forward({&input, &plan, resumeFrom, firstLayers}, monitor);
}

inline Trace run(const Model& model, const ModelInput& input) { return run(model, input, planFor(model)); }

inline bool sameBits(const TensorPointer& a, const TensorPointer& b)
{
    return a->shape() == b->shape() && std::memcmp(a->data(), b->data(), a->size() * sizeof(float)) == 0;
}

inline void expectSameBits(const Trace& a, const Trace& b)
{
    ASSERT_EQ(a.stacks.size(), b.stacks.size());
    for (std::size_t s = 0; s < a.stacks.size(); ++s) {
        const StackTrace& left = a.stacks[s];
        const StackTrace& right = b.stacks[s];
        ASSERT_EQ(left.attention.size(), right.attention.size()) << left.name;
        ASSERT_EQ(left.hidden.size(), right.hidden.size()) << left.name;
        for (std::size_t i = 0; i < left.attention.size(); ++i)
            EXPECT_TRUE(sameBits(left.attention[i], right.attention[i])) << left.name << " maps of layer " << i;
        for (std::size_t i = 0; i < left.hidden.size(); ++i)
            EXPECT_TRUE(sameBits(left.hidden[i], right.hidden[i])) << left.name << " hidden state " << i;
    }
    ASSERT_EQ(a.outputs.size(), b.outputs.size());
    for (const auto& [name, values] : a.outputs)
        EXPECT_TRUE(sameBits(values, b.outputs.at(name))) << name;
}

}  // namespace ketscope::test
