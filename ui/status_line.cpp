// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/status_line.h"

#include "core/study/repeat_record.h"
#include "core/train/time_text.h"
#include "ui/controls/controls.h"
#include "ui/trace_notes.h"
#include "viz/scale.h"

#include <QAccessible>
#include <QFile>
#include <QPainter>

#include <cmath>
#include <unistd.h>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kTellsTime = 0.05;  // done, before which the time left is a guess
constexpr double kTellsAfter = 2.0;  // seconds: of shorter work nobody asks

// Resident memory of this process in MiB; 0 where the system does not say.
int residentMiB()
{
    QFile file(u"/proc/self/statm"_s);
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QList<QByteArray> fields = file.readAll().split(' ');
    const qint64 pages = fields.size() > 1 ? fields[1].toLongLong() : 0;
    return static_cast<int>(pages * sysconf(_SC_PAGESIZE) / (1024 * 1024));
}

QPixmap dot(const QColor& colour, double size, double ratio)
{
    QPixmap pixmap(qCeil(size * ratio), qCeil(size * ratio));
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawEllipse(QRectF(0.5, 0.5, size - 1, size - 1));
    return pixmap;
}

}  // namespace

StatusLine::StatusLine(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QStatusBar(parent), m_controller(controller), m_appearance(appearance), m_dot(new QLabel(this)),
      m_state(makeLabel({}, "value", this)), m_bar(new QProgressBar(this)), m_hint(makeLabel({}, "", this)),
      m_times(new ElidedLabel("", this)), m_selection(makeLabel({}, "", this)), m_machine(makeLabel({}, "", this))
{
    setSizeGripEnabled(false);
    setContentsMargins(8, 0, 8, 0);
    m_state->setObjectName(u"state"_s);
    m_state->setIndent(4);
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    m_bar->setFixedWidth(110);
    for (QWidget* each : std::initializer_list<QWidget*>{m_dot, m_state, m_bar, m_hint, m_times})
        addWidget(each, each == m_times ? 1 : 0);
    addPermanentWidget(m_selection);
    addPermanentWidget(m_machine);
    connect(&controller, &StudyController::stateChanged, this, &StatusLine::refreshState);
    connect(&controller, &StudyController::studyChanged, this, &StatusLine::refreshState);
    connect(&controller, &StudyController::busyChanged, this, &StatusLine::setBusy);
    connect(&controller, &StudyController::progressed, this, &StatusLine::showProgress);
    connect(&controller, &StudyController::selectionChanged, this, &StatusLine::refreshSelection);
    connect(&controller, &StudyController::comparisonChanged, this, &StatusLine::refreshTimes);
    connect(&appearance, &Appearance::changed, this, &StatusLine::refreshState);
    setBusy(false);
    refreshTimes();
}

QColor StatusLine::dotColour() const
{
    const Theme& theme = m_appearance.theme();
    switch (m_controller.state()) {
    case StudyController::State::UpToDate: return theme.ok;
    case StudyController::State::Running: return theme.accent;
    case StudyController::State::Stale: return theme.warn;
    case StudyController::State::Failed: return theme.error;
    case StudyController::State::Empty: break;
    }
    return theme.line2;
}

void StatusLine::refreshState()
{
    QString text;
    switch (m_controller.state()) {
    case StudyController::State::Empty: text = tr("No model open"); break;
    case StudyController::State::UpToDate: text = tr("Up to date"); break;
    case StudyController::State::Stale:
        text = m_controller.isPart()           ? keptText()
               : m_controller.isHeadUpToDate() ? tr("The selected head is up to date; the rest follows")
                                               : tr("Changed since the last run. Run to update.");
        break;
    case StudyController::State::Failed:
        text = m_controller.failure().opening ? tr("Opening failed") : tr("The last run failed");
        break;
    // Short runs leave the text as it is: no flicker.
    case StudyController::State::Running: text = m_busy ? m_step : m_state->text(); break;
    }
    m_state->setText(text);
    m_hint->setText(hintText());
    const bool quiet = m_controller.state() == StudyController::State::Running && !m_busy;
    if (!quiet)
        m_dot->setPixmap(dot(dotColour(), m_appearance.theme().px(9), devicePixelRatioF()));
}

// What is there of a run that was cancelled.
QString StatusLine::keptText() const
{
    const Comparison& kept = *m_controller.comparison();
    const std::size_t staged = stagedTrace(kept);
    if (staged == 0)
        return tr("Kept what was finished. Run goes on.");
    const RepeatProgress progress = repeatProgress(kept, staged);
    return tr("Kept %1 of %2 repeats of %3. Run goes on.")
        .arg(progress.done)
        .arg(progress.asked)
        .arg(QString::fromStdString(traceTag(staged)));
}

// What becomes of the run when it is cancelled now.
QString StatusLine::hintText() const
{
    if (m_controller.seeksErrors())
        return tr("Cancel leaves out the errors of outputs");
    const std::size_t staged = m_controller.isPart() ? stagedTrace(*m_controller.comparison()) : 0;
    return staged > 0
               ? tr("Cancel keeps the %1 finished repeats").arg(repeatProgress(*m_controller.comparison(), staged).done)
               : tr("Esc cancels");
}

void StatusLine::setBusy(bool busy)
{
    clearMessage();  // it stands in the place of what is shown now
    const bool ended = m_busy && !busy;
    m_busy = busy;
    if (!busy) {
        m_step.clear();
        m_begun.invalidate();
        m_fraction = 0.0;
    }
    if (busy && m_step.isEmpty())
        m_step = tr("Working");
    m_bar->setVisible(busy);
    m_hint->setVisible(busy);
    m_times->setVisible(!busy);
    refreshState();
    if (!ended)
        return;
    m_bar->setValue(0);
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

void StatusLine::showProgress(double fraction, const QString& what)
{
    // A step back is another piece of work.
    if (fraction < m_fraction || !m_begun.isValid())
        m_begun.start();
    m_fraction = fraction;
    const double elapsed = static_cast<double>(m_begun.elapsed()) / 1000.0;
    const bool tells = fraction > kTellsTime && elapsed > kTellsAfter;
    m_step = tells ? tr("%1 · about %2 left")
                         .arg(what, QString::fromStdString(timeText(std::ceil(elapsed * (1.0 - fraction) / fraction))))
                   : what;
    m_bar->setValue(qRound(1000.0 * fraction));
    if (m_busy)
        refreshState();
}

void StatusLine::refreshSelection()
{
    const Selection& at = m_controller.selection();
    m_selection->setText(
        m_controller.comparison()
            ? tr("Selection L%1 H%2 · q %3 · k %4").arg(at.layer).arg(at.head).arg(at.query).arg(at.key)
            : QString());
}

void StatusLine::refreshTimes()
{
    QStringList parts;
    if (const ComparisonPointer& comparison = m_controller.comparison()) {
        for (std::size_t trace = 0; trace < comparison->traces.size(); ++trace) {
            QString time = tr("%1 %2 ms")
                               .arg(QString::fromStdString(traceTag(trace)),
                                    formatNumber(comparison->traces[trace]->seconds * 1000.0, 1));
            if (const QString shared = sharedLayersText(*comparison, trace); !shared.isEmpty())
                time += tr(" (%1)").arg(shared);
            parts += time;
        }
        parts += tr("run %1 ms").arg(formatNumber(m_controller.lastRunMs(), 1));
    }
    m_times->setText(u"  "_s + parts.join(u" · "_s));
    m_times->setToolTip(parts.join(u'\n'));
    m_times->setObjectName(u"times"_s);
    const int count = m_controller.threads();
    const QString threads = count == 1 ? tr("1 thread") : tr("%1 threads").arg(count);
    m_machine->setText(tr("   fp32 · %1   Memory %2 MiB").arg(threads).arg(residentMiB()));
    refreshSelection();
}

}  // namespace ketscope
