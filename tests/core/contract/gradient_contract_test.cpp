// SPDX-License-Identifier: GPL-3.0-or-later
// Every mechanism's backward pass against differences of its own output.
#include "core/base/error.h"
#include "tests/support/gradient_check.h"
#include "tests/support/mechanism_variants.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace ketscope {
namespace {

using namespace test;

class GradientContract : public testing::TestWithParam<std::string> {
protected:
    const Mechanism& subject = mechanism(GetParam());
    const std::vector<Variant> variants = variantsOf(subject);
};

// The central slope, and how far those to both sides are apart.
struct Slopes {
    double slope;
    double gap;
};

// Beside a kink the gap does not shrink with the step; where the output is too curved for the step two steps disagree.
bool isUnclear(const Slopes& wide, const Slopes& narrow)
{
    const double tolerance = 1e-3 + 0.01 * std::abs(narrow.slope);
    return std::abs(wide.slope - narrow.slope) > tolerance
           || (narrow.gap > 5.0 * tolerance && narrow.gap > 0.7 * wide.gap);
}

// The defaults and every choice beside them: what decides which way the work goes.
std::vector<Variant> choicesOf(const std::vector<Variant>& variants)
{
    std::vector<Variant> result;
    for (const Variant& variant : variants) {
        const std::string value = variant.name.substr(variant.name.find('=') + 1);
        const bool number = value.find_first_not_of("0123456789.e+-") == std::string::npos;
        if (variant.name.find(',') == std::string::npos && !number)
            result.push_back(variant);
    }
    return result;
}

// backward of one head (5 queries, 6 keys of 4 numbers, 3 values) against differences of its output.
void expectDerivative(const Mechanism& subject, RandomHead& head, const Variant& variant)
{
    constexpr float kStep = 4e-3F;
    const Tensor gradient = normalTensor(5, 3, 77);
    Tensor queries = Tensor::zeros({5, 4});
    Tensor keys = Tensor::zeros({6, 4});
    Tensor values = Tensor::zeros({6, 3});
    subject.backward(head.input, variant.parameters, {gradient.matrix(), {}},
                     {.queries = queries.matrix(), .keys = keys.matrix(), .values = values.matrix()}, Monitor());
    const auto slopesOf = [&](float& moved, float step) {
        const float before = moved;
        const double here = weightedOutput(subject, head.input, variant.parameters, gradient);
        moved = before + step;
        const double above = (weightedOutput(subject, head.input, variant.parameters, gradient) - here) / step;
        moved = before - step;
        const double below = (here - weightedOutput(subject, head.input, variant.parameters, gradient)) / step;
        moved = before;
        return Slopes{0.5 * (above + below), std::abs(above - below)};
    };
    std::size_t unclear = 0;
    const auto check = [&](Tensor& moved, const Tensor& found, const char* what) {
        for (std::size_t i = 0; i < moved.size(); ++i) {
            const Slopes wide = slopesOf(moved.values()[i], kStep);
            const Slopes narrow = slopesOf(moved.values()[i], 0.5F * kStep);
            if (isUnclear(wide, narrow))
                ++unclear;
            else
                ASSERT_NEAR(found.values()[i], narrow.slope, 5e-3 + 0.02 * std::abs(narrow.slope))
                    << variant.name << ", " << what << " " << i;
        }
    };
    check(head.queries, queries, "query");
    check(head.keys, keys, "key");
    check(head.values, values, "value");
    EXPECT_LE(2 * unclear, queries.size() + keys.size() + values.size()) << variant.name;
}

TEST_P(GradientContract, BackwardIsTheDerivativeOfTheOutput)
{
    for (const Variant& variant : variants) {
        if (subject.properties(variant.parameters).gradient != GradientKind::Exact)
            continue;
        RandomHead head(5, 6, 4, 3);
        expectDerivative(subject, head, variant);
    }
}

// A causal mask, padding and numbers added to the logits together; no row is without a key.
TEST_P(GradientContract, BackwardKeepsToTheMasks)
{
    const std::vector<std::uint8_t> padding = {1, 1, 0, 1, 1, 1};
    Tensor bias = normalTensor(5, 6, 43);
    bias.matrix()(3, 1) = -std::numeric_limits<float>::infinity();
    for (const Variant& variant : choicesOf(variants)) {
        if (subject.properties(variant.parameters).gradient != GradientKind::Exact)
            continue;
        RandomHead head(5, 6, 4, 3);
        head.input.mask = {true, padding, bias.matrix()};
        expectDerivative(subject, head, variant);
    }
}

TEST_P(GradientContract, WithoutAGradientBackwardSaysSo)
{
    RandomHead head(5, 6, 4, 3);
    const Tensor gradient = normalTensor(5, 3, 77);
    for (const Variant& variant : variants)
        if (subject.properties(variant.parameters).gradient == GradientKind::None) {
            EXPECT_THROW(subject.backward(head.input, variant.parameters, {gradient.matrix(), {}}, {}, Monitor()),
                         Error)
                << variant.name;
        }
}

INSTANTIATE_TEST_SUITE_P(All, GradientContract, testing::ValuesIn(mechanismIds()), nameOfInstance);

}  // namespace
}  // namespace ketscope
