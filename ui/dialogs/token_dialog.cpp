// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/token_dialog.h"

#include "core/base/error.h"
#include "core/study/token_edit.h"
#include "ui/controls/controls.h"

#include <QDialogButtonBox>

namespace ketscope {

using namespace Qt::StringLiterals;

TokenDialog::TokenDialog(const EncodedInput& encoded, std::size_t token, const Tokenizer& tokenizer, QWidget* parent)
    : QDialog(parent), m_encoded(encoded), m_token(token), m_tokenizer(tokenizer), m_text(new QLineEdit(this)),
      m_outcome(makeLabel({}, "mono", this))
{
    setObjectName(u"tokenDialog"_s);
    setWindowTitle(tr("Replace token"));
    const Token& now = m_encoded.tokens.at(token);
    auto* title =
        makeLabel(tr("Token %1, “%2”, id %3, becomes").arg(token).arg(QString::fromStdString(now.display)).arg(now.id),
                  "value", this);
    m_text->setObjectName(u"tokenText"_s);
    m_text->setText(QString::fromStdString(now.display).remove(u'·').remove(u"##"_s));
    m_text->selectAll();
    m_outcome->setWordWrap(true);
    auto* note =
        makeLabel(tr("Where a text cannot say exactly these tokens, the input becomes token ids."), "hint", this);
    note->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_apply = buttons->addButton(tr("Replace and run"), QDialogButtonBox::AcceptRole);
    setRole(*m_apply, "primary");
    m_apply->setDefault(true);
    auto* column = new QVBoxLayout(this);
    for (QWidget* each : std::initializer_list<QWidget*>{title, m_text, m_outcome, note})
        column->addWidget(each);
    column->addStretch(1);
    column->addWidget(buttons);
    setMinimumWidth(fontMetrics().height() * 26);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_text, &QLineEdit::textChanged, this, &TokenDialog::check);
    check();
}

void TokenDialog::check()
{
    try {
        QStringList parts;
        for (const Token& token : replacementTokens(m_encoded, m_token, m_text->text().toStdString(), m_tokenizer))
            parts += u"%1 (%2)"_s.arg(QString::fromStdString(token.display)).arg(token.id);
        m_outcome->setText(u"→ "_s + parts.join(u"  "_s));
        m_apply->setEnabled(true);
    } catch (const Error& error) {
        m_outcome->setText(QString::fromUtf8(error.what()));
        m_apply->setEnabled(false);
    }
}

}  // namespace ketscope
