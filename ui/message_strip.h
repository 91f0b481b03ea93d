// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QLabel>

namespace ketscope {

// One line below the tool bar: an error, or notices. Hidden while there is nothing to say.
class MessageStrip : public QFrame {
    Q_OBJECT

public:
    enum class Kind { Error, Notice };

    explicit MessageStrip(Kind kind, QWidget* parent = nullptr);

    void say(const QString& text);  // empty hides it
    QString text() const { return m_text->text(); }

private:
    Kind m_kind;
    QLabel* m_text;
};

}  // namespace ketscope
