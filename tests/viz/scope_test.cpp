// SPDX-License-Identifier: GPL-3.0-or-later
// The view's scope in figures of entropy and distance: numbers by hand, and that it is said wherever it changes one.
#include "core/study/head_scope.h"
#include "core/study/head_statistics.h"
#include "tests/viz/synthetic.h"
#include "viz/figure.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// [CLS] a b [SEP] and one token of padding.
Comparison framed()
{
    const Matrix a = {{0.4F, 0.2F, 0.2F, 0.2F, 0.0F},
                      {0.5F, 0.25F, 0.25F, 0.0F, 0.0F},
                      {0.0F, 0.3F, 0.6F, 0.1F, 0.0F},
                      {1.0F, 0.0F, 0.0F, 0.0F, 0.0F},
                      {0.25F, 0.25F, 0.25F, 0.25F, 0.0F}};
    Matrix b = a;
    b[1] = {0.25F, 0.25F, 0.25F, 0.25F, 0.0F};
    Comparison comparison =
        *SyntheticComparison({"[CLS]", "a", "b", "[SEP]", "[PAD]"}).trace(a).trace(b).padding(1).select(1, 2).make();
    for (const std::size_t special : {0, 3, 4})
        comparison.input.tokens[special].special = true;
    return comparison;
}

ComparisonPointer with(const ScopeView& scope, const char* measure = "entropy")
{
    auto comparison = std::make_shared<Comparison>(framed());
    comparison->study.view.scope = scope;
    comparison->study.view.headMeasure = measure;
    return comparison;
}

std::unique_ptr<Figure> figure(const char* id, const ComparisonPointer& comparison)
{
    return figureType(QString::fromLatin1(id)).make(comparison);
}

// Of the selected head of A in the matrix.
double selected(const ComparisonPointer& comparison)
{
    return figure("head-matrix", comparison)->table().rows.at(kLayer * 3 + kHead).at(3).toDouble();
}

const double kThird = -(std::log(1.0 / 3.0) + 2.0 * std::log(2.0 / 3.0)) / 3.0;

TEST(Scope, NamesQueriesAndKeysOfTheStack)
{
    const Comparison comparison = framed();
    EXPECT_THAT(headScope(comparison, 0, {}).queries, ElementsAre(1, 1, 1, 1, 0));
    EXPECT_THAT(headScope(comparison, 0, {}).keys, IsEmpty());
    EXPECT_THAT(headScope(comparison, 0, {.padding = true}).queries, IsEmpty());
    EXPECT_THAT(headScope(comparison, 0, {.queries = ScopeView::Queries::WithoutSpecial}).queries,
                ElementsAre(0, 1, 1, 0, 0));
    EXPECT_THAT(headScope(comparison, 0, {.queries = ScopeView::Queries::Selected}).queries,
                ElementsAre(0, 1, 0, 0, 0));
    EXPECT_THAT(headScope(comparison, 0, {.specialKeys = false}).keys, ElementsAre(0, 1, 1, 0, 0));
    EXPECT_THAT(describeScope(comparison, 0, {}, true), IsEmpty());
    EXPECT_THAT(describeScope(comparison, 0, {.signedDistance = true}, false), IsEmpty());
    const Comparison plain = *threeTokens();
    EXPECT_THAT(describeScope(plain, 0, {ScopeView::Queries::WithoutSpecial, false, true, false}, true), IsEmpty())
        << "there are no special tokens and no padding";
}

TEST(Scope, ChangesTheMatrix)
{
    const double row0 = -(0.4 * std::log(0.4) + 0.6 * std::log(0.2)), row1 = 1.5 * std::log(2.0),
                 row2 = -(0.3 * std::log(0.3) + 0.6 * std::log(0.6) + 0.1 * std::log(0.1));
    EXPECT_NEAR(selected(with({})), (row0 + row1 + row2) / 4.0, 1e-6);
    EXPECT_NEAR(selected(with({.queries = ScopeView::Queries::WithoutSpecial})), (row1 + row2) / 2.0, 1e-6);
    EXPECT_NEAR(selected(with({.queries = ScopeView::Queries::Selected})), row1, 1e-6);
    EXPECT_NEAR(selected(with({.padding = true})), (row0 + row1 + row2 + std::log(4.0)) / 5.0, 1e-6);
    EXPECT_NEAR(selected(with({.specialKeys = false})), (2.0 * std::log(2.0) + kThird) / 3.0, 1e-6);
    EXPECT_NEAR(selected(with({.specialKeys = false}, "effective-keys")), (4.0 + std::exp(kThird)) / 3.0, 1e-6);
    EXPECT_NEAR(selected(with({.queries = ScopeView::Queries::Selected}, "distance")), 0.75, 1e-6);
    EXPECT_NEAR(selected(with({.queries = ScopeView::Queries::Selected, .signedDistance = true}, "distance")), -0.25,
                1e-6);
    EXPECT_TRUE(std::isnan(selected(with({.specialKeys = false}, "last")))) << "[SEP] is left out";
    EXPECT_NEAR(selected(with({}, "last")), (0.2 + 0.0 + 0.1 + 0.0) / 4.0, 1e-6);
}

TEST(Scope, ChangesCurvesAndTheRanking)
{
    const Table entropies = figure("token-entropy", with({.specialKeys = false}))->table();
    EXPECT_NEAR(entropies.rows[2][2].toDouble(), kThird, 1e-6);
    EXPECT_EQ(entropies.rows[3][2], QStringLiteral("nan")) << "[SEP] looks at [CLS] alone";
    EXPECT_NEAR(entropies.rows[0].back().toDouble(), std::log(2.0), 1e-6) << "uniform over two keys";
    EXPECT_EQ(figure("token-entropy", with({}))->table().rows[4][2], QStringLiteral("nan"));
    EXPECT_NEAR(figure("token-entropy", with({.padding = true}))->table().rows[4][2].toDouble(), std::log(4.0), 1e-6);

    const ScopeView one{.queries = ScopeView::Queries::Selected, .signedDistance = true};
    const auto made = figure("distance-profile", with(one));
    const Table profile = made->table();
    ASSERT_EQ(profile.rows.size(), 9U) << "−4 … 4";
    EXPECT_NEAR(profile.rows[3][1].toDouble(), 0.5, 1e-6) << "−1: [CLS]";
    EXPECT_NEAR(profile.rows[4][1].toDouble(), 0.25, 1e-6);
    EXPECT_NEAR(profile.rows[5][1].toDouble(), 0.25, 1e-6);
    EXPECT_EQ(profile.rows[3][0], QStringLiteral("-1"));
    EXPECT_THAT(made->caption().toStdString(), HasSubstr("A mean −0.25"));

    const Table ranking = figure("head-ranking", with(one))->table();
    EXPECT_NEAR(ranking.rows[0].back().toDouble(), 0.25 * (-1 + 1 + 2) - -0.25, 1e-6);
}

TEST(Scope, IsSaidWhereverItChangesANumber)
{
    const ScopeView scope{ScopeView::Queries::WithoutSpecial, false, true, true};
    for (const char* id : {"head-matrix", "head-ranking", "token-entropy", "distance-profile"}) {
        EXPECT_THAT(figure(id, with({}))->caption().toStdString(), Not(HasSubstr("Scope"))) << id;
        const auto made = figure(id, with(scope));
        for (const QString& text : {made->caption(), made->panelCaption()}) {
            EXPECT_THAT(text.toStdString(), HasSubstr("Scope: ")) << id;
            EXPECT_THAT(text.toStdString(), HasSubstr("keys without special tokens, rows scaled to 1")) << id;
        }
    }
    const auto matrix = figure("head-matrix", with(scope, "distance"));
    EXPECT_THAT(matrix->caption().toStdString(), HasSubstr("signed distance j − i"));
    EXPECT_THAT(matrix->table().header.join(u' ').toStdString(), HasSubstr("queries without special tokens"));
    EXPECT_THAT(figure("head-matrix", with(scope))->caption().toStdString(), Not(HasSubstr("signed")));
}

}  // namespace
}  // namespace ketscope::test
