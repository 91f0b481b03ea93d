// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/view_boxes.h"

#include "viz/colour_map.h"

namespace ketscope {

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
    const auto follow = [this, &controller] { choose(static_cast<int>(controller.study().view.scale)); };
    follow();
    connect(&controller, &StudyController::viewChanged, this, follow);
    connect(this, &QComboBox::activated, &controller, [this, &controller] {
        controller.changeView([this](auto& view) { view.scale = static_cast<ColourScale>(currentData().toInt()); });
    });
}

}  // namespace ketscope
