// SPDX-License-Identifier: GPL-3.0-or-later
// What a mechanism declares of itself is not only kept but needed: where a property says that something may happen, it
// does. The other half of each promise is in mechanism_contract_test.cpp.
#include "tests/support/mechanism_variants.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;

class DeclaredProperties : public testing::TestWithParam<std::string> {
protected:
    const Mechanism& subject = mechanism(GetParam());
    const std::vector<Variant> variants = variantsOf(subject);

    // That what the property allows happens with one of the parameters that allow it, if any do. Not with each: many waves
    // and wide bandwidths leave little to chance.
    void expectSomewhere(bool MechanismProperties::*property, bool value,
                         const std::function<bool(const Parameters&)>& happens)
    {
        bool promised = false;
        bool kept = false;
        for (const Variant& variant : variants)
            if (subject.properties(variant.parameters).*property == value) {
                promised = true;
                kept = kept || happens(variant.parameters);
            }
        EXPECT_EQ(kept, promised);
    }

    // Whether `found` holds for one of a few heads of long queries and keys, whose scores reach all signs and sizes.
    bool inSomeHead(const Parameters& parameters,
                    const std::function<bool(const RandomHead&, const HeadResult&)>& found) const
    {
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            RandomHead head(8, 8, 4, 5, seed);
            for (Tensor* tensor : {&head.queries, &head.keys})
                for (float& x : tensor->values())
                    x *= 4.0F;
            if (found(head, runHead(subject, head.input, parameters)))
                return true;
        }
        return false;
    }
};

TEST_P(DeclaredProperties, SignedWeightsAreNegativeSomewhere)
{
    expectSomewhere(&MechanismProperties::signedWeights, true, [&](const Parameters& parameters) {
        return inSomeHead(parameters, [](const RandomHead&, const HeadResult& result) {
            return std::ranges::any_of(result.weights.values(), [](float w) { return w < 0.0F; });
        });
    });
}

TEST_P(DeclaredProperties, RowsThatAreNoDistributionsAreFound)
{
    expectSomewhere(&MechanismProperties::rowStochastic, false, [&](const Parameters& parameters) {
        return inSomeHead(parameters, [](const RandomHead& head, const HeadResult& result) {
            for (std::size_t i = 0; i < head.input.queries.rows; ++i) {
                const auto row = result.weights.matrix().row(i);
                if (std::abs(std::accumulate(row.begin(), row.end(), 0.0) - 1.0) > 1e-5
                    || std::ranges::any_of(row, [](float w) { return w < 0.0F; }))
                    return true;
            }
            return false;
        });
    });
}

// Whether the last query, which sees all keys with a causal mask too, weighs them otherwise when they change places.
bool orderMatters(const Mechanism& subject, const Parameters& parameters, bool causal)
{
    constexpr std::size_t kKeys = 151;  // more than the segments of any default
    const std::size_t queries = causal ? kKeys : 6;
    const auto turned = [](std::size_t key) { return (key * 7 + 3) % kKeys; };
    RandomHead head(queries, kKeys, 8, 5);
    RandomHead other(queries, kKeys, 8, 5);
    for (std::size_t j = 0; j < kKeys; ++j) {
        std::ranges::copy(head.keys.matrix().row(j), other.keys.matrix().row(turned(j)).begin());
        std::ranges::copy(head.values.matrix().row(j), other.values.matrix().row(turned(j)).begin());
        std::ranges::copy(head.keyInput.matrix().row(j), other.keyInput.matrix().row(turned(j)).begin());
    }
    head.input.mask.causal = other.input.mask.causal = causal;
    const HeadResult before = runHead(subject, head.input, parameters);
    const HeadResult after = runHead(subject, other.input, parameters);
    double off = 0.0;
    for (std::size_t j = 0; j < kKeys; ++j)
        off = std::max<double>(off, std::abs(before.weight(queries - 1, j) - after.weight(queries - 1, turned(j))));
    return off > 1e-4;
}

TEST_P(DeclaredProperties, TheOrderOfKeysMattersWhereDeclared)
{
    if (subject.properties(subject.defaults()).sampled)
        return;  // other keys get other shots
    expectSomewhere(&MechanismProperties::usesKeyOrder, true, [&](const Parameters& parameters) {
        return orderMatters(subject, parameters, false) || orderMatters(subject, parameters, true);
    });
}

TEST_P(DeclaredProperties, ParametersOfTheCausalMaskNeedIt)
{
    RandomHead head(9, 9, 8, 5);
    for (const Parameter& parameter : subject.info().parameters) {
        if (!parameter.causalOnly)
            continue;
        for (const bool causal : {false, true}) {
            head.input.mask.causal = causal;
            const HeadResult usual = runHead(subject, head.input, subject.defaults());
            bool changes = false;
            for (const std::string& value : edgeValues(parameter)) {
                const HeadResult changed = runHead(subject, head.input, with(subject, {{parameter.id, value}}));
                changes = changes || !std::ranges::equal(usual.weights.values(), changed.weights.values());
            }
            EXPECT_EQ(changes, causal) << parameter.id;
        }
    }
}

TEST_P(DeclaredProperties, OwnValuesAreNotTheModels)
{
    expectSomewhere(&MechanismProperties::weighsValues, false, [&](const Parameters& parameters) {
        return inSomeHead(parameters, [](const RandomHead& head, const HeadResult& result) {
            double off = 0.0;
            for (std::size_t i = 0; i < head.input.queries.rows; ++i) {
                double expected = 0.0;
                for (std::size_t j = 0; j < head.input.keys.rows; ++j)
                    expected += static_cast<double>(result.weight(i, j)) * head.values.matrix()(j, 0);
                off = std::max(off, std::abs(expected - static_cast<double>(result.output.matrix()(i, 0))));
            }
            return off > 1e-3;
        });
    });
}

INSTANTIATE_TEST_SUITE_P(All, DeclaredProperties, testing::ValuesIn(mechanismIds()), nameOfInstance);

}  // namespace
}  // namespace ketscope
