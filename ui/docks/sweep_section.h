// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/sweep.h"
#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"

#include <QLineEdit>
#include <QSpinBox>

namespace ketscope {

// One axis of a sweep: which parameter, and the values between commas.
class SweepAxisEditor : public QWidget {
    Q_OBJECT

public:
    // `title` stands above; `optional`: the first choice is no parameter at all.
    SweepAxisEditor(const QString& title, bool optional, QWidget* parent = nullptr);

    // Offers the parameters that have a meaning in `entry`, keeping the choice where it can be kept. Null = none.
    void offer(const PlanEntry* entry);
    std::optional<SweepAxis> axis() const;  // none where no parameter is chosen
    void setAxis(const SweepAxis& axis);
    ChoiceBox& parameter() const { return *m_parameter; }
    QLineEdit& values() const { return *m_values; }

signals:
    void changed();

private:
    void fillIn();

    bool m_optional;
    const Mechanism* m_mechanism = nullptr;
    Parameters m_parameters;
    ChoiceBox* m_parameter;
    QLineEdit* m_values;
    QPushButton* m_automatic;
};

// What a sweep varies.
class SweepSection : public Section {
    Q_OBJECT

public:
    SweepSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    std::vector<SweepAxis> axes() const;
    std::size_t seeds() const { return static_cast<std::size_t>(m_seeds->value()); }
    // Why it cannot be run, as one sentence; empty = it can.
    const QString& problem() const { return m_problemText; }
    SweepAxisEditor& first() const { return *m_first; }
    SweepAxisEditor& second() const { return *m_second; }

signals:
    void changed();

private:
    void offer();
    void check();
    QString problemOf() const;

    StudyController& m_controller;
    QLabel* m_candidate;
    SweepAxisEditor* m_first;
    SweepAxisEditor* m_second;
    QSpinBox* m_seeds;
    QLabel* m_count;
    QLabel* m_problem;
    QString m_problemText;
};

}  // namespace ketscope
