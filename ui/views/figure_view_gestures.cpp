// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/figure_view.h"

#include "ui/docks/traces_section.h"

#include <QApplication>
#include <QDropEvent>
#include <QMimeData>
#include <QMouseEvent>
#include <QPainter>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kZoomStep = 0.8;           // of the tokens in sight, for a notch of the wheel
constexpr double kWheelNotch = 120.0;       // eighths of a degree
constexpr std::ptrdiff_t kScrollShare = 8;  // a notch scrolls an eighth of what is in sight

std::ptrdiff_t scrolled(std::size_t inSight, double notches)
{
    const auto step = std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(inSight) / kScrollShare);
    return static_cast<std::ptrdiff_t>(std::lround(-notches * static_cast<double>(step)));
}

}  // namespace

bool FigureView::isZoomed() const
{
    return m_figure && !asStored(m_figure->window(), m_figure->maps().queries(), m_figure->maps().keys()).isAll();
}

void FigureView::resetZoom()
{
    if (m_figure && isZoomed())
        showWindow({0, m_figure->maps().queries(), 0, m_figure->maps().keys()});
    keepWindow();
}

// Shown at once; the study, and with it every other view, has it when the hand rests.
void FigureView::showWindow(const MapWindow& window)
{
    if (!m_figure || window == m_figure->window())
        return;
    m_window = window;
    makeFigure(m_controller.comparison());
    m_keep.start();
    emit windowMoved();
}

void FigureView::keepWindow()
{
    m_keep.stop();
    if (!m_window || !m_figure)
        return;
    const MapWindow kept = asStored(*m_window, m_figure->maps().queries(), m_figure->maps().keys());
    m_window.reset();
    m_controller.changeView([&](ViewSettings& view) { view.heatmap.window = kept; });
}

void FigureView::linkWith(FigureView& other)
{
    for (auto [from, to] : {std::pair{this, &other}, std::pair{&other, this}}) {
        connect(from, &FigureView::windowMoved, to, [from = from, to = to] { to->follow(*from); });
    }
}

void FigureView::follow(const FigureView& other)
{
    if (!m_figure || !isVisible() || !other.m_window)
        return;
    m_window = other.m_window;
    makeFigure(m_controller.comparison());
    m_window.reset();  // the other keeps it
}

void FigureView::zoomAt(double factor, const MapAnchor& anchor)
{
    const HeadMaps& maps = m_figure->maps();
    showWindow(zoomed(m_figure->window(), factor, anchor, maps.queries(), maps.keys()));
}

// The same while the pointer rests: windows are of whole tokens, and what they round would add up.
MapAnchor FigureView::anchorAt(int panel, QPointF where)
{
    if (m_anchor && m_anchored == where)
        return *m_anchor;
    const QRectF map = m_layout->mapRect(panel);
    const MapWindow& now = m_figure->window();
    const auto sideOf = [](double share, std::size_t first, std::size_t count) -> MapAnchor::Side {
        share = std::clamp(share, 0.0, 1.0);
        return {static_cast<double>(first) + share * static_cast<double>(count), share};
    };
    m_anchored = where;
    m_anchor = {sideOf((where.y() - map.top()) / map.height(), now.firstQuery, now.queries),
                sideOf((where.x() - map.left()) / map.width(), now.firstKey, now.keys)};
    return *m_anchor;
}

void FigureView::pan(std::ptrdiff_t queries, std::ptrdiff_t keys)
{
    const HeadMaps& maps = m_figure->maps();
    showWindow(moved(m_figure->window(), queries, keys, maps.queries(), maps.keys()));
}

void FigureView::panTo(QPointF where)
{
    const HeadMaps& maps = m_figure->maps();
    const QPointF by = (m_pressed - where) / m_layout->cell;
    showWindow(moved(m_panned, std::lround(by.y()), std::lround(by.x()), maps.queries(), maps.keys()));
}

void FigureView::centreOn(QPointF inOverview)
{
    const HeadMaps& maps = m_figure->maps();
    const QRectF place = *m_layout->overview;
    const double longest = static_cast<double>(std::max(maps.queries(), maps.keys()));
    const QPointF token = (inOverview - place.topLeft()) / place.width() * longest;
    const MapWindow& now = m_figure->window();
    const auto by = [](double wanted, std::size_t first, std::size_t count) {
        return std::lround(wanted - static_cast<double>(first) - static_cast<double>(count) / 2.0);
    };
    pan(by(token.y(), now.firstQuery, now.queries), by(token.x(), now.firstKey, now.keys));
}

// The selected cell, moved by keys, stays in sight.
void FigureView::reveal()
{
    if (!m_figure || !isZoomed())
        return;
    const Selection& at = m_controller.selection();
    const MapWindow& now = m_figure->window();
    const auto by = [](std::size_t token, std::size_t first, std::size_t count) -> std::ptrdiff_t {
        const auto place = static_cast<std::ptrdiff_t>(token) - static_cast<std::ptrdiff_t>(first);
        return place < 0 ? place : std::max<std::ptrdiff_t>(0, place - static_cast<std::ptrdiff_t>(count) + 1);
    };
    pan(by(at.query, now.firstQuery, now.queries), by(at.key, now.firstKey, now.keys));
}

MapWindow FigureView::rubberBand() const
{
    const auto [firstQuery, lastQuery] = std::minmax(m_from.query, m_to.query);
    const auto [firstKey, lastKey] = std::minmax(m_from.key, m_to.key);
    const HeadMaps& maps = m_figure->maps();
    MapWindow window{firstQuery, lastQuery - firstQuery + 1, firstKey, lastKey - firstKey + 1};
    window.queries = std::max(window.queries, std::min(kSmallestWindow, maps.queries()));
    window.keys = std::max(window.keys, std::min(kSmallestWindow, maps.keys()));
    return windowInside(window, maps.queries(), maps.keys());
}

void FigureView::paintRubberBand(QPainter& painter) const
{
    const Theme& theme = m_appearance.theme();
    const MapWindow band = rubberBand();
    QColor fill = theme.accent;
    fill.setAlphaF(0.18F);
    for (int panel = 0; panel < m_layout->panelCount(); ++panel) {
        const QRectF first = m_layout->cellRect(panel, band.firstQuery, band.firstKey);
        const QRectF last =
            m_layout->cellRect(panel, band.firstQuery + band.queries - 1, band.firstKey + band.keys - 1);
        painter.setPen(QPen(theme.accent, 2.0));
        painter.setBrush(fill);
        painter.drawRect(first.united(last));
    }
}

void FigureView::mousePressEvent(QMouseEvent* event)
{
    if (!m_figure || m_gesture != Gesture::None)
        return;
    m_layout = layout();
    m_anchor.reset();
    m_pressed = event->position();
    m_panned = m_figure->window();
    const bool left = event->button() == Qt::LeftButton;
    if (event->button() == Qt::MiddleButton || (left && m_space)) {
        m_gesture = Gesture::Pan;
        setCursor(Qt::ClosedHandCursor);
    } else if (left && m_layout->overview && m_layout->overview->contains(m_pressed)) {
        m_gesture = Gesture::Overview;
        centreOn(m_pressed);
    } else if (left) {
        m_gesture = Gesture::Press;
        if (const int panel = m_layout->panelAt(m_pressed); panel >= 0)
            m_pointedPanel = panel;
    }
}

void FigureView::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_figure)
        return;
    m_layout = layout();
    const int panel = m_layout->panelAt(event->position());
    const int pressedPanel = m_layout->panelAt(m_pressed);
    if (m_gesture == Gesture::Press && pressedPanel >= 0
        && (event->position() - m_pressed).manhattanLength() >= QApplication::startDragDistance()) {
        m_gesture = Gesture::RubberBand;
        m_from = m_layout->nearestCell(pressedPanel, m_pressed);
        point({});
    }
    switch (m_gesture) {
    case Gesture::RubberBand: m_to = m_layout->nearestCell(pressedPanel, event->position()); return update();
    case Gesture::Pan: return panTo(event->position());
    case Gesture::Overview:
        if (m_layout->overview)
            centreOn(event->position());
        return;
    default: break;
    }
    if (panel < 0)
        return point({});
    m_pointedPanel = panel;
    point(m_layout->cellAt(panel, event->position()));
}

void FigureView::mouseReleaseEvent(QMouseEvent* event)
{
    if (!m_figure)
        return endGesture();
    m_layout = layout();
    if (m_gesture == Gesture::Press && event->button() == Qt::LeftButton)
        selectUnder(*event);
    else if (m_gesture == Gesture::RubberBand)
        showWindow(rubberBand());
    endGesture();
    keepWindow();
}

void FigureView::endGesture()
{
    m_gesture = Gesture::None;
    setCursor(m_space ? Qt::OpenHandCursor : Qt::ArrowCursor);
    update();
}

void FigureView::selectUnder(const QMouseEvent& event)
{
    const Hit hit = m_figure->hit(m_pressed, area(), m_appearance.theme());
    if (hit.panel >= 0)
        m_pointedPanel = hit.panel;
    const bool keyOnly = event.modifiers().testFlag(Qt::ShiftModifier);
    m_controller.selectCell(keyOnly ? std::nullopt : hit.query, hit.key);
}

void FigureView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        resetZoom();
}

void FigureView::wheelEvent(QWheelEvent* event)
{
    const QPoint angle = event->angleDelta();
    const double notches = (angle.y() != 0 ? angle.y() : angle.x()) / kWheelNotch;
    const bool zooms = event->modifiers().testFlag(Qt::ControlModifier);
    if (m_figure)
        m_layout = layout();
    const int panel = m_figure ? m_layout->panelAt(event->position()) : -1;
    if (panel < 0 || notches == 0.0 || (!zooms && !isZoomed()))
        return event->ignore();  // the page scrolls
    event->accept();
    if (zooms)
        return zoomAt(std::pow(kZoomStep, notches), anchorAt(panel, event->position()));
    m_anchor.reset();
    const MapWindow& now = m_figure->window();
    const bool sideways = event->modifiers().testFlag(Qt::ShiftModifier) || angle.y() == 0;
    pan(sideways ? 0 : scrolled(now.queries, notches), sideways ? scrolled(now.keys, notches) : 0);
}

void FigureView::leaveEvent(QEvent*) { point({}); }

bool FigureView::moveByKey(const QKeyEvent& event)
{
    const Selection& selection = m_controller.selection();
    const bool ranked = event.modifiers().testFlag(Qt::ControlModifier);
    const auto before = [](std::size_t index) { return index == 0 ? 0 : index - 1; };
    switch (event.key()) {
    case Qt::Key_Up:
        m_controller.selectCell(ranked ? selection.query : before(selection.query),
                                ranked ? keyByRank(0) : selection.key);
        return true;
    case Qt::Key_Down:
        m_controller.selectCell(ranked ? selection.query : selection.query + 1, ranked ? keyByRank(0) : selection.key);
        return true;
    case Qt::Key_Left: m_controller.selectCell({}, ranked ? keyByRank(-1) : before(selection.key)); return true;
    case Qt::Key_Right: m_controller.selectCell({}, ranked ? keyByRank(1) : selection.key + 1); return true;
    case Qt::Key_Home: m_controller.selectCell({}, 0); return true;
    case Qt::Key_End: m_controller.selectCell({}, m_figure->maps().keys() - 1); return true;
    default: return false;
    }
}

// Around the selected cell.
bool FigureView::zoomByKey(int key)
{
    const Selection& at = m_controller.selection();
    const MapWindow& now = m_figure->window();
    const auto sideOf = [](std::size_t token, std::size_t first, std::size_t count) -> MapAnchor::Side {
        const double middle = static_cast<double>(token) + 0.5;
        return {middle, std::clamp((middle - static_cast<double>(first)) / static_cast<double>(count), 0.0, 1.0)};
    };
    const MapAnchor anchor{sideOf(at.query, now.firstQuery, now.queries), sideOf(at.key, now.firstKey, now.keys)};
    switch (key) {
    case Qt::Key_Plus:
    case Qt::Key_Equal: zoomAt(kZoomStep, anchor); return true;
    case Qt::Key_Minus: zoomAt(1.0 / kZoomStep, anchor); return true;
    case Qt::Key_0: resetZoom(); return true;
    default: return false;
    }
}

void FigureView::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Space) {
        m_space = true;
        if (m_gesture == Gesture::None)
            setCursor(Qt::OpenHandCursor);
        return;
    }
    const bool alone = !event->modifiers().testFlag(Qt::AltModifier);
    if (m_figure && alone && moveByKey(*event))
        return reveal();
    if (m_figure && alone && !event->modifiers().testFlag(Qt::ControlModifier) && zoomByKey(event->key()))
        return;
    if (event->matches(QKeySequence::Copy))
        return copyValue();
    if (m_figure && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter))
        return m_controller.pin(m_controller.selection());
    QWidget::keyPressEvent(event);
}

void FigureView::keyReleaseEvent(QKeyEvent* event)
{
    if (event->key() != Qt::Key_Space || event->isAutoRepeat())
        return QWidget::keyReleaseEvent(event);
    m_space = false;
    if (m_gesture == Gesture::None)
        setCursor(Qt::ArrowCursor);
}

std::optional<ComparedPair> FigureView::pairAfterDrop(const QDropEvent& event)
{
    const ComparisonPointer& comparison = m_controller.comparison();
    const QByteArray carried = event.mimeData()->data(QString::fromLatin1(kTraceMimeType));
    bool isNumber = false;
    const auto trace = static_cast<std::size_t>(carried.toULongLong(&isNumber));
    if (!isNumber || !m_figure || trace >= comparison->traces.size())
        return {};
    m_layout = layout();
    const int panel = m_layout->panelAt(event.position());
    if (panel < 0)
        return {};
    const MapSource& source = m_figure->sources()[static_cast<std::size_t>(panel)];
    ComparedPair pair = comparedPair(*comparison);
    if (source.isDifference() || (source.trace != pair.baseline && source.trace != pair.candidate))
        return {};
    // The one that is on the other map already changes places with what was here.
    std::size_t& here = source.trace == pair.baseline ? pair.baseline : pair.candidate;
    std::size_t& other = source.trace == pair.baseline ? pair.candidate : pair.baseline;
    if (other == trace)
        other = here;
    here = trace;
    return pair;
}

void FigureView::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasFormat(QString::fromLatin1(kTraceMimeType)))
        event->acceptProposedAction();
}

void FigureView::dragMoveEvent(QDragMoveEvent* event) { event->setAccepted(pairAfterDrop(*event).has_value()); }

void FigureView::dropEvent(QDropEvent* event)
{
    if (const auto pair = pairAfterDrop(*event)) {
        event->acceptProposedAction();
        m_controller.compare(*pair);
    }
}

}  // namespace ketscope
