// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/view_boxes.h"

#include "viz/colour_map.h"

#include <QAbstractItemView>

namespace ketscope {

namespace {

// As wide as usual choices need: a page's header has many boxes in a row.
constexpr int kUsualLetters = 7;

void keepNarrow(ChoiceBox& box)
{
    box.setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box.setMinimumContentsLength(kUsualLetters);
    box.view()->setMinimumWidth(box.view()->sizeHintForColumn(0) + box.view()->fontMetrics().averageCharWidth() * 4);
}

}  // namespace

void addColourMaps(ChoiceBox& box)
{
    for (const ColourMap& map : colourMaps())
        box.addItem(map.title(), map.id());
    for (const ColourMap& map : colourMaps())
        box.addItem(map.reversed().title(), map.reversed().id());
}

ColourMapBox::ColourMapBox(StudyController& controller, QWidget* parent) : ChoiceBox(parent)
{
    setAccessibleName(tr("Colour map"));
    addColourMaps(*this);
    keepNarrow(*this);
    const auto follow = [this, &controller] { choose(QString::fromStdString(controller.study().view.colourMap)); };
    follow();
    connect(&controller, &StudyController::viewChanged, this, follow);
    connect(this, &QComboBox::activated, &controller, [this, &controller] {
        controller.changeView([this](auto& view) { view.colourMap = currentData().toString().toStdString(); });
    });
}

ScaleBox::ScaleBox(StudyController& controller, QWidget* parent) : ChoiceBox(parent)
{
    setAccessibleName(tr("Scale"));
    addItem(tr("√ scale"), static_cast<int>(ColourScale::SquareRoot));
    addItem(tr("Linear scale"), static_cast<int>(ColourScale::Linear));
    addItem(tr("Log scale"), static_cast<int>(ColourScale::Logarithmic));
    keepNarrow(*this);
    const auto follow = [this, &controller] { choose(static_cast<int>(controller.study().view.scale)); };
    follow();
    connect(&controller, &StudyController::viewChanged, this, follow);
    connect(this, &QComboBox::activated, &controller, [this, &controller] {
        controller.changeView([this](auto& view) { view.scale = static_cast<ColourScale>(currentData().toInt()); });
    });
}

}  // namespace ketscope
