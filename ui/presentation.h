// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"

#include <QMainWindow>
#include <QPointer>
#include <QTimer>

class QTextBrowser;

namespace ketscope {

// Darkens the window but for a disk around the pointer, or for the panel that has the focus. Takes no input.
class Spotlight : public QWidget {
    Q_OBJECT

public:
    enum class Kind { Off, Pointer, Panel };

    Spotlight(Appearance& appearance, QWidget& window);

    Kind kind() const { return m_kind; }
    void setKind(Kind kind);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void follow();
    QRect panel() const;

    Appearance& m_appearance;
    QWidget& m_window;
    Kind m_kind = Kind::Off;
    QTimer m_timer;
    QRect m_lit;
};

// For a room full of people: the whole screen, larger text, nothing but the page; a spotlight, and notes in a window
// of their own, which may lie on another screen.
class Presentation : public QObject {
    Q_OBJECT

public:
    // `hide` takes away docks and bars and brings them back; `notes` as simple rich text.
    Presentation(QMainWindow& window, Appearance& appearance, std::function<void(bool)> hide,
                 std::function<QString()> notes);

    bool isOn() const { return m_on; }
    void setOn(bool on);
    void nextSpotlight();  // off, pointer, panel
    Spotlight& spotlight() { return *m_spotlight; }
    void showNotes(bool on);
    bool showsNotes() const;
    void refreshNotes();

private:
    QMainWindow& m_window;
    Appearance& m_appearance;
    std::function<void(bool)> m_hide;
    std::function<QString()> m_notes;
    Spotlight* m_spotlight;
    QPointer<QWidget> m_notesWindow;
    QTextBrowser* m_text = nullptr;
    Qt::WindowStates m_before;
    bool m_on = false;
};

}  // namespace ketscope
