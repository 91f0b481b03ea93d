// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/after_training.h"
#include "core/tasks/timing.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

using Numbers = std::vector<double>;

Numbers meanOfAll(const std::vector<Numbers>& all)
{
    Numbers mean(all.empty() ? 0 : all.front().size(), 0.0);
    for (const Numbers& each : all)
        for (std::size_t i = 0; i < std::min(mean.size(), each.size()); ++i)
            mean[i] += each[i] / static_cast<double>(all.size());
    return mean;
}

Interval meanOfFinite(const Numbers& values)
{
    Numbers finite;
    std::ranges::copy_if(values, std::back_inserter(finite), [](double value) { return std::isfinite(value); });
    return meanInterval(finite);
}

// The mean of differences in [−2, 2].
Interval halvedDifference(const Numbers& first, const Numbers& second)
{
    Numbers halves(std::min(first.size(), second.size()));
    for (std::size_t i = 0; i < halves.size(); ++i)
        halves[i] = 0.5 * (first[i] - second[i]);
    return scaled(pairedDifference(halves), 2.0);
}

// Collects figures that are all of one number of texts.
class FigureList {
public:
    explicit FigureList(std::size_t seeds) : m_seeds(seeds) {}

    void add(const std::string& id, const std::string& title, const std::string& unit, std::size_t texts,
             const Interval& value)
    {
        const std::string models = m_seeds == 1 ? "one seed" : std::to_string(m_seeds) + " seeds";
        m_all.push_back({"", "", id, title, unit, std::to_string(texts) + " texts, " + models, value});
    }
    std::vector<StudyFigure> take() { return std::move(m_all); }

private:
    std::size_t m_seeds;
    std::vector<StudyFigure> m_all;
};

TextEvaluation pairOf(const ObservedModel& other, const ObservedModel& model, const std::vector<LabelledText>& texts,
                      const std::vector<std::string>& classes)
{
    return {texts, classes, {}, {}, {other.answers, model.answers}};
}

void addComparison(const ObservedModel& model, const ComparedWith& with, const std::vector<LabelledText>& texts,
                   const std::vector<std::string>& classes, const AfterTraining& after, FigureList& figures)
{
    const ClassificationScores scores = scoresOf(pairOf(*with.other, model, texts, classes), 1);
    const std::string than = " less that of " + with.of;
    const auto add = [&](const char* id, const std::string& title, const char* unit, const Interval& value) {
        figures.add(id + with.suffix, title, unit, texts.size(), value);
    };
    add("accuracy_difference", "Accuracy" + than, "points", scaled(scores.accuracyDifference, 100.0));
    add("f1_difference", "F1" + than, "points", scaled(scores.f1Difference, 100.0));
    if (model.answers.size() > 1) {
        add("accuracy_over_seeds", "Accuracy" + than + ", over seeds", "points",
            scaled(scores.accuracyOverSeeds, 100.0));
        add("f1_over_seeds", "F1" + than + ", over seeds", "points", scaled(scores.f1OverSeeds, 100.0));
    }
    add("loss_difference", "Loss" + than, "nats", scores.lossDifference);
    add("mcnemar", "McNemar p against " + with.of + ", first seed", "",
        {scores.mcnemar, scores.mcnemar, scores.mcnemar});
    for (std::size_t i = 0; i < std::min(model.changes.size(), with.other->changes.size()); ++i)
        figures.add("lost_beyond" + with.suffix + " " + after.perturbations[i],
                    "Accuracy lost beyond that of " + with.of + ", " + after.perturbations[i], "points",
                    model.changes[i].changed,
                    scaled(halvedDifference(model.changes[i].lost, with.other->changes[i].lost), 100.0));
}

}  // namespace

ObservedModel mergedModels(const std::vector<ObservedModel>& seeds)
{
    ObservedModel all;
    std::vector<Numbers> entropy, distance;
    for (const ObservedModel& each : seeds) {
        all.answers.insert(all.answers.end(), each.answers.begin(), each.answers.end());
        entropy.push_back(each.entropy);
        distance.push_back(each.distance);
    }
    all.entropy = meanOfAll(entropy);
    all.distance = meanOfAll(distance);
    for (std::size_t i = 0; !seeds.empty() && i < seeds.front().changes.size(); ++i) {
        std::vector<Numbers> lost, flips, divergence;
        for (const ObservedModel& each : seeds) {
            lost.push_back(each.changes.at(i).lost);
            flips.push_back(each.changes.at(i).flips);
            divergence.push_back(each.changes.at(i).divergence);
        }
        all.changes.push_back(
            {seeds.front().changes[i].changed, meanOfAll(lost), meanOfAll(flips), meanOfAll(divergence)});
    }
    return all;
}

std::vector<StudyFigure> figuresOf(const ObservedModel& model, const std::vector<LabelledText>& texts,
                                   const std::vector<std::string>& classes, const AfterTraining& after,
                                   const std::vector<ComparedWith>& comparisons)
{
    FigureList figures(model.answers.size());
    const ClassificationScores scores = scoresOf(pairOf(model, model, texts, classes), 1);
    figures.add("accuracy", "Accuracy", "%", texts.size(), scaled(scores.accuracy, 100.0));
    figures.add("f1", "F1, macro", "%", texts.size(), scaled(scores.f1, 100.0));
    figures.add("margin", "Margin", "", texts.size(), scores.margin);
    for (std::size_t i = 0; i < model.changes.size(); ++i) {
        const ObservedModel::Change& change = model.changes[i];
        const std::string& what = after.perturbations[i];
        figures.add("lost " + what, "Accuracy lost, " + what, "points", change.changed,
                    scaled(pairedDifference(change.lost), 100.0));
        figures.add("flips " + what, "Answers that flip, " + what, "%", change.changed,
                    scaled(meanInterval(change.flips), 100.0));
        figures.add("divergence " + what, "Jensen–Shannon divergence of maps, " + what, "nats", change.changed,
                    meanOfFinite(change.divergence));
    }
    if (!model.entropy.empty()) {
        const std::string layers = " of rows, layers " + formatIndexList(after.mapLayers);
        figures.add("entropy", "Entropy" + layers, "nats", model.entropy.size(), meanOfFinite(model.entropy));
        figures.add("distance", "Mean distance" + layers, "tokens", model.distance.size(),
                    meanOfFinite(model.distance));
    }
    for (const ComparedWith& with : comparisons)
        addComparison(model, with, texts, classes, after, figures);
    return figures.take();
}

}  // namespace ketscope
