// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <QImage>

#include <initializer_list>
#include <string>
#include <vector>

namespace ketscope::test {

using Matrix = std::vector<std::vector<float>>;

// A comparison made by hand: 2 layers × 3 heads in one stack. Layer 1 head 2 is selected and shows the maps that were
// given; every other head shows uniform weights, so that reading the wrong one is noticed.
class SyntheticComparison {
public:
    explicit SyntheticComparison(std::vector<std::string> tokens);

    SyntheticComparison& trace(const Matrix& weights, const Matrix& standardErrors = {});
    SyntheticComparison& causal();
    SyntheticComparison& padding(std::size_t lastTokens);
    SyntheticComparison& select(std::size_t query, std::size_t key);
    SyntheticComparison& patch(std::vector<std::size_t> layers, std::vector<std::size_t> heads);
    // What B's selected head runs in the figures of a pair, on vectors of 8 components that are made up.
    SyntheticComparison& pairs(const std::string& spec);
    Comparison& value() { return m_comparison; }
    ComparisonPointer make() const;

private:
    std::shared_ptr<const SelectedHead> selectedHead() const;

    Comparison m_comparison;
    std::string m_spec = "rff";
    std::vector<std::size_t> m_layers = {1};
    std::vector<std::size_t> m_heads = {0, 1, 2};
};

inline constexpr std::size_t kLayer = 1, kHead = 2;

// Three tokens, two of them the same word, and two maps with known differences.
ComparisonPointer threeTokens();
const Matrix& mapA();
const Matrix& mapB();

// Smooth rows with a few strong weights, as attention has: for looking at and for golden images.
Matrix attentionLike(std::size_t tokens, unsigned variant, bool causal = false);
std::vector<std::string> sentence(std::size_t tokens);
ComparisonPointer sample(std::size_t tokens, bool causal = false, bool standardErrors = false,
                         const std::string& pairs = "rff");
// That sample with all that a figure may be made of: a language model of six words, hidden states that drift apart, three
// traces, and a sweep of m (four values) and σ (two), whose last point is as published.
ComparisonPointer completeSample(std::size_t tokens);

// As sample(), with this many traces and a view that shows all of them.
ComparisonPointer sampleOfTraces(std::size_t tokens, std::size_t traces);

}  // namespace ketscope::test
