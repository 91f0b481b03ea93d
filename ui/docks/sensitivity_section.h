// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/docks/head_curve.h"

namespace ketscope {

// One measure of the selected head against one parameter of the edited entry, both of them chosen here.
class SensitivitySection : public HeadCurve {
    Q_OBJECT

public:
    SensitivitySection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    ChoiceBox& measureBox() const { return *m_measure; }
    ChoiceBox& parameterBox() const { return *m_parameter; }

protected:
    std::string varied() const override;
    std::string measure() const override;
    void reconsider() override;
    void refresh() override;

private:
    void offer();

    ChoiceBox* m_measure;
    ChoiceBox* m_parameter;
    std::vector<std::pair<QString, QString>> m_offered;  // titles and ids of the parameters in it
    QLabel* m_note;
};

}  // namespace ketscope
