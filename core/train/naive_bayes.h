// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace ketscope {

// What its words say of a text's class: naive Bayes on which tokens, and which pairs of neighbours, a text has, each once
// (multinomial, binarised, add-one smoothing: Wang and Manning, ACL 2012). All classes are equally probable before.
class NaiveBayes {
public:
    using Tokens = std::span<const std::int32_t>;  // ids, without those that a tokenizer puts around a text

    // A text of training and how much it counts.
    struct Counted {
        Tokens text;
        std::size_t label = 0;
        double weight = 1.0;
    };

    // From two classes on.
    explicit NaiveBayes(std::size_t classes) : m_totals(classes) {}

    void add(const Counted& text);
    // Σ ln p(feature | class) over the text's features, less its mean over the classes (C). `own`: what was added that the
    // text is, or is a part of; it is left out, so that a text tells nothing of itself.
    std::vector<double> evidence(Tokens text, const std::optional<Counted>& own = std::nullopt) const;

private:
    std::vector<double> m_totals;                                     // Σ of all features' counts, of each class
    std::unordered_map<std::uint64_t, std::vector<double>> m_counts;  // of each feature in each class
};

// The scale a ≥ 0 for which softmax(a · evidence) says most of the labels: least Σ −ln p(label). `evidence` as many rows
// as labels. Naive Bayes is too sure, because words come together; this takes it back (Platt 1999, without his offset).
double calibration(const std::vector<std::vector<double>>& evidence, std::span<const std::size_t> labels);

}  // namespace ketscope
