// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/input.h"

#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace ketscope {

// A word in the place of one token, with the tokens that the model's tokenizer makes of it.
class TokenDialog : public QDialog {
    Q_OBJECT

public:
    TokenDialog(const EncodedInput& encoded, std::size_t token, const Tokenizer& tokenizer, QWidget* parent = nullptr);

    QString text() const { return m_text->text(); }
    QString outcome() const { return m_outcome->text(); }

private:
    void check();

    EncodedInput m_encoded;
    std::size_t m_token;
    const Tokenizer& m_tokenizer;
    QLineEdit* m_text;
    QLabel* m_outcome;
    QPushButton* m_apply;
};

}  // namespace ketscope
