// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/study_controller.h"
#include "ui/when_visible.h"

#include <QAbstractButton>
#include <QImage>

namespace ketscope {

// One map of the selected head with the letter of its trace below.
class SmallMap : public QAbstractButton {
    Q_OBJECT

public:
    SmallMap(Appearance& appearance, QWidget* parent);

    void show(std::size_t trace, const QImage& map);
    std::size_t trace() const { return m_trace; }
    const QImage& map() const { return m_map; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double side(double width) const;

    Appearance& m_appearance;
    std::size_t m_trace = 0;
    QImage m_map;
};

// The selected head's maps of the compared traces, on one scale; a click on one shows the Heatmap.
class SelectedMaps : public QWidget {
    Q_OBJECT

public:
    SelectedMaps(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void redraw();
    void redrawIfAffected();
    void show(const ComparisonPointer& comparison, const std::vector<std::size_t>& traces,
              const std::vector<QImage>& maps);

    StudyController& m_controller;
    Appearance& m_appearance;
    std::array<SmallMap*, 2> m_maps;
    ViewSettings m_view;  // that they were asked for with
    Job m_drawing;
    WhenVisible* m_redrawing;
};

}  // namespace ketscope
