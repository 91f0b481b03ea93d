// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/lessons/exhibit_view.h"

#include <QLabel>

class QGridLayout;

namespace ketscope {

class ParameterSlider;

// An exhibit in the window's centre: its figure, a slider for every number that is no tip, and what follows from them.
// The right side stays free for the lesson's card.
class ExhibitPage : public QWidget {
    Q_OBJECT

public:
    ExhibitPage(Appearance& appearance, QWidget* parent = nullptr);

    void show(const ExhibitType& type, const ExhibitState& state);
    ExhibitView& view() { return *m_view; }

signals:
    void moved(const ExhibitState& state);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void build(const ExhibitType& type);
    QWidget* makeSlider(const Parameter& control);
    QWidget* makeSwitch(const Parameter& control);
    void set(const std::string& id, double value);
    void leaveRoom();

    Appearance& m_appearance;
    const ExhibitType* m_type = nullptr;
    ExhibitState m_state;
    QLabel* m_title;
    QLabel* m_formula;
    ExhibitView* m_view;
    QWidget* m_controls;
    QGridLayout* m_controlGrid;
    QWidget* m_readings;
    QGridLayout* m_readingGrid;
    QWidget* m_room;
    std::vector<QLabel*> m_values;                           // of the readings that are shown
    std::map<std::string, std::function<void()>> m_refresh;  // of the sliders and switches
};

}  // namespace ketscope
