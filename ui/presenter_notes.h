// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/settings.h"

#include <QElapsedTimer>
#include <QLabel>
#include <QTextBrowser>
#include <QTimer>

#include <functional>

namespace ketscope {

// What a presenter wants to have in front of them, and the class need not see.
struct PresenterNote {
    QString title;  // of the step, or of what is in sight
    QString note;   // simple rich text
    QString next;   // title of the next step; empty = none
    QString all;    // the notes of every step, simple rich text, for paper
};

// Where a window of notes goes: where it was, unless that is gone or is the presented screen while there is another
// one; else onto another screen, else into the corner of the only one. Places are those of screens without their bars.
QRect placeOfNotes(const QList<QRect>& screens, qsizetype presented, const QRect& remembered);

// A window of its own with large text: the note, what comes next, and the time since begin(). Esc and Shift+F12 close
// it. It remembers its place.
class PresenterNotes : public QWidget {
    Q_OBJECT

public:
    PresenterNotes(Appearance& appearance, Settings& settings, QWidget& presented);

    void begin();  // the time is 0:00
    // On a screen that is not that of `presented`, where there is one. Says whether it is.
    bool open();
    void say(const PresenterNote& note);
    QString text() const { return m_text->toPlainText(); }
    QString next() const { return m_next->text(); }
    QString clock() const { return m_clock->text(); }
    // A page for paper. Throws Error (Failure) when it cannot be written.
    void save(const QString& file) const;

protected:
    void hideEvent(QHideEvent* event) override;

private:
    void makeRows();
    void refresh();
    void refreshClock();
    void chooseFile();

    Appearance& m_appearance;
    Settings& m_settings;
    QWidget& m_presented;
    PresenterNote m_note;
    QElapsedTimer m_begun;
    QTimer m_tick;
    QLabel* m_clock;
    QLabel* m_next;
    QTextBrowser* m_text;
};

}  // namespace ketscope
