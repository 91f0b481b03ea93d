// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/traces_section.h"

#include "core/study/repeat_record.h"
#include "ui/docks/trace_sections.h"
#include "ui/trace_notes.h"
#include "viz/scale.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QDrag>
#include <QGridLayout>
#include <QMenu>
#include <QMimeData>
#include <QPainter>

namespace ketscope {

using namespace Qt::StringLiterals;

TraceRow::TraceRow(std::size_t trace, StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_trace(trace), m_controller(controller), m_appearance(appearance),
      m_name(new ElidedLabel("value", this)), m_time(makeLabel({}, "stale", this))
{
    setObjectName(u"trace."_s + QString::fromStdString(traceTag(trace)));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    auto* row = new QHBoxLayout(this);
    const auto space = [this, row] {
        const auto px = [this](double at100) { return qRound(m_appearance.theme().px(at100)); };
        row->setContentsMargins(px(4), px(3), px(4), px(3));
        row->setSpacing(px(8));
    };
    space();
    connect(&appearance, &Appearance::changed, this, space);
    auto* tag = new TraceTag(trace, appearance, this);
    row->addWidget(tag);
    row->addWidget(m_name, 1);
    row->addWidget(m_time);
    for (QWidget* part : std::initializer_list<QWidget*>{tag, m_name, m_time})
        part->setAttribute(Qt::WA_TransparentForMouseEvents);
}

void TraceRow::setTexts(const TraceTitle& title, const QString& time)
{
    m_name->setText(QString::fromStdString(title.title));
    m_time->setText(time);
    const QString all =
        title.detail.empty() ? m_name->text() : u"%1: %2"_s.arg(m_name->text(), QString::fromStdString(title.detail));
    setToolTip(all);
    setAccessibleName(tr("Trace %1, %2, %3").arg(QString::fromStdString(traceTag(m_trace)), all, time));
}

bool TraceRow::isCurrent() const { return m_trace > 0 && m_trace == m_controller.candidateTrace(); }

void TraceRow::choose()
{
    if (m_trace > 0)
        m_controller.chooseCandidate(m_trace - 1);
}

void TraceRow::paintEvent(QPaintEvent*)
{
    const Theme& theme = m_appearance.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (isCurrent()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.accentBg);
        painter.drawRoundedRect(rect(), theme.px(4), theme.px(4));
    }
    if (hasFocus()) {
        painter.setPen(QPen(theme.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), theme.px(4), theme.px(4));
    }
}

void TraceRow::mousePressEvent(QMouseEvent* event)
{
    m_pressed = event->position().toPoint();
    m_carried = false;
}

// Not when it is pressed: what is carried to a map is not chosen.
void TraceRow::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && !m_carried)
        choose();
}

void TraceRow::mouseMoveEvent(QMouseEvent* event)
{
    const bool far = (event->position().toPoint() - m_pressed).manhattanLength() >= QApplication::startDragDistance();
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!event->buttons().testFlag(Qt::LeftButton) || !far || !comparison || m_trace >= comparison->traces.size())
        return;
    m_carried = true;
    auto* carried = new QMimeData;
    carried->setData(QString::fromLatin1(kTraceMimeType), QByteArray::number(static_cast<qulonglong>(m_trace)));
    auto* drag = new QDrag(this);  // deletes itself
    drag->setMimeData(carried);
    drag->setPixmap(grab());
    drag->setHotSpot(m_pressed);
    drag->exec(Qt::CopyAction);
}

void TraceRow::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space: return choose();
    case Qt::Key_Delete:
        if (m_trace > 0)
            m_controller.removeCandidate(m_trace - 1);
        return;
    default: QWidget::keyPressEvent(event);
    }
}

void TraceRow::contextMenuEvent(QContextMenuEvent* event) { emit menuWanted(event->globalPos()); }

TracesSection::TracesSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Traces"), appearance, parent), m_controller(controller), m_appearance(appearance),
      m_add(makeLink(tr("Add candidate"), this)), m_list(new KeptGrid(*this, 2))
{
    setObjectName(u"traces"_s);
    m_add->setObjectName(u"addCandidate"_s);
    m_add->setToolTip(tr("Another candidate beside this one, as a copy of the current plan"));
    addToTitleRow(m_add);
    connect(m_add, &QPushButton::clicked, &controller, &StudyController::addCandidate);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::studyChanged, &StudyController::stateChanged})
        connect(&controller, signal, this, &TracesSection::refresh);
    refresh();
}

// Those of the study where it can be run; else those of the file.
std::size_t TracesSection::traces() const
{
    return m_controller.canRun() ? m_controller.study().candidates.size() + 1
                                 : m_controller.comparison()->traces.size();
}

// "8/32" of the first repeats, "…" for what is still to be computed, "queued" for what comes after a part that is shown.
QString TracesSection::timeOf(std::size_t trace) const
{
    const Comparison& done = *m_controller.comparison();
    if (const std::size_t staged = m_controller.isPart() ? stagedTrace(done) : 0; staged > 0) {
        const RepeatProgress progress = repeatProgress(done, staged);
        if (trace == staged)
            return tr("%1/%2").arg(progress.done).arg(progress.asked);
        if (trace >= done.traces.size() && m_controller.state() == StudyController::State::Running)
            return tr("queued");
    }
    if (trace < done.traces.size() && !planIsKnown(done, trace))
        return tr("captured");
    const auto& candidates = m_controller.study().candidates;
    const bool computed =
        trace < done.traces.size()
        && (trace == 0 || !m_controller.canRun()
            || (trace <= done.study.candidates.size() && done.study.candidates[trace - 1] == candidates[trace - 1]));
    if (!computed)
        return u"…"_s;
    const double milliseconds = done.traces[trace]->seconds * 1000.0;
    return tr("%1 ms").arg(formatNumber(milliseconds, milliseconds < 100 ? 1 : 0));
}

void TracesSection::refresh()
{
    m_add->setEnabled(m_controller.canRun());
    m_list->begin();
    if (m_controller.comparison())
        addRows();
    else
        m_list->label(0, 0, tr("Nothing has been run yet."), "hint");
    m_list->end();
}

void TracesSection::addRows()
{
    Comparison titled = *m_controller.comparison();
    if (m_controller.canRun())
        titled.study.candidates = m_controller.study().candidates;
    for (std::size_t trace = 0; trace < traces(); ++trace) {
        auto* row = m_list->widget<TraceRow>(static_cast<int>(trace), 0, u"trace"_s, [&] {
            auto* made = new TraceRow(trace, m_controller, m_appearance, m_list);
            connect(made, &TraceRow::menuWanted, this, [this, trace](QPoint at) {
                QMenu menu;
                fillMenu(menu, trace);
                menu.exec(at);
            });
            return made;
        });
        row->setTexts(traceTitle(titled, trace), timeOf(trace));
        row->update();  // another may be the current one
    }
    auto below = static_cast<int>(traces());
    for (std::size_t trace = 1; trace < titled.traces.size(); ++trace)
        if (const QString shared = sharedLayersText(titled, trace); !shared.isEmpty())
            m_list->wrapped(below++, 0,
                            tr("%1: %2, not in its time.").arg(QString::fromStdString(traceTag(trace)), shared),
                            "hint");
    if (titled.traces.size() > 1)
        m_list->label(below, 0, tr("Drag a trace onto a map to show it there."), "hint");
}

void TracesSection::fillMenu(QMenu& menu, std::size_t trace)
{
    const ComparedPair pair = m_controller.pair();
    QAction* baseline = menu.addAction(tr("Use as baseline of Δ"));
    baseline->setEnabled(pair.baseline != trace && trace < m_controller.comparison()->traces.size());
    connect(baseline, &QAction::triggered, this, [this, pair, trace] {
        m_controller.compare({trace, pair.candidate == trace ? pair.baseline : pair.candidate});
    });
    QAction* candidate = menu.addAction(tr("Compare with the baseline"));
    candidate->setEnabled(pair.baseline != trace && pair.candidate != trace
                          && trace < m_controller.comparison()->traces.size());
    connect(candidate, &QAction::triggered, this, [this, pair, trace] {
        m_controller.compare({pair.baseline, trace});
    });
    if (trace == 0 || !m_controller.canRun())
        return;
    const std::size_t index = trace - 1;
    const std::size_t count = m_controller.study().candidates.size();
    const auto add = [&](const QString& title, bool enabled, void (StudyController::*act)(std::size_t)) {
        QAction* action = menu.addAction(title);
        action->setEnabled(enabled);
        connect(action, &QAction::triggered, this, [this, act, index] { (m_controller.*act)(index); });
    };
    menu.addSeparator();
    add(tr("Edit this candidate"), index != m_controller.candidate(), &StudyController::chooseCandidate);
    add(tr("Duplicate"), true, &StudyController::duplicateCandidate);
    add(tr("Remove"), count > 1, &StudyController::removeCandidate);
    const auto addMove = [&](const QString& title, bool enabled, std::size_t to) {
        QAction* action = menu.addAction(title);
        action->setEnabled(enabled);
        connect(action, &QAction::triggered, this, [this, index, to] { m_controller.moveCandidate(index, to); });
    };
    menu.addSeparator();
    addMove(tr("Move up"), index > 0, index == 0 ? 0 : index - 1);
    addMove(tr("Move down"), index + 1 < count, index + 1);
}

}  // namespace ketscope
