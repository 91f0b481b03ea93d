// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/training_session.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/train/curve.h"
#include "core/train/probe.h"
#include "core/train/recipe_series.h"
#include "core/train/run_folder.h"

#include <QElapsedTimer>

#include <algorithm>

namespace ketscope {

namespace {

constexpr qint64 kLeastBetweenMs = 1000;  // two looks
constexpr qint64 kTimesItsCost = 20;      // so that looking takes a twentieth of the time at most

// What is known of the run of a recipe in a folder, or of its pretraining.
TrainingCurves curvesOf(const Recipe& recipe, const std::filesystem::path& folder, bool ofPretraining)
{
    TrainingCurves curves;
    curves.title =
        QString::fromStdString(recipe.title) + (ofPretraining ? QStringLiteral(" · pretraining") : QString());
    curves.steps = recipe.schedule.steps;
    curves.examples = QString::fromStdString(examplesName(recipe.objective));
    if (const std::unique_ptr<Tokenizer> tokenizer = openTokenizer(recipe.filesFolder))
        curves.question = QString::fromStdString(questionName(recipe.objective, *tokenizer));
    if (isRunOf(folder, recipe))
        curves.points = readCurve(folder);
    return curves;
}

std::string titleAfter(std::size_t steps)
{
    return steps == 0   ? "Before the first step"
           : steps == 1 ? "After 1 step"
                        : "After " + std::to_string(steps) + " steps";
}

// What the model makes of one input, again and again.
class Observer {
public:
    Observer(const Recipe& recipe, TrainingFeed& feed, Monitor& monitor)
        : m_feed(feed), m_monitor(monitor), m_tokenizer(openTokenizer(recipe.filesFolder))
    {
    }

    void begin(const TrainingData& data)
    {
        const std::vector<ExampleSet> sets = data.sets();
        m_example = sets.empty() || sets.front().count == 0 ? data.draw(0, 0) : sets.front().at(0);
    }

    void observe(std::size_t steps, const Model& model)
    {
        const std::size_t wish = m_feed.wish();
        if (m_since.isValid() && wish == m_wish
            && m_since.elapsed() < std::max(kLeastBetweenMs, kTimesItsCost * m_cost))
            return;
        m_wish = wish;
        look(steps, model);
    }

    void look(std::size_t steps, const Model& model)
    {
        m_since.start();
        QuietMonitor quiet(m_monitor);
        try {
            const std::optional<QString> text = m_feed.text();
            const EncodedInput input =
                text ? encodeInput(Input{.text = text->toStdString()}, model.info(), m_tokenizer.get())
                     : namedExample(m_example, model.info(), *m_tokenizer);
            m_feed.show(lookAt(model, input, titleAfter(steps), quiet));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::Cancelled)
                throw;
            m_feed.complain(QString::fromUtf8(error.what()));
        }
        m_cost = m_since.restart();
    }

private:
    TrainingFeed& m_feed;
    Monitor& m_monitor;
    std::unique_ptr<Tokenizer> m_tokenizer;
    Example m_example;
    QElapsedTimer m_since;
    qint64 m_cost = 0;
    std::size_t m_wish = 0;
};

}  // namespace

void TrainingFeed::setText(const std::optional<QString>& text)
{
    const QMutexLocker lock(&m_mutex);
    m_text = text;
    ++m_wish;
}

std::optional<QString> TrainingFeed::text() const
{
    const QMutexLocker lock(&m_mutex);
    return m_text;
}

std::size_t TrainingFeed::wish() const
{
    const QMutexLocker lock(&m_mutex);
    return m_wish;
}

void TrainingFeed::begin(TrainingCurves curves)
{
    const QMutexLocker lock(&m_mutex);
    m_news.begun = std::move(curves);
    m_news.points.clear();
}

void TrainingFeed::add(const CurvePoint& point)
{
    const QMutexLocker lock(&m_mutex);
    m_news.points.push_back(point);
}

void TrainingFeed::show(ComparisonPointer look)
{
    const QMutexLocker lock(&m_mutex);
    m_news.look = std::move(look);
    m_news.problem.clear();
}

void TrainingFeed::complain(const QString& problem)
{
    const QMutexLocker lock(&m_mutex);
    m_news.look.reset();
    m_news.problem = problem;
}

void TrainingFeed::fail(const QString& failure)
{
    const QMutexLocker lock(&m_mutex);
    m_news.failure = failure;
}

TrainingFeed::News TrainingFeed::take()
{
    const QMutexLocker lock(&m_mutex);
    return std::exchange(m_news, {});
}

Recipe recipeOf(const TrainingTask& task)
{
    const std::filesystem::path file = task.recipe.toStdString(), data = task.data.toStdString();
    if (task.variant.isEmpty())
        return readRecipe(file, data);
    RecipeSeries series = seriesFromJson(readJsonFile(file), file, data);
    const auto variant = std::ranges::find(series.variants, task.variant.toStdString(), &RecipeVariant::id);
    if (variant == series.variants.end())
        refuse({file.string(), "a variant \"" + task.variant.toStdString() + "\"", "none of this name", ""});
    return std::move(variant->recipe);
}

TrainingCurves readRun(const TrainingTask& task)
{
    const Recipe recipe = recipeOf(task);
    const std::filesystem::path folder = task.out.toStdString();
    TrainingCurves own = curvesOf(recipe, folder, false);
    if (!recipe.pretraining || !own.points.empty())
        return own;
    TrainingCurves first = curvesOf(*recipe.pretraining, folder / kPretrainingFolder, true);
    const bool begun = !first.points.empty() && first.points.back().step < first.steps;
    return begun ? first : own;
}

TrainingResult runTraining(const TrainingTask& task, TrainingFeed& feed, Monitor& monitor)
{
    setThreads(task.threads);
    const Recipe recipe = recipeOf(task);
    if (task.out.isEmpty())
        refuse({"run folder", "a folder for the model and its checkpoints", "none", "Choose one."});
    const std::filesystem::path folder = task.out.toStdString();
    Observer observer(recipe, feed, monitor);
    TrainingOptions options;
    options.begin = [&](const TrainingStart& start) {
        TrainingCurves curves = curvesOf(start.recipe, start.folder, &start.recipe == recipe.pretraining.get());
        if (const std::vector<ExampleSet> sets = start.data.sets(); !sets.empty())
            curves.validationExamples = std::min(start.recipe.validationExamples, sets.front().count);
        feed.begin(std::move(curves));
        observer.begin(start.data);
    };
    options.watch = [&](const CurvePoint& point, const Model& model) {
        feed.add(point);
        observer.observe(point.step - 1, model);
    };
    try {
        TrainingResult result = train(recipe, folder, options, monitor);
        observer.look(recipe.schedule.steps, *loadModel(folder, monitor)->model);
        return result;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Cancelled && monitor.cancelled())
            feed.fail(QString::fromUtf8(error.what()));
        throw;
    }
}

}  // namespace ketscope
