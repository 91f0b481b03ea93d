// SPDX-License-Identifier: GPL-3.0-or-later
// What every mechanism promises, for every value its parameters can take at the edges. New mechanisms are met by these
// tests through mechanisms.def alone.
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/measures/measures.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/mechanism_variants.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <cstring>
#include <gmock/gmock.h>
#include <numeric>
#include <optional>
#include <set>

namespace ketscope {
namespace {

using namespace test;

bool sameBits(std::span<const float> a, std::span<const float> b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

bool sameBits(const HeadResult& a, const HeadResult& b)
{
    return sameBits(a.weights.values(), b.weights.values()) && sameBits(a.output.values(), b.output.values())
           && sameBits(a.standardError.values(), b.standardError.values());
}

// Small letters in words joined by single dashes.
bool isId(const std::string& text)
{
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const bool known = std::ranges::all_of(text, [&](char c) { return c == '-' || letter(c); });
    return known && !text.empty() && letter(text.front()) && letter(text.back())
           && text.find("--") == std::string::npos;
}

bool allFinite(std::span<const float> values)
{
    return std::ranges::all_of(values, [](float x) { return std::isfinite(x); });
}

// Masks of a 9 × 12 head: none, causal, padding, additive with finite and −∞ entries, a row without keys, all together.
struct Masks {
    static constexpr std::size_t kQueries = 9;
    static constexpr std::size_t kKeys = 12;

    Masks() : additive({kQueries, kKeys})
    {
        for (std::size_t i = 0; i < kQueries; ++i)
            for (std::size_t j = 0; j < kKeys; ++j)
                additive.matrix()(i, j) = (i + j) % 4 == 0 ? -std::numeric_limits<float>::infinity()
                                                           : -0.25F * static_cast<float>((3 * i + j) % 5);
        std::ranges::fill(additive.matrix().row(4), -std::numeric_limits<float>::infinity());
        additive.matrix()(5, 2) = -1e4F;
    }

    std::vector<AttentionMask> all() const
    {
        const MatrixView bias = additive.matrix();
        return {{false, {}, {}},   {true, {}, {}},        {false, padding, {}},
                {false, {}, bias}, {true, padding, bias}, {false, nothing, {}}};
    }

    std::vector<std::uint8_t> padding = {1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0};
    std::vector<std::uint8_t> nothing = std::vector<std::uint8_t>(kKeys, 0);
    Tensor additive;
};

// Runs twice, with and without a change of token t in everything the head is given; the first row before t that differs.
std::optional<std::size_t> leakingRow(const Mechanism& mechanism, const Parameters& parameters, std::size_t length,
                                      std::size_t token)
{
    RandomHead head(length, length, 8, 5);
    head.input.mask.causal = true;
    const HeadResult before = runHead(mechanism, head.input, parameters);
    for (Tensor* tensor : {&head.queries, &head.keys, &head.values, &head.layerInput})
        for (float& x : tensor->matrix().row(token))
            x = 3.0F - 2.0F * x;
    const HeadResult after = runHead(mechanism, head.input, parameters);
    for (std::size_t row = 0; row < token; ++row)
        if (!sameBits(before.weights.matrix().row(row), after.weights.matrix().row(row))
            || !sameBits(before.output.matrix().row(row), after.output.matrix().row(row)))
            return row;
    return std::nullopt;
}

class MechanismContract : public testing::TestWithParam<std::string> {
protected:
    const Mechanism& subject = mechanism(GetParam());
    const std::vector<Variant> variants = variantsOf(subject);
};

TEST_P(MechanismContract, DescribesItself)
{
    const MechanismInfo& info = subject.info();
    EXPECT_TRUE(isId(info.id)) << info.id;
    for (const std::string& text : {info.title, info.shortTitle, info.formula, info.summary, info.source}) {
        EXPECT_FALSE(text.empty());
        EXPECT_EQ(text.find('\n'), std::string::npos);
    }
    std::set<std::string> ids;
    for (const Parameter& parameter : info.parameters) {
        SCOPED_TRACE(parameter.id);
        EXPECT_TRUE(ids.insert(parameter.id).second);
        EXPECT_TRUE(isId(parameter.id));
        EXPECT_FALSE(parameter.title.empty());
        EXPECT_FALSE(parameter.help.empty());
        EXPECT_EQ(parameter.choices.size(), parameter.choiceTitles.size());
        EXPECT_TRUE(parameter.choiceFaults.empty() || parameter.choiceFaults.size() == parameter.choices.size());
        EXPECT_EQ(parameter.kind == ParameterKind::Choice, parameter.choices.size() > 1);
        EXPECT_LT(parameter.minimum, parameter.maximum);
        EXPECT_TRUE(!parameter.logarithmic || parameter.minimum > 0.0);
        Parameters checked = subject.defaults();
        EXPECT_NO_THROW(checked.set(parameter.id, parameter.initial));
        if (!parameter.shownWhen.empty()) {
            for (const std::string& value : parameter.shownWhenIn)
                EXPECT_NO_THROW(checked.setText(parameter.shownWhen, value));
            showParameter(checked, parameter);
            EXPECT_TRUE(checked.isShown(parameter));
        }
    }
    const MechanismProperties actual = subject.properties(subject.defaults());
    EXPECT_EQ(actual.sampled, info.properties.sampled);
    EXPECT_EQ(actual.rowStochastic, info.properties.rowStochastic);
    EXPECT_EQ(actual.givesStandardError, info.properties.givesStandardError);
    EXPECT_EQ(actual.causalSafe, info.properties.causalSafe);
    EXPECT_EQ(actual.signedWeights, info.properties.signedWeights);
    EXPECT_EQ(actual.linearTime, info.properties.linearTime);
    EXPECT_EQ(actual.gradient, info.properties.gradient);
    EXPECT_TRUE(publishedFaults(subject.defaults()).empty()) << "a published fault is the default";
    EXPECT_TRUE(actual.causalSafe || info.baseline) << "the default leaks";
}

TEST_P(MechanismContract, RowsAreDistributionsOverAllowedKeys)
{
    const Masks masks;
    RandomHead head(Masks::kQueries, Masks::kKeys, 6, 5);
    for (const Variant& variant : variants)
        for (const AttentionMask& mask : masks.all()) {
            SCOPED_TRACE(variant.name);
            head.input.mask = mask;
            const HeadResult result = runHead(subject, head.input, variant.parameters);
            ASSERT_TRUE(allFinite(result.weights.values()));
            ASSERT_TRUE(allFinite(result.output.values()));
            const MechanismProperties properties = subject.properties(variant.parameters);
            for (std::size_t i = 0; i < Masks::kQueries; ++i) {
                const auto row = result.weights.matrix().row(i);
                const bool any = allowedKeys(mask, i, Masks::kQueries, Masks::kKeys) > 0;
                for (std::size_t j = 0; j < row.size(); ++j) {
                    const bool allowed = mask.allowed(i, j, Masks::kQueries, Masks::kKeys);
                    ASSERT_TRUE(allowed || row[j] == 0.0F || !properties.causalSafe) << i << " " << j;
                    ASSERT_TRUE(row[j] >= 0.0F || properties.signedWeights) << i << " " << j;
                }
                if (properties.rowStochastic) {
                    ASSERT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), any ? 1.0 : 0.0, 1e-5) << i;
                }
                if (!any && properties.causalSafe) {
                    ASSERT_THAT(result.output.matrix().row(i), testing::Each(0.0F));
                }
            }
        }
}

TEST_P(MechanismContract, NothingLooksAhead)
{
    for (const Variant& variant : variants) {
        if (!subject.properties(variant.parameters).causalSafe)
            continue;
        for (const std::size_t length : {2UL, 7UL, 33UL})
            for (const std::size_t token : {std::size_t{1}, length / 2, length - 1})
                EXPECT_EQ(leakingRow(subject, variant.parameters, length, token), std::nullopt)
                    << variant.name << ", length " << length << ", token " << token;
    }
}

// What is said to look ahead does: no warning is there in vain. The best map of a rank that is large enough is the map.
TEST_P(MechanismContract, WhatIsSaidToLookAheadDoes)
{
    for (const Variant& variant : variants)
        if (!subject.properties(variant.parameters).causalSafe && variant.name != "rank=4096") {
            EXPECT_TRUE(leakingRow(subject, variant.parameters, 33, 32)) << variant.name;
        }
}

TEST_P(MechanismContract, EveryRowBlockGivesTheSameBits)
{
    const std::size_t n = 37;
    RandomHead head(n, 41, 10, 7);
    head.input.mask.causal = true;
    for (const Variant& variant : variants) {
        const HeadResult serial = runHead(subject, head.input, variant.parameters);
        const auto prepared = subject.prepare(head.input, variant.parameters, Monitor());
        for (const std::size_t block : {1UL, 3UL, 16UL, n}) {
            HeadResult blocks(head.input);
            for (std::size_t last = n; last > 0; last -= std::min(block, last))
                prepared->rows(last - std::min(block, last), last, blocks.view());
            EXPECT_TRUE(sameBits(serial, blocks)) << variant.name << ", blocks of " << block;
        }
    }
}

TEST_P(MechanismContract, ThreadsDoNotChangeTheBits)
{
    const std::size_t n = 64;
    const RandomHead head(n, n, 12, 8);
    const int before = threads();
    setThreads(4);
    for (const Variant& variant : variants) {
        HeadResult result(head.input);
        const auto prepared = subject.prepare(head.input, variant.parameters, Monitor());
        parallelFor(n / 4, kSerialWork, [&](std::size_t i) { prepared->rows(4 * i, 4 * i + 4, result.view()); });
        EXPECT_TRUE(sameBits(runHead(subject, head.input, variant.parameters), result)) << variant.name;
    }
    setThreads(before);
}

TEST_P(MechanismContract, SeedDecidesAllThatIsRandom)
{
    RandomHead head(6, 20, 8, 5);
    for (const Variant& variant : variants) {
        const HeadResult first = runHead(subject, head.input, variant.parameters);
        EXPECT_TRUE(sameBits(first, runHead(subject, head.input, variant.parameters))) << variant.name;
        const MechanismProperties properties = subject.properties(variant.parameters);
        const bool random = properties.sampled || properties.randomFeatures;
        if (random && variant.name != "defaults")
            continue;  // at the edge of a range the noise may be below one bit
        HeadInput other = head.input;
        other.random.seed += 1;
        EXPECT_EQ(sameBits(first, runHead(subject, other, variant.parameters)), !random) << variant.name;
        other = head.input;
        other.random.head += 1;
        EXPECT_EQ(sameBits(first, runHead(subject, other, variant.parameters)), !random) << variant.name;
    }
}

TEST_P(MechanismContract, OutputIsTheWeightsTimesTheValues)
{
    RandomHead head(11, 19, 6, 21);
    for (const Variant& variant : variants) {
        const HeadResult result = runHead(subject, head.input, variant.parameters);
        Tensor alone({11, 21});
        attendHead(subject, head.input, variant.parameters, {{}, alone.matrix(), {}, {}}, Monitor());
        for (std::size_t i = 0; i < 11; ++i)
            for (std::size_t c = 0; c < 21; ++c) {
                ASSERT_NEAR(alone.matrix()(i, c), result.output.matrix()(i, c), 1e-4) << variant.name << ", alone";
                if (!subject.properties(variant.parameters).weighsValues)
                    continue;  // the mechanism's own tests say of what values
                double expected = 0.0;
                for (std::size_t j = 0; j < 19; ++j)
                    expected += static_cast<double>(result.weight(i, j)) * head.values.matrix()(j, c);
                ASSERT_NEAR(result.output.matrix()(i, c), expected, 1e-5) << variant.name;
            }
    }
}

// The panel never shows a control that does nothing by another's choice, nor hides one that does something.
TEST_P(MechanismContract, HiddenParametersHaveNoEffect)
{
    const RandomHead head(6, 9, 8, 5);
    for (const Variant& variant : variants) {
        const HeadResult shown = runHead(subject, head.input, variant.parameters);
        for (const Parameter& parameter : subject.info().parameters) {
            if (variant.parameters.isShown(parameter))
                continue;
            for (const std::string& value : edgeValues(parameter)) {
                Parameters changed = variant.parameters;
                changed.setText(parameter.id, value);
                EXPECT_TRUE(sameBits(shown, runHead(subject, head.input, changed)))
                    << variant.name << " with hidden " << parameter.id << "=" << value;
                EXPECT_EQ(subject.properties(changed).sampled, subject.properties(variant.parameters).sampled);
            }
        }
    }
}

// The columns of one head inside a wider matrix, for inputs and results.
TEST_P(MechanismContract, StridedViewsGiveTheSameBits)
{
    RandomHead head(8, 8, 6, 6);
    const Tensor wide = [&head] {
        Tensor all({8, 30});
        for (std::size_t i = 0; i < 8; ++i) {
            std::ranges::copy(head.queries.matrix().row(i), all.matrix().row(i).begin() + 1);
            std::ranges::copy(head.keys.matrix().row(i), all.matrix().row(i).begin() + 9);
            std::ranges::copy(head.values.matrix().row(i), all.matrix().row(i).begin() + 20);
        }
        return all;
    }();
    HeadInput strided = head.input;
    strided.queries = wide.matrix().middleColumns(1, 6);
    strided.keys = wide.matrix().middleColumns(9, 6);
    strided.values = wide.matrix().middleColumns(20, 6);
    const HeadResult dense = runHead(subject, head.input, subject.defaults());
    Tensor target = Tensor::zeros({8, 40});
    const MutableMatrixView weights = target.matrix().middleColumns(3, 8);
    const MutableMatrixView output = target.matrix().middleColumns(17, 6);
    attendHead(subject, strided, subject.defaults(), {weights, output, {}, {}}, Monitor());
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_TRUE(sameBits(weights.row(i), dense.weights.matrix().row(i)));
        EXPECT_TRUE(sameBits(output.row(i), dense.output.matrix().row(i)));
        EXPECT_EQ(target.matrix()(i, 2), 0.0F);
        EXPECT_EQ(target.matrix()(i, 11), 0.0F);
        EXPECT_EQ(target.matrix()(i, 23), 0.0F);
    }
}

TEST_P(MechanismContract, EdgeInputsStayDistributions)
{
    struct Shape {
        std::size_t n;
        std::size_t m;
        std::size_t d;
    };
    for (const Variant& variant : variants)
        for (const auto& [n, m, d] : {Shape{1, 1, 1}, Shape{1, 9, 4}, Shape{9, 1, 4}, Shape{5, 17, 3}})
            for (const float factor : {1.0F, 0.0F, 1e4F}) {
                SCOPED_TRACE(variant.name + " × " + std::to_string(factor));
                RandomHead head(n, m, d, 3);
                for (Tensor* tensor : {&head.queries, &head.keys})
                    for (float& x : tensor->values())
                        x *= factor;
                const HeadResult result = runHead(subject, head.input, variant.parameters);
                ASSERT_TRUE(allFinite(result.weights.values()));
                ASSERT_TRUE(allFinite(result.output.values()));
                if (!subject.properties(variant.parameters).rowStochastic)
                    continue;
                for (std::size_t i = 0; i < n; ++i) {
                    const auto row = result.weights.matrix().row(i);
                    ASSERT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1.0, 1e-5);
                }
            }
}

TEST_P(MechanismContract, StandardErrorIsThereExactlyWhenPromised)
{
    RandomHead head(5, 8, 6, 4);
    for (const Variant& variant : variants) {
        const HeadResult result = runHead(subject, head.input, variant.parameters);
        ASSERT_TRUE(allFinite(result.standardError.values())) << variant.name;
        const bool promised = subject.properties(variant.parameters).givesStandardError;
        const bool found = std::ranges::any_of(result.standardError.values(), [](float e) { return e != 0.0F; });
        const bool certain =  // nothing is left to chance: complete damping leads every key to the same outcome
            std::ranges::all_of(result.weights.values(), [](float w) { return w == 0.0F || w == 1.0F; });
        EXPECT_TRUE(found == promised || (promised && certain)) << variant.name;
        EXPECT_THAT(result.standardError.values(), testing::Each(testing::Ge(0.0F))) << variant.name;
    }
}

TEST_P(MechanismContract, KeysHaveNoOrderUnlessDeclared)
{
    const std::size_t m = 13;
    RandomHead head(6, m, 8, 5);
    RandomHead turned(6, m, 8, 5);
    for (std::size_t j = 0; j < m; ++j) {
        std::ranges::copy(head.keys.matrix().row(j), turned.keys.matrix().row((j * 5 + 3) % m).begin());
        std::ranges::copy(head.values.matrix().row(j), turned.values.matrix().row((j * 5 + 3) % m).begin());
        std::ranges::copy(head.keyInput.matrix().row(j), turned.keyInput.matrix().row((j * 5 + 3) % m).begin());
    }
    for (const Variant& variant : variants) {
        const MechanismProperties properties = subject.properties(variant.parameters);
        if (properties.sampled || properties.usesKeyOrder)
            continue;
        const HeadResult a = runHead(subject, head.input, variant.parameters);
        const HeadResult b = runHead(subject, turned.input, variant.parameters);
        for (std::size_t i = 0; i < 6; ++i) {
            for (std::size_t j = 0; j < m; ++j)
                ASSERT_NEAR(a.weight(i, j), b.weight(i, (j * 5 + 3) % m), 1e-5) << variant.name;
            for (std::size_t c = 0; c < 5; ++c)
                ASSERT_NEAR(a.output.matrix()(i, c), b.output.matrix()(i, c), 1e-4) << variant.name;
        }
    }
}

TEST_P(MechanismContract, CancelStopsTheHead)
{
    RandomHead head(100, 20, 8, 5);
    for (const std::size_t polls : {0U, 2U}) {
        HeadResult result(head.input);
        try {
            attendHead(subject, head.input, subject.defaults(), result.view(), test::CancelledAfter(polls));
            FAIL() << "not cancelled";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Cancelled);
        }
        EXPECT_TRUE(std::isnan(result.weight(99, 0)));
    }
}

TEST_P(MechanismContract, MisfittingShapesAreRefused)
{
    RandomHead head(6, 5, 8, 4);
    head.input.mask.causal = true;  // the first query would come before every key
    EXPECT_THROW(runHead(subject, head.input, subject.defaults()), Error);
    head.input.mask.causal = false;
    head.input.keys = head.input.keys.middleColumns(0, 7);
    EXPECT_THROW(runHead(subject, head.input, subject.defaults()), Error);
}

TEST_P(MechanismContract, CostGrowsWithTheInput)
{
    const RandomHead small(16, 16, 8, 8);
    const RandomHead large(64, 64, 8, 8);
    for (const Variant& variant : variants) {
        const double cost = subject.flops(small.input, variant.parameters);
        if (subject.info().id == "zero") {  // computes nothing, however large
            EXPECT_EQ(cost, 0.0);
            continue;
        }
        EXPECT_GT(cost, 0.0) << variant.name;
        EXPECT_GT(subject.flops(large.input, variant.parameters), 2.0 * cost) << variant.name;
    }
}

TEST_P(MechanismContract, RowDiagnosticsAreFilled)
{
    RandomHead head(7, 9, 8, 5);
    for (const Variant& variant : variants) {
        const auto infos = subject.rowDiagnostics(variant.parameters);
        if (infos.empty())
            continue;
        HeadResult result(head.input);
        Tensor rows({infos.size(), 7});
        std::ranges::fill(rows.values(), std::numeric_limits<float>::quiet_NaN());
        HeadOutput output = result.view();
        output.diagnostics = rows.matrix();
        attendHead(subject, head.input, variant.parameters, output, Monitor());
        EXPECT_TRUE(allFinite(rows.values())) << variant.name;
    }
}

INSTANTIATE_TEST_SUITE_P(All, MechanismContract, testing::ValuesIn(mechanismIds()), nameOfInstance);

// Attends to everything, whatever the mask says.
class LeakyMechanism : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters&, const Monitor&) const override
    {
        return std::make_unique<Head>(input);
    }

    double flops(const HeadInput&, const Parameters&) const override { return 1.0; }

private:
    struct Head : PreparedHead {
        explicit Head(const HeadInput& head) : input(head) {}
        void rows(std::size_t first, std::size_t last, const HeadOutput& output) const override
        {
            const auto m = static_cast<float>(input.keys.rows);
            for (std::size_t i = first; i < last; ++i) {
                std::ranges::fill(output.weights.row(i), 1.0F / m);
                for (std::size_t c = 0; c < input.values.columns; ++c) {
                    output.output(i, c) = 0.0F;
                    for (std::size_t j = 0; j < input.values.rows; ++j)
                        output.output(i, c) += input.values(j, c) / m;
                }
            }
        }
        HeadInput input;
    };

    MechanismInfo m_info;
};

TEST(CausalityProbe, CatchesAMechanismThatLooksAhead)
{
    const LeakyMechanism leaky;
    EXPECT_EQ(leakingRow(leaky, leaky.defaults(), 7, 3), 0U);
}

// QISA as published adds up the values of the tokens that attend to a token: with a causal mask, later ones.
TEST(CausalityProbe, CatchesThePublishedQisa)
{
    const Mechanism& qisa = mechanism("qisa");
    const Parameters published = with(qisa, {{"aggregate", "transposed"}});
    EXPECT_FALSE(qisa.properties(published).causalSafe);
    EXPECT_FALSE(publishedFaults(published).empty());
    EXPECT_EQ(leakingRow(qisa, published, 7, 3), 0U);
    EXPECT_EQ(leakingRow(qisa, qisa.defaults(), 7, 3), std::nullopt);
}

}  // namespace
}  // namespace ketscope
