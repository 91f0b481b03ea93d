// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/figure_pane.h"

#include "ui/controls/table_access.h"
#include "ui/views/figure_frame.h"
#include "ui/views/vacant_page.h"
#include "viz/export.h"

#include <QContextMenuEvent>
#include <QFileDialog>
#include <QMenu>
#include <QPainter>
#include <QToolTip>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kMarkReach = 4.0;  // of a frame, beyond what it frames
constexpr int kLateMs = 200;

}  // namespace

FigurePane::FigurePane(const QString& figureId, StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_type(figureType(figureId)), m_controller(controller), m_appearance(appearance),
      m_rebuilding(new WhenVisible(*this, [this] { rebuild(); }))
{
    setObjectName(u"figure."_s + figureId);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(m_type.title);
    exposeAsTable(*this, {[this] { return m_figure ? m_figure->tables().front() : Table(); },
                          [this] { return m_figure ? QString() : m_problem; }});
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged,
                              &StudyController::viewChanged, &StudyController::sweepChanged})
        connect(&controller, signal, m_rebuilding, &WhenVisible::request);
    connect(&controller, &StudyController::pointedChanged, this, &FigurePane::mark);
    connect(&controller, &StudyController::stateChanged, this, qOverload<>(&QWidget::update));
    connect(&appearance, &Appearance::changed, this, &FigurePane::invalidate);
    m_late.setSingleShot(true);
    m_late.setInterval(kLateMs);
    connect(&m_late, &QTimer::timeout, this, qOverload<>(&QWidget::update));
    connect(&m_job, &Job::started, this, [this] {
        if (!m_late.isActive())
            m_late.start();
    });
    connect(&m_job, &Job::failed, this, [this](const QString& message) {
        m_figure.reset();
        m_failed = true;
        m_problem = message;
        invalidate();
        tableChanged(*this);
    });
    connect(&m_exportJob, &Job::failed, &controller, &StudyController::failed);
    m_rebuilding->request();
}

void FigurePane::setSource(std::function<ComparisonPointer()> source)
{
    m_source = std::move(source);
    refresh();
}

void FigurePane::rebuild()
{
    const ComparisonPointer comparison = m_source ? m_source() : m_controller.comparison();
    if (!comparison)
        return accept(nullptr, nullptr);
    if (const QString obstacle = obstacleOf(m_type, *comparison); !obstacle.isEmpty()) {
        m_job.cancel();
        accept(nullptr, nullptr);
        m_problem = obstacle;
        return;
    }
    m_job.start([this, comparison](Monitor& monitor) -> Job::Delivery {
        std::shared_ptr<const Figure> figure = m_type.make(comparison);
        monitor.check();
        return [this, figure, comparison] { accept(figure, comparison); };
    });
}

void FigurePane::accept(std::shared_ptr<const Figure> figure, const ComparisonPointer& comparison)
{
    m_figure = std::move(figure);
    m_comparison = comparison;
    m_problem.clear();
    m_failed = false;
    setAccessibleDescription(m_figure ? m_figure->description() : QString());
    updateGeometry();
    invalidate();
    tableChanged(*this);
    emit figureChanged();
}

void FigurePane::invalidate()
{
    m_cache = QPixmap();
    m_marked.clear();
    mark();
    update();
}

void FigurePane::mark()
{
    if (!isVisible())
        return;
    std::vector<QRectF> marked;
    if (m_figure && m_controller.pointed() != Pointed())
        marked = m_figure->placesOf(m_controller.pointed(), area(), m_appearance.theme());
    if (marked == m_marked)
        return;
    for (const auto& places : {m_marked, marked})
        for (const QRectF& place : places)
            update(place.adjusted(-kMarkReach, -kMarkReach, kMarkReach, kMarkReach).toAlignedRect());
    m_marked = std::move(marked);
}

QRectF FigurePane::area() const { return figureArea(*this, m_appearance.theme()); }

QSize FigurePane::sizeHint() const { return {qRound(m_appearance.theme().px(420)), heightForWidth(width())}; }

QSize FigurePane::minimumSizeHint() const
{
    return {qRound(m_appearance.theme().px(200)), qRound(m_appearance.theme().px(120))};
}

int FigurePane::heightForWidth(int width) const
{
    const Theme& theme = m_appearance.theme();
    return m_figure ? figureHeight(*m_figure, width, theme) : qRound(theme.px(220));
}

QColor FigurePane::ground() const { return m_inDock ? m_appearance.theme().panel2 : m_appearance.theme().panel; }

void FigurePane::drawCache()
{
    const double ratio = devicePixelRatioF();
    m_cache = QPixmap((QSizeF(size()) * ratio).toSize());
    m_cache.setDevicePixelRatio(ratio);
    m_cache.fill(ground());
    QPainter painter(&m_cache);
    painter.setRenderHint(QPainter::Antialiasing);
    m_figure->paint(painter, area(), m_appearance.theme());
}

void FigurePane::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    if (!m_figure) {
        painter.fillRect(rect(), ground());
        return paintWithoutFigure(painter);
    }
    if (m_cache.isNull() || m_cache.deviceIndependentSize() != QSizeF(size()))
        drawCache();
    painter.drawPixmap(0, 0, m_cache);
    for (const QRectF& place : m_marked)
        paintPointedFrame(painter, place, theme);
    paintFigureFrame(painter, *this, isLate() || isOutdated(), theme);
}

bool FigurePane::isOutdated() const
{
    if (m_outdated)
        return m_outdated();
    return m_ofHead ? m_controller.isHeadOutdated() : m_controller.isOutdated();
}

void FigurePane::paintWithoutFigure(QPainter& painter) const
{
    QString title = m_failed ? tr("This figure could not be drawn.") : QString(), hint = m_problem;
    if (m_problem.isEmpty() && m_controller.comparison())
        hint = isLate() ? tr("Being drawn…") : QString();
    else if (m_problem.isEmpty())
        hint = vacancyOf(m_controller).title;
    paintInsteadOfFigure(painter, area(), title, hint, m_appearance.theme());
}

void FigurePane::resizeEvent(QResizeEvent*) { invalidate(); }

void FigurePane::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_figure)
        return;
    const Hit hit = m_figure->hit(event->position(), area(), m_appearance.theme());
    if (hit.sentence.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(event->globalPosition().toPoint() + QPoint(12, 12), hit.sentence, this);
    m_controller.point(pointedAt(hit));
    setCursor(hit.layer || hit.query || hit.key || hit.token || hit.patch || hit.item ? Qt::PointingHandCursor
                                                                                      : Qt::ArrowCursor);
}

void FigurePane::leaveEvent(QEvent*) { m_controller.point({}); }

void FigurePane::choose(const Hit& hit, bool keyOnly)
{
    if (hit.item)
        emit itemChosen(*hit.item);
    Selection selection = m_controller.selection();
    selection.layer = hit.layer.value_or(selection.layer);
    selection.head = hit.head.value_or(selection.head);
    if (!keyOnly)
        selection.query = hit.query.value_or(selection.query);
    selection.key = hit.key.value_or(selection.key);
    m_controller.select(selection);
}

void FigurePane::mousePressEvent(QMouseEvent* event)
{
    if (m_figure && event->button() == Qt::LeftButton)
        choose(m_figure->hit(event->position(), area(), m_appearance.theme()),
               event->modifiers().testFlag(Qt::ShiftModifier));
}

// Arrows move the selection as they do in the maps: rows are queries, columns keys.
void FigurePane::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy))
        return copyTable();
    Selection selection = m_controller.selection();
    const auto before = [](std::size_t index) { return index == 0 ? 0 : index - 1; };
    switch (event->modifiers().testFlag(Qt::AltModifier) ? 0 : event->key()) {
    case Qt::Key_Left: selection.query = before(selection.query); break;
    case Qt::Key_Right: ++selection.query; break;
    default: return QWidget::keyPressEvent(event);
    }
    m_controller.select(selection);
}

void FigurePane::contextMenuEvent(QContextMenuEvent* event)
{
    if (!m_figure)
        return;
    QMenu menu(this);
    menu.addAction(tr("Copy table (TSV)"), this, &FigurePane::copyTable);
    menu.addAction(tr("Copy image"), this, &FigurePane::copyImage);
    menu.addSeparator();
    menu.addAction(tr("Export figure…"), this, [this] { emit exportWanted(m_type.id); });
    if (!m_figure->program().empty()) {
        menu.addAction(tr("Export circuit as OpenQASM 3…"), this, &FigurePane::exportCircuit);
        menu.addAction(tr("Import measured counts…"), this, &FigurePane::countsWanted);
    }
    menu.exec(event->globalPos());
}

void FigurePane::copyTable() const
{
    if (m_figure)
        copyAsText(m_figure->table());
}

void FigurePane::exportCircuit()
{
    if (!m_figure || m_figure->program().empty())
        return;
    const Selection& at = m_comparison->study.selection;
    const QString suggested = u"circuit-l%1h%2-q%3k%4.qasm"_s.arg(at.layer).arg(at.head).arg(at.query).arg(at.key);
    const QString file = QFileDialog::getSaveFileName(this, tr("Export circuit"), suggested, tr("OpenQASM 3 (*.qasm)"));
    if (file.isEmpty())
        return;
    m_exportJob.start([figure = m_figure, path = file.toStdString()](Monitor&) -> Job::Delivery {
        exportProgram(*figure, path);
        return [] {};
    });
}

void FigurePane::copyImage() const
{
    if (m_figure)
        copyFigureImage(*m_figure, *m_comparison);
}

}  // namespace ketscope
