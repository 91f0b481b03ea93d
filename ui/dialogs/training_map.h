// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"
#include "ui/appearance.h"
#include "ui/controls/page_header.h"

#include <QWidget>

namespace ketscope {

class LiveFigure;
class StudyController;

// One head of a model that is being trained, as it was at its last look, and what is looked at.
class TrainingMap : public QWidget {
    Q_OBJECT

public:
    // Colours are those of the controller's view.
    TrainingMap(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    // Null = `reason` in its place.
    void show(const ComparisonPointer& look, const QString& reason);
    const ComparisonPointer& look() const { return m_look; }
    // Inside what the model has.
    void select(const Selection& selection);
    const Selection& selection() const { return m_selection; }
    // The text that is open in the window; none = the first example held for validation.
    std::optional<QString> text() const;
    int headerHeight() const { return m_header->sizeHint().height(); }

signals:
    void textChanged();

private:
    ChoiceBox* addBox(const char* name, const QString& title);
    void refreshBoxes();
    void refreshMap();

    StudyController& m_controller;
    ComparisonPointer m_look;
    Selection m_selection;
    PageHeader* m_header;
    ChoiceBox* m_stack;
    ChoiceBox* m_layer;
    ChoiceBox* m_head;
    ChoiceBox* m_text;
    LiveFigure* m_map;
};

}  // namespace ketscope
