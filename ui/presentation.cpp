// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/presentation.h"

#include <QApplication>
#include <QCursor>
#include <QPainter>
#include <QPainterPath>
#include <QTextBrowser>
#include <QVBoxLayout>

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

Presentation::Presentation(QMainWindow& window, Appearance& appearance, std::function<void(bool)> hide,
                           std::function<QString()> notes)
    : QObject(&window), m_window(window), m_appearance(appearance), m_hide(std::move(hide)), m_notes(std::move(notes)),
      m_spotlight(new Spotlight(appearance, window))
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
    if (on)
        return;
    m_spotlight->setKind(Spotlight::Kind::Off);
    showNotes(false);
}

void Presentation::nextSpotlight()
{
    m_spotlight->setKind(static_cast<Spotlight::Kind>((static_cast<int>(m_spotlight->kind()) + 1) % 3));
}

bool Presentation::showsNotes() const { return m_notesWindow && m_notesWindow->isVisible(); }

void Presentation::showNotes(bool on)
{
    if (!m_notesWindow && on) {
        m_notesWindow = new QWidget(&m_window, Qt::Tool);
        m_notesWindow->setObjectName(u"notes"_s);
        m_notesWindow->setWindowTitle(tr("Notes"));
        m_text = new QTextBrowser(m_notesWindow);
        m_text->setAccessibleName(tr("Notes"));
        auto* column = new QVBoxLayout(m_notesWindow);
        column->setContentsMargins(8, 8, 8, 8);
        column->addWidget(m_text);
        m_notesWindow->resize(qRound(m_appearance.theme().px(300)), qRound(m_appearance.theme().px(200)));
    }
    if (m_notesWindow)
        m_notesWindow->setVisible(on);
    refreshNotes();
    if (on)
        m_window.activateWindow();
}

void Presentation::refreshNotes()
{
    if (showsNotes())
        m_text->setHtml(m_notes());
}

}  // namespace ketscope
