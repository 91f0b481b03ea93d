// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

namespace ketscope {

class Appearance;

// A panel that opens below a control and closes on Esc or a click elsewhere.
class Popover : public QFrame {
    Q_OBJECT

public:
    // `content` becomes a child; it is scrolled where the screen is too low for it.
    Popover(QWidget* content, Appearance& appearance, QWidget* parent);

    void openBelow(const QWidget& control);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* m_content;
    Appearance& m_appearance;
};

}  // namespace ketscope
