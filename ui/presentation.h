// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/presenter_notes.h"

#include <QMainWindow>
#include <QTimer>

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

// For a room full of people: the whole screen, larger text, nothing but the page, and a spotlight. Notes are in a
// window of their own: they open with it where there is another screen, else when they are asked for.
class Presentation : public QObject {
    Q_OBJECT

public:
    // `hide` takes away docks and bars and brings them back.
    Presentation(QMainWindow& window, Appearance& appearance, Settings& settings, std::function<void(bool)> hide,
                 std::function<PresenterNote()> notes);

    bool isOn() const { return m_on; }
    void setOn(bool on);
    void nextSpotlight();  // off, pointer, panel
    Spotlight& spotlight() { return *m_spotlight; }
    void showNotes(bool on);
    bool showsNotes() const { return m_notesWindow->isVisible(); }
    PresenterNotes& notesWindow() { return *m_notesWindow; }
    void refreshNotes();

private:
    QMainWindow& m_window;
    Appearance& m_appearance;
    std::function<void(bool)> m_hide;
    std::function<PresenterNote()> m_notes;
    Spotlight* m_spotlight;
    PresenterNotes* m_notesWindow;
    Qt::WindowStates m_before;
    bool m_on = false;
};

}  // namespace ketscope
