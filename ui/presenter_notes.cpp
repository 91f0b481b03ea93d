// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/presenter_notes.h"

#include "core/base/error.h"
#include "ui/controls/controls.h"

#include <QFileDialog>
#include <QGuiApplication>
#include <QMessageBox>
#include <QPdfWriter>
#include <QSaveFile>
#include <QScreen>
#include <QShortcut>
#include <QTextDocument>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kTextPixels = 17.0;  // at the scale of a presentation, which is larger already
constexpr double kPaperPoints = 12.0;
constexpr double kShareOfOther = 0.8;  // of another screen's width and height
constexpr double kShareOfOnly = 0.42;
constexpr int kSecond = 1000;

// Inside `screen`, made smaller where it has to be.
QRect inside(QRect place, const QRect& screen)
{
    place.setSize(place.size().boundedTo(screen.size()));
    place.moveLeft(qBound(screen.left(), place.left(), screen.right() + 1 - place.width()));
    place.moveTop(qBound(screen.top(), place.top(), screen.bottom() + 1 - place.height()));
    return place;
}

}  // namespace

QRect placeOfNotes(const QList<QRect>& screens, qsizetype presented, const QRect& remembered)
{
    const auto indexOf = [&](const QRect& place) {
        for (qsizetype i = 0; i < screens.size(); ++i)
            if (place.isValid() && screens[i].contains(place.center()))
                return i;
        return qsizetype{-1};
    };
    const qsizetype was = indexOf(remembered);
    if (was >= 0 && (was != presented || screens.size() == 1))
        return inside(remembered, screens[was]);
    for (qsizetype i = 0; i < screens.size(); ++i)
        if (i != presented) {
            QRect place(QPoint(), screens[i].size() * kShareOfOther);
            place.moveCenter(screens[i].center());
            return place;
        }
    QRect place(QPoint(), screens.value(0).size() * kShareOfOnly);
    place.moveBottomRight(screens.value(0).bottomRight());
    return place;
}

PresenterNotes::PresenterNotes(Appearance& appearance, Settings& settings, QWidget& presented)
    : QWidget(&presented, Qt::Window), m_appearance(appearance), m_settings(settings), m_presented(presented),
      m_clock(makeLabel({}, "title", this)), m_next(makeWrappedLabel("hint", this)), m_text(new QTextBrowser(this))
{
    setObjectName(u"notes"_s);
    setWindowTitle(tr("Notes"));
    setProperty("ground", u"panel2"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_clock->setAccessibleName(tr("Time since the beginning"));
    m_text->setAccessibleName(tr("Notes"));
    makeRows();
    for (const QKeySequence& keys : {QKeySequence(u"Esc"_s), QKeySequence(u"Shift+F12"_s)})
        connect(new QShortcut(keys, this), &QShortcut::activated, this, &QWidget::hide);
    m_tick.setInterval(kSecond);
    connect(&m_tick, &QTimer::timeout, this, &PresenterNotes::refreshClock);
    connect(&m_appearance, &Appearance::changed, this, &PresenterNotes::refresh);
    begin();
    refresh();
}

void PresenterNotes::makeRows()
{
    auto* save = new QPushButton(tr("Save as PDF…"), this);
    save->setToolTip(tr("The notes of every step, to be printed. Ctrl+P"));
    save->setShortcut(QKeySequence(u"Ctrl+P"_s));
    auto* close = new QPushButton(tr("Close"), this);
    close->setToolTip(tr("Esc, or Shift+F12"));
    auto* foot = new QHBoxLayout;
    foot->addWidget(m_clock);
    foot->addStretch(1);
    foot->addWidget(save);
    foot->addWidget(close);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 12);
    column->setSpacing(10);
    column->addWidget(m_text, 1);
    column->addWidget(m_next);
    column->addLayout(foot);
    connect(save, &QPushButton::clicked, this, &PresenterNotes::chooseFile);
    connect(close, &QPushButton::clicked, this, &QWidget::hide);
}

void PresenterNotes::begin()
{
    m_begun.start();
    refreshClock();
}

bool PresenterNotes::open()
{
    QList<QRect> screens;
    qsizetype presented = -1;
    for (const QScreen* screen : QGuiApplication::screens()) {
        if (screen == m_presented.screen())
            presented = screens.size();
        screens << screen->availableGeometry();
    }
    const QRect place = placeOfNotes(screens, presented, isVisible() ? geometry() : m_settings.notesPlace());
    setGeometry(place);
    show();
    raise();
    m_tick.start();
    refreshClock();
    return presented < 0 || !screens[presented].contains(place.center());
}

void PresenterNotes::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_tick.stop();
    m_settings.setNotesPlace(geometry());
}

void PresenterNotes::say(const PresenterNote& note)
{
    m_note = note;
    refresh();
}

void PresenterNotes::refresh()
{
    const QFont large = m_appearance.theme().ui(kTextPixels);
    QFont heavy = large;
    heavy.setWeight(QFont::DemiBold);
    m_text->setFont(large);
    m_next->setFont(large);
    m_clock->setFont(heavy);
    m_text->setHtml(u"<p><b>%1</b></p>%2"_s.arg(m_note.title.toHtmlEscaped(), m_note.note));
    m_next->setText(m_note.next.isEmpty() ? QString() : tr("Next: %1").arg(m_note.next));
    m_next->setVisible(!m_note.next.isEmpty());
}

// "4:07", "1:04:07".
void PresenterNotes::refreshClock()
{
    const qint64 seconds = m_begun.elapsed() / kSecond;
    const auto two = [](qint64 number) { return u"%1"_s.arg(number, 2, 10, QLatin1Char('0')); };
    const qint64 hours = seconds / 3600, minutes = seconds / 60 % 60;
    m_clock->setText((hours > 0 ? u"%1:%2"_s.arg(hours).arg(two(minutes)) : QString::number(minutes)) + u':'
                     + two(seconds % 60));
}

void PresenterNotes::save(const QString& file) const
{
    QSaveFile target(file);
    if (!target.open(QIODevice::WriteOnly))
        fail({file.toStdString(), "a file that can be written", target.errorString().toStdString(),
              "Choose another place."});
    {
        QPdfWriter writer(&target);
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF(20, 20, 20, 20), QPageLayout::Millimeter);
        writer.setTitle(windowTitle());
        QTextDocument document;
        QFont font = m_appearance.theme().ui(kTextPixels);
        font.setPointSizeF(kPaperPoints);
        document.setDefaultFont(font);
        document.setHtml(m_note.all);
        document.print(&writer);
    }
    if (!target.commit())
        fail({file.toStdString(), "room for the file", target.errorString().toStdString(), "Choose another place."});
}

void PresenterNotes::chooseFile()
{
    const QString file = QFileDialog::getSaveFileName(this, tr("Save the notes"), u"notes.pdf"_s, tr("PDF (*.pdf)"));
    if (file.isEmpty())
        return;
    try {
        save(file);
    } catch (const Error& error) {
        QMessageBox::warning(this, windowTitle(), QString::fromUtf8(error.what()));
    }
}

}  // namespace ketscope
