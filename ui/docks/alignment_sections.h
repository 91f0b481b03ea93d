// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/controls/parameter_slider.h"
#include "ui/job.h"
#include "ui/study_controller.h"

#include <QImage>

namespace ketscope {

class FigurePane;

// The whole picture with the part of it that the model saw, and how that became patches.
class PicturePairSection : public Section {
    Q_OBJECT

public:
    PicturePairSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

signals:
    void openWanted();

private:
    void refresh();

    StudyController& m_controller;
    class PictureView* m_view;
    QLabel* m_arithmetic;
    QLabel* m_caption;
    std::shared_ptr<const Image> m_shown;
    Job m_job;
};

// Where the values come from: layer, head, how heads are mixed, in which direction.
class AlignmentSourceSection : public Section {
    Q_OBJECT

public:
    AlignmentSourceSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();
    ChoiceBox* addChoice(const QString& title, const char* name, QGridLayout& grid);
    void connectControls();

    StudyController& m_controller;
    ChoiceBox* m_layer;
    ChoiceBox* m_head;
    ChoiceBox* m_reduction;
    ChoiceBox* m_direction;
    TickBox* m_withoutClass;
    TickBox* m_smooth;
    QLabel* m_definition;
};

// How the heat lies over the picture.
class OverlaySection : public Section {
    Q_OBJECT

public:
    OverlaySection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    // Whether the picture has boxes to show.
    void setBoxesKnown(bool known);

private:
    void refresh();

    StudyController& m_controller;
    ParameterSlider* m_opacity;
    QLabel* m_percent;
    ChoiceBox* m_ground;
    TickBox* m_grid;
    TickBox* m_boxes;
};

// The selected patch with its neighbours, as the figure in `pane` has them.
class PatchSection : public Section {
    Q_OBJECT

public:
    PatchSection(const FigurePane& pane, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();

    const FigurePane& m_pane;
    class Magnifier* m_magnifier;
    QLabel* m_place;
};

}  // namespace ketscope
