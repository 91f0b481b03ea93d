// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/presentation.h"

#include <QApplication>
#include <QCursor>
#include <QPainter>
#include <QPainterPath>
#include <QScreen>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kTextFactor = 1.5;
constexpr double kRadius = 170.0;
constexpr float kDark = 0.55F;
constexpr int kFollowMs = 30;

}  // namespace

Spotlight::Spotlight(Appearance& appearance, QWidget& window)
    : QWidget(&window), m_appearance(appearance), m_window(window)
{
    setObjectName(u"spotlight"_s);
    setAttribute(Qt::WA_TransparentForMouseEvents);
    hide();
    m_timer.setInterval(kFollowMs);
    connect(&m_timer, &QTimer::timeout, this, &Spotlight::follow);
}

void Spotlight::setKind(Kind kind)
{
    m_kind = kind;
    setVisible(kind != Kind::Off);
    raise();
    if (kind == Kind::Off)
        return m_timer.stop();
    m_timer.start();
    follow();
}

// What has the focus, or the page around it where that is a small control.
QRect Spotlight::panel() const
{
    const QWidget* focus = QApplication::focusWidget();
    if (focus == nullptr || focus->window() != &m_window)
        return m_window.rect();
    const int least = qRound(m_appearance.theme().px(kRadius));
    while (focus->parentWidget() != nullptr && focus->parentWidget() != &m_window
           && (focus->width() < least || focus->height() < least))
        focus = focus->parentWidget();
    return {focus->mapTo(&m_window, QPoint()), focus->size()};
}

void Spotlight::follow()
{
    setGeometry(m_window.rect());
    const int radius = qRound(m_appearance.theme().px(kRadius));
    const QPoint at = m_window.mapFromGlobal(QCursor::pos());
    const QRect lit =
        m_kind == Kind::Panel ? panel() : QRect(at - QPoint(radius, radius), QSize(2 * radius, 2 * radius));
    if (lit == m_lit)
        return;
    m_lit = lit;
    update();
}

void Spotlight::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath all, lit;
    all.addRect(rect());
    if (m_kind == Kind::Panel)
        lit.addRoundedRect(m_lit, 4.0, 4.0);
    else
        lit.addEllipse(m_lit);
    QColor dark = Qt::black;
    dark.setAlphaF(kDark);
    painter.fillPath(all.subtracted(lit), dark);
}

Presentation::Presentation(QMainWindow& window, Appearance& appearance, Settings& settings,
                           std::function<void(bool)> hide, std::function<PresenterNote()> notes)
    : QObject(&window), m_window(window), m_appearance(appearance), m_hide(std::move(hide)), m_notes(std::move(notes)),
      m_spotlight(new Spotlight(appearance, window)), m_notesWindow(new PresenterNotes(appearance, settings, window))
{
}

void Presentation::setOn(bool on)
{
    if (on == m_on)
        return;
    m_on = on;
    if (on)
        m_before = m_window.windowState();
    m_window.setWindowState(on ? m_before | Qt::WindowFullScreen : m_before);
    m_hide(on);
    m_appearance.setFactor(on ? kTextFactor : 1.0);
    if (on) {
        m_notesWindow->begin();
        return showNotes(showsNotes() || QGuiApplication::screens().size() > 1);
    }
    m_spotlight->setKind(Spotlight::Kind::Off);
    showNotes(false);
}

void Presentation::nextSpotlight()
{
    m_spotlight->setKind(static_cast<Spotlight::Kind>((static_cast<int>(m_spotlight->kind()) + 1) % 3));
}

void Presentation::showNotes(bool on)
{
    if (!on)
        return m_notesWindow->hide();
    if (!showsNotes() && !m_on)
        m_notesWindow->begin();
    const bool aside = m_notesWindow->open();
    refreshNotes();
    // Keys act on the page, but where the notes cover it.
    (aside ? static_cast<QWidget*>(&m_window) : m_notesWindow)->activateWindow();
}

void Presentation::refreshNotes()
{
    if (showsNotes())
        m_notesWindow->say(m_notes());
}

}  // namespace ketscope
