// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QLabel>
#include <QPushButton>

namespace ketscope {

// One line below the tool bar: an error, or notices. Hidden while there is nothing to say.
class MessageStrip : public QFrame {
    Q_OBJECT

public:
    enum class Kind { Error, Notice };

    explicit MessageStrip(Kind kind, QWidget* parent = nullptr);

    // Empty hides it. `remedy` is a link that helps; empty = none.
    void say(const QString& text, const QString& remedy = {});
    QString text() const { return m_text->text(); }

signals:
    void remedyWanted();

private:
    Kind m_kind;
    QLabel* m_text;
    QPushButton* m_remedy;
};

}  // namespace ketscope
