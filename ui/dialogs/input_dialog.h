// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/input.h"
#include "ui/controls/controls.h"

#include <QDialog>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>

namespace ketscope {

// Everything that can go into a model, in one place: text and pair, labels, picture, exact numbers. What this model cannot
// take is greyed out, with the reason.
class InputDialog : public QDialog {
    Q_OBJECT

public:
    InputDialog(const ModelInfo& model, bool hasTokenizer, const Input& input, QWidget* parent = nullptr);

    const Input& input() const { return m_input; }  // as accepted
    void accept() override;                         // stays open, and says why, when something cannot be read
    QString problem() const { return m_problem->text(); }

private:
    void addTexts(QFormLayout& form);
    void addPicture(QFormLayout& form);
    void addNumbers(QFormLayout& form);
    void disable(QWidget& control, const QString& reason);
    QWidget* fileField(QLineEdit& field, const QString& title, const QString& filter);
    void show(const Input& input);
    Input read() const;

    ModelInfo m_model;  // the open model may change while the dialog is there
    bool m_hasTokenizer;
    Input m_input;
    QPlainTextEdit* m_text;
    QLineEdit* m_pair;
    QPlainTextEdit* m_labels;
    QLineEdit* m_template;
    QLineEdit* m_picture;
    QLineEdit* m_pixels;
    QLineEdit* m_ids;
    QLineEdit* m_mask;
    QLineEdit* m_types;
    QLabel* m_problem;
};

// What a file dialog offers as pictures: "Pictures (*.png …)".
QString pictureFilter();

}  // namespace ketscope
