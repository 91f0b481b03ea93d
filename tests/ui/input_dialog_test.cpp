// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "tests/ui/desk.h"
#include "ui/dialogs/input_dialog.h"
#include "ui/input_text.h"

namespace ketscope::test {
namespace {

ModelInfo textModel()
{
    ModelInfo model;
    model.title = "BERT";
    model.vocabularySize = 100;
    model.usesTokenTypes = true;
    return model;
}

ModelInfo clip()
{
    ModelInfo model;
    model.title = "CLIP";
    model.vocabularySize = 100;
    model.takesFurtherTexts = true;
    model.image = ImageInfo{};
    return model;
}

QWidget& field(InputDialog& dialog, const char* name) { return *dialog.findChild<QWidget*>(QString::fromLatin1(name)); }

TEST(InputDialog, WhatAModelCannotTakeIsDisabledWithTheReason)
{
    const ModelInfo model = textModel();
    InputDialog dialog(model, true, {});
    EXPECT_TRUE(field(dialog, "text").isEnabled());
    EXPECT_TRUE(field(dialog, "pair").isEnabled());
    for (const char* name : {"picture", "pixels", "labels"}) {
        EXPECT_FALSE(field(dialog, name).isEnabled()) << name;
        EXPECT_FALSE(field(dialog, name).toolTip().isEmpty()) << name;
    }
    InputDialog withoutTokenizer(model, false, {});
    EXPECT_FALSE(field(withoutTokenizer, "text").isEnabled());
    EXPECT_TRUE(field(withoutTokenizer, "ids").isEnabled());
    ModelInfo vision;
    vision.title = "ViT";
    vision.image = ImageInfo{};
    InputDialog pictures(vision, false, {});
    EXPECT_FALSE(field(pictures, "text").isEnabled());
    EXPECT_FALSE(field(pictures, "ids").isEnabled());
    EXPECT_TRUE(field(pictures, "picture").isEnabled());
}

// The reason stands in the field itself, in a colour that can be read.
TEST(InputDialog, ReasonsHaveTheColourOfHints)
{
    Desk desk;
    for (const ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
        desk.appearance.setChoice(theme);
        InputDialog dialog(textModel(), true, {});
        dialog.open();
        for (const char* name : {"picture", "labels", "ids"}) {
            QWidget& each = field(dialog, name);
            each.ensurePolished();
            EXPECT_EQ(each.palette().color(QPalette::PlaceholderText), desk.appearance.theme().text3) << name;
        }
        EXPECT_EQ(field(dialog, "text").palette().color(QPalette::Text), desk.appearance.theme().text);
    }
}

TEST(InputDialog, GivesBackWhatItShows)
{
    const ModelInfo text = textModel();
    Input pair;
    pair.text = "one\ntwo";
    pair.textPair = "three";
    InputDialog first(text, true, pair);
    first.accept();
    EXPECT_EQ(first.input(), pair);

    const ModelInfo contrast = clip();
    Input labels;
    labels.labels = {"a cat", "a dog"};
    labels.labelTemplate = "a photo of {}";
    labels.image = PictureInput{"/tmp/cat.png", nullptr};
    InputDialog second(contrast, true, labels);
    second.accept();
    EXPECT_EQ(second.input(), labels);

    Input exact;
    exact.tokenIds = {101, 7, 102};
    exact.attentionMask = {1, 1, 0};
    exact.tokenTypes = {0, 0, 1};
    InputDialog third(text, true, exact);
    third.accept();
    EXPECT_EQ(third.input(), exact);
}

TEST(InputDialog, NumbersThatCannotBeReadKeepItOpen)
{
    const ModelInfo model = textModel();
    for (const auto& [name, bad] : {std::pair{"ids", "1, x"}, {"mask", "1, 2"}, {"types", "0.5"}}) {
        InputDialog dialog(model, true, {});
        static_cast<QLineEdit&>(field(dialog, name)).setText(QString::fromLatin1(bad));
        dialog.accept();
        EXPECT_EQ(dialog.result(), 0) << name;
        EXPECT_FALSE(dialog.problem().isEmpty()) << name;
    }
}

TEST(InputText, OneLineIsTextLabelsOrIds)
{
    Input labels;
    labels.labels = {"a", "b c"};
    labels.labelTemplate = "the {}";
    labels.image = PictureInput{"x.png", nullptr};
    EXPECT_EQ(inputText(labels), QStringLiteral("a, b c"));
    const Input changed = withText(labels, QStringLiteral("d, e"), true);
    EXPECT_EQ(changed.labels, (std::vector<std::string>{"d", "e"}));
    EXPECT_EQ(changed.labelTemplate, "the {}");
    EXPECT_TRUE(changed.image);
    EXPECT_EQ(withText({}, QStringLiteral("a text"), true).text, "a text");
    EXPECT_EQ(withText({}, QStringLiteral("1, 2 3"), false).tokenIds, (std::vector<std::int32_t>{1, 2, 3}));
    EXPECT_THROW(withText({}, QStringLiteral("one"), false), Error);
}

}  // namespace
}  // namespace ketscope::test
