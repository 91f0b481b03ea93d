// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/curve.h"
#include "tests/support/tiny_recipes.h"
#include "tests/ui/desk.h"
#include "ui/dialogs/training_map.h"
#include "ui/dialogs/training_window.h"
#include "ui/message_strip.h"
#include "ui/views/live_figure.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <fstream>
#include <nlohmann/json.hpp>

namespace ketscope::test {

namespace {

namespace fs = std::filesystem;

QString shown(const fs::path& path) { return QString::fromStdString(path.string()); }

struct TrainingDesk {
    TrainingDesk() : window(desk.controller, desk.appearance, desk.settings)
    {
        window.resize(1200, 760);
        window.show();
    }

    fs::path tiny() const { return fixtures() / "recipes" / "tiny.json"; }
    fs::path at(const char* name) const { return desk.folder.path() / name; }
    // The tiny recipe with other values, beside the runs.
    fs::path changed(const nlohmann::json& patch) const
    {
        nlohmann::json json = nlohmann::json::parse(contentOf(tiny()));
        json["model"]["config"] = (samples() / "char-gpt" / "config.json").string();
        json["model"]["files"] = (samples() / "char-gpt").string();
        json["data"]["sources"][0]["file"] = (samples() / "char-gpt" / "passage.txt").string();
        json.merge_patch(patch);
        std::ofstream(at("recipe.json")) << json.dump();
        return at("recipe.json");
    }
    void choose(const fs::path& recipe, const char* out) { window.choose(shown(recipe), {}, shown(at(out))); }
    bool reaches(TrainingWindow::State state)
    {
        return waitFor([&] { return window.state() == state; });
    }
    bool reachesStep(std::size_t step)
    {
        return waitFor([&] { return window.curves().points.size() >= step; });
    }
    QPushButton& button(const char* name) const { return *window.findChild<QPushButton*>(QString::fromLatin1(name)); }
    QString status() const { return window.findChild<QLabel*>(QStringLiteral("trainingStatus"))->text(); }
    QString error() const
    {
        const auto* strip = window.findChild<MessageStrip*>();
        return strip->isHidden() ? QString() : strip->text();
    }
    LiveFigure& figure(const char* name) const { return *window.findChild<LiveFigure*>(QString::fromLatin1(name)); }

    Desk desk;
    TrainingWindow window;
};

using State = TrainingWindow::State;

}  // namespace

TEST(TrainingWindow, OffersEveryBundledRecipe)
{
    TrainingDesk training;
    const auto* recipes = training.window.findChild<ChoiceBox*>(QStringLiteral("trainingRecipe"));
    EXPECT_GE(recipes->findText(QStringLiteral("Character GPT on Shakespeare")), 0);
    EXPECT_EQ(training.window.state(), State::Empty);
    EXPECT_FALSE(training.button("openTrained").isEnabled());
    EXPECT_EQ(training.figure("trainingMap").figure(), nullptr);
    EXPECT_FALSE(training.figure("trainingMap").reason().isEmpty());
}

// Large text in a small window scrolls, and what starts the run stays in sight.
TEST(TrainingWindow, LargeTextFitsASmallWindow)
{
    TrainingDesk training;
    training.desk.appearance.setTextScale(2.0);
    training.window.resize(1088, 680);
    EXPECT_TRUE(waitFor([&] { return training.window.height() == 680; })) << training.window.height();
    EXPECT_LE(training.window.minimumSizeHint().height(), 680);
    const QPushButton& start = training.button("startTraining");
    EXPECT_TRUE(training.window.rect().contains(QRect(start.mapTo(&training.window, QPoint()), start.size())));
}

TEST(TrainingWindow, TrainsShowsAndOpensAModel)
{
    TrainingDesk training;
    training.choose(training.tiny(), "run");
    ASSERT_TRUE(waitFor([&] { return training.status().contains(QStringLiteral("20 steps")); }));
    training.button("startTraining").click();
    EXPECT_EQ(training.window.state(), State::Running);
    ASSERT_TRUE(training.reaches(State::Finished)) << training.error().toStdString();
    EXPECT_EQ(training.window.curves().points.size(), 20U);
    EXPECT_EQ(training.window.curves().question, QStringLiteral("character"));
    EXPECT_EQ(training.window.curves().validationExamples, 8U);
    EXPECT_TRUE(training.window.curves().points[4].validation.has_value());
    EXPECT_TRUE(training.status().contains(QStringLiteral("nats per character"))) << training.status().toStdString();
    const auto curve = training.figure("trainingCurves").figure()->table();
    EXPECT_EQ(curve.rows.size(), 20U);
    EXPECT_TRUE(curve.header[3].contains(QStringLiteral("8 blocks")));
    ASSERT_NE(training.window.map().look(), nullptr);
    EXPECT_EQ(training.window.map().look()->recordedTitles.front().title, "After 20 steps");
    QString opened;
    QObject::connect(&training.window, &TrainingWindow::modelWanted, [&](const QString& folder) { opened = folder; });
    training.button("openTrained").click();
    EXPECT_EQ(opened, shown(training.at("run")));
    training.desk.controller.openModel(opened);
    training.desk.waitUntilSettled();
    EXPECT_EQ(training.desk.controller.comparison()->model.stacks.front().layers, 1U);
}

TEST(TrainingWindow, PausedRunsGoOnToTheSameBits)
{
    TrainingDesk training;
    const fs::path recipe = training.changed({{"steps", 300}});
    Monitor monitor;
    train(readRecipe(recipe), training.at("straight"), {}, monitor);
    training.choose(recipe, "paused");
    training.button("startTraining").click();
    ASSERT_TRUE(training.reachesStep(3));
    QTest::keyClick(&training.window, Qt::Key_Escape);
    EXPECT_EQ(training.window.state(), State::Paused);
    EXPECT_TRUE(training.window.isVisible());
    training.button("startTraining").click();
    ASSERT_TRUE(training.reaches(State::Finished)) << training.error().toStdString();
    EXPECT_EQ(training.window.curves().points.size(), 300U);
    for (const char* file : {"model.safetensors", "curve.csv", "checkpoint.safetensors"})
        EXPECT_EQ(contentOf(training.at("paused") / file), contentOf(training.at("straight") / file)) << file;
}

TEST(TrainingWindow, ClosingKeepsACheckpointThatAnotherWindowGoesOnFrom)
{
    TrainingDesk training;
    // No checkpoint but that of the pause.
    const fs::path recipe = training.changed({{"steps", 1000000}, {"checkpoint_every", 1000000}});
    training.choose(recipe, "run");
    training.window.start();
    ASSERT_TRUE(training.reachesStep(2));
    training.window.close();
    EXPECT_FALSE(training.window.isVisible());
    ASSERT_TRUE(waitFor([&] { return fs::exists(training.at("run") / "checkpoint.safetensors"); }));
    const std::size_t before = readCurve(training.at("run")).size();
    EXPECT_GE(before, 2U);
    TrainingWindow another(training.desk.controller, training.desk.appearance, training.desk.settings);
    another.choose(shown(recipe), {}, shown(training.at("run")));
    ASSERT_TRUE(waitFor([&] { return another.state() == State::Ready; }));
    EXPECT_EQ(another.curves().points.size(), readCurve(training.at("run")).size());
    another.start();
    ASSERT_TRUE(waitFor([&] { return another.curves().points.size() > before; }));
    for (std::size_t i = 0; i < another.curves().points.size(); ++i)
        ASSERT_EQ(another.curves().points[i].step, i + 1);
    another.pause();
}

// Its run is watched too, and shown as long as the recipe's own has not begun.
TEST(TrainingWindow, PretrainingIsWatchedFirst)
{
    TrainingDesk training;
    Json json = lineRecipe(training.desk.folder.path());
    json["steps"] = 1000000;
    json["checkpoint_every"] = 1000000;  // none but that of the pause
    json["pretraining"] = Json::object();
    std::ofstream(training.at("pretrained.json")) << json.dump();
    training.choose(training.at("pretrained.json"), "run");
    training.window.start();
    ASSERT_TRUE(training.reachesStep(5)) << training.error().toStdString();
    EXPECT_TRUE(training.window.curves().title.endsWith(QStringLiteral("pretraining")));
    EXPECT_TRUE(training.status().startsWith(QStringLiteral("Pretraining."))) << training.status().toStdString();
    training.window.pause();
    ASSERT_TRUE(training.reaches(State::Paused));
    const fs::path run = training.at("run") / "pretraining";
    ASSERT_TRUE(waitFor([&] { return training.window.curves().points.size() == readCurve(run).size(); }));
    TrainingWindow another(training.desk.controller, training.desk.appearance, training.desk.settings);
    another.choose(shown(training.at("pretrained.json")), {}, shown(training.at("run")));
    ASSERT_TRUE(waitFor([&] { return !another.curves().points.empty(); }));
    EXPECT_EQ(another.curves().points.size(), readCurve(run).size());
    EXPECT_TRUE(another.curves().title.endsWith(QStringLiteral("pretraining")));
}

TEST(TrainingWindow, ErrorsAreOneLine)
{
    TrainingDesk training;
    std::ofstream(training.at("broken.json")) << "{\"format\": \"ketscope-recipe\", \"version\": 1}";
    std::ofstream(training.at("file")) << "not a folder";
    const fs::path dataless =
        training.changed({{"data", {{"sources", {{{"file", "missing.txt"}, {"licence", "-"}}}}}}});
    const auto refused = [&](const fs::path& recipe, const char* out) {
        training.choose(recipe, out);
        training.window.start();
        EXPECT_TRUE(training.reaches(State::Failed));
        const QString error = training.error();
        EXPECT_FALSE(error.contains(u'\n'));
        EXPECT_TRUE(training.button("startTraining").isEnabled());
        return error;
    };
    EXPECT_TRUE(refused(training.at("broken.json"), "a").contains(QStringLiteral("broken.json")));
    EXPECT_TRUE(refused(dataless, "b").contains(QStringLiteral("missing.txt")));
    EXPECT_TRUE(refused(training.tiny(), "file/run").contains(QStringLiteral("file/run")));
    Monitor monitor;
    train(readRecipe(training.tiny()), training.at("other"), {}, monitor);
    const fs::path recipe = training.changed({{"steps", 21}});
    EXPECT_TRUE(refused(recipe, "other").contains(QStringLiteral("another recipe")));
}

TEST(TrainingWindow, FollowsTheChosenHeadAndText)
{
    TrainingDesk training;
    training.desk.openSample();
    training.choose(training.changed({{"steps", 1000000}}), "run");
    training.window.start();
    ASSERT_TRUE(waitFor([&] { return training.window.map().look() != nullptr; }));
    auto* head = training.window.findChild<ChoiceBox*>(QStringLiteral("trainingHead"));
    ASSERT_EQ(head->count(), 2);
    head->setCurrentIndex(1);
    emit head->activated(1);
    EXPECT_EQ(training.window.map().selection().head, 1U);
    EXPECT_EQ(training.window.map().look()->input.tokens.size(), 32U);
    auto* text = training.window.findChild<ChoiceBox*>(QStringLiteral("trainingText"));
    text->setCurrentIndex(1);
    emit text->activated(1);
    QString open = QString::fromStdString(*training.desk.controller.study().input.text);
    open.replace(u' ', u'·');
    ASSERT_TRUE(waitFor([&] {
        QString seen;
        if (const ComparisonPointer look = training.window.map().look())
            for (const Token& token : look->input.tokens)
                seen += QString::fromStdString(token.display);
        return !seen.isEmpty() && open.startsWith(seen);
    }));
    EXPECT_EQ(training.window.map().selection().head, 1U);
    training.window.pause();
}

TEST(TrainingWindow, IsTablesToScreenReaders)
{
    TrainingDesk training;
    training.choose(training.tiny(), "run");
    training.window.start();
    ASSERT_TRUE(training.reaches(State::Finished)) << training.error().toStdString();
    QAccessibleInterface* access = QAccessible::queryAccessibleInterface(&training.figure("trainingCurves"));
    ASSERT_NE(access, nullptr);
    EXPECT_EQ(access->role(), QAccessible::Table);
    EXPECT_EQ(access->text(QAccessible::Name), QStringLiteral("Training curves"));
    EXPECT_TRUE(access->text(QAccessible::Description).contains(QStringLiteral("20 of 20 steps")));
    QTest::keyClick(&training.figure("trainingCurves"), Qt::Key_C, Qt::ControlModifier);
    EXPECT_EQ(QApplication::clipboard()->text().count(u'\n'), 20);
    for (const char* name : {"trainingRecipe", "trainingData", "trainingFolder", "trainingHead", "trainingText"})
        EXPECT_FALSE(training.window.findChild<QWidget*>(QString::fromLatin1(name))->accessibleName().isEmpty());
}

}  // namespace ketscope::test
