// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <functional>

namespace ketscope {

// Work that only what is seen needs: asked for while the widget is hidden, it waits until the widget is shown, and is then
// done once however often it was asked for.
class WhenVisible : public QObject {
    Q_OBJECT

public:
    // Lives as a child of `widget`.
    WhenVisible(QWidget& widget, std::function<void()> work);

    void request();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget& m_widget;
    std::function<void()> m_work;
    bool m_waiting = false;
};

}  // namespace ketscope
