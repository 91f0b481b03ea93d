// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/figure_pane.h"

#include "ui/views/figure_frame.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QMenu>
#include <QPainter>
#include <QToolTip>

namespace ketscope {

using namespace Qt::StringLiterals;

FigurePane::FigurePane(const QString& figureId, StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_type(figureType(figureId)), m_controller(controller), m_appearance(appearance),
      m_rebuilding(new WhenVisible(*this, [this] { rebuild(); }))
{
    setObjectName(u"figure."_s + figureId);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(m_type.title);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged,
                              &StudyController::viewChanged, &StudyController::sweepChanged})
        connect(&controller, signal, m_rebuilding, &WhenVisible::request);
    connect(&controller, &StudyController::stateChanged, this, qOverload<>(&QWidget::update));
    connect(&appearance, &Appearance::changed, this, &FigurePane::invalidate);
    connect(&m_job, &Job::failed, this, [this](const QString& message) {
        m_figure.reset();
        m_problem = message;
        invalidate();
    });
    m_rebuilding->request();
}

void FigurePane::rebuild()
{
    const ComparisonPointer comparison = m_controller.comparison();
    if (!comparison)
        return accept(nullptr, nullptr);
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
    setAccessibleDescription(m_figure ? m_figure->caption() : QString());
    updateGeometry();
    invalidate();
    emit figureChanged();
}

void FigurePane::invalidate()
{
    m_cache = QPixmap();
    update();
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

void FigurePane::drawCache()
{
    const double ratio = devicePixelRatioF();
    m_cache = QPixmap((QSizeF(size()) * ratio).toSize());
    m_cache.setDevicePixelRatio(ratio);
    m_cache.fill(m_appearance.theme().panel);
    QPainter painter(&m_cache);
    painter.setRenderHint(QPainter::Antialiasing);
    m_figure->paint(painter, area(), m_appearance.theme());
}

void FigurePane::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    if (!m_figure) {
        painter.fillRect(rect(), theme.panel);
        painter.setFont(theme.ui(kLabelPixels));
        painter.setPen(theme.text2);
        painter.drawText(area(), Qt::AlignCenter | Qt::TextWordWrap,
                         m_problem.isEmpty() ? tr("Shown after the first run.") : m_problem);
        return;
    }
    if (m_cache.isNull() || m_cache.deviceIndependentSize() != QSizeF(size()))
        drawCache();
    painter.drawPixmap(0, 0, m_cache);
    paintFigureFrame(painter, *this, m_controller.state() == StudyController::State::Stale, theme);
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
    setCursor(hit.layer || hit.query || hit.key || hit.item ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

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
    menu.exec(event->globalPos());
}

void FigurePane::copyTable() const
{
    if (!m_figure)
        return;
    const Table table = m_figure->table();
    QString text = table.header.join(u'\t');
    for (const QStringList& row : table.rows)
        text += u'\n' + row.join(u'\t');
    QApplication::clipboard()->setText(text);
}

void FigurePane::copyImage() const
{
    if (m_figure)
        copyFigureImage(*m_figure, *m_comparison);
}

}  // namespace ketscope
