// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/head_grid.h"

#include "core/study/grid_measures.h"
#include "ui/controls/table_access.h"
#include "ui/views/figure_frame.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMenu>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kLargestCell = 36.0;
constexpr double kSmallestCell = 7.0;
constexpr double kHeaderPixels = 16.0;
constexpr double kLegendPixels = 40.0;
constexpr double kLegendLine = 16.0;

}  // namespace

HeadGrid::HeadGrid(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance)
{
    setObjectName(u"headGrid"_s);
    setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setMouseTracking(true);
    setAccessibleName(tr("Heads"));
    m_rest.setSingleShot(true);
    m_rest.setInterval(StudyController::kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &HeadGrid::redraw);
    connect(&controller, &StudyController::comparisonChanged, this, [this] {
        if (m_controller.isDragging())
            m_rest.start();
        else
            redraw();
    });
    connect(&controller, &StudyController::viewChanged, this, &HeadGrid::redrawIfAffected);
    connect(&controller, &StudyController::selectionChanged, this, [this] {
        if (m_controller.selection().stack == m_stack)
            describe();
        else
            redraw();
    });
    connect(&controller, &StudyController::pointedChanged, this, [this] {
        if (pointedCell() != m_marked)
            update();
    });
    connect(&appearance, &Appearance::changed, this, &HeadGrid::redraw);
    exposeAsTable(*this, {[this] { return spokenTable(); }, [this] { return accessibleDescription(); }});
    redraw();
}

void HeadGrid::setPicture(HeadPicture picture)
{
    m_picture = picture;
    redraw();
}

// Drawing all heads takes long; what the view says of zoom and filters does not concern them.
void HeadGrid::redrawIfAffected()
{
    const ViewSettings& now = m_controller.study().view;
    const auto affecting = [](const ViewSettings& view) {
        return std::tie(view.colourMap, view.scale, view.heatmap.headCells, view.heatmap.gridMeasure,
                        view.heatmap.sortHeads, view.compared.baseline, view.compared.candidate);
    };
    if (affecting(now) != affecting(m_view))
        redraw();
}

bool HeadGrid::showsNumbers() const
{
    const HeatmapView::HeadCells cells = m_controller.study().view.heatmap.headCells;
    if (cells == HeatmapView::HeadCells::Automatic)
        return layers() > 24 || heads() > 16;
    return cells == HeatmapView::HeadCells::Numbers;
}

void HeadGrid::redraw()
{
    m_rest.stop();
    if (m_controller.selection().stack != m_stack)
        m_drawn = {};
    m_stack = m_controller.selection().stack;
    m_view = m_controller.study().view;
    updateGeometry();
    describe();
    const ComparisonPointer comparison = m_controller.comparison();
    if (!comparison) {
        m_drawing.cancel();
        m_drawn = {};
        return;
    }
    const bool dark = m_appearance.theme().dark;
    m_drawing.start(
        [this, comparison, picture = picture(), numbers = showsNumbers(), dark](Monitor& monitor) -> Job::Delivery {
            auto drawn = drawHeads(comparison, picture, numbers, dark, monitor);
            return [this, drawn = std::move(drawn)] {
                m_drawn = drawn;
                update();
            };
        });
}

std::size_t HeadGrid::placeOf(std::size_t layer, std::size_t head) const
{
    for (std::size_t place = 0; isSorted() && place < heads(); ++place)
        if (m_drawn.order.at(layer * heads() + place) == head)
            return place;
    return head;
}

std::size_t HeadGrid::headAt(std::size_t layer, std::size_t place) const
{
    return isSorted() ? m_drawn.order.at(layer * heads() + place) : place;
}

void HeadGrid::describe()
{
    const Selection& selection = m_controller.selection();
    QString text = tr("Layer %1 head %2, selected").arg(selection.layer).arg(selection.head);
    if (m_controller.comparison() && isPatched(selection.layer, selection.head))
        text += tr(", patched by %1").arg(patcherTag());
    setAccessibleDescription(text);
    tableChanged(*this);
    update();
}

// Rows are layers, columns heads, by their numbers also where they are drawn in another order.
Table HeadGrid::spokenTable() const
{
    Table table;
    table.header << tr("layer");
    for (std::size_t head = 0; head < heads(); ++head)
        table.header << tr("head %1").arg(head);
    const Selection& selection = m_controller.selection();
    for (std::size_t layer = 0; layer < layers(); ++layer) {
        QStringList row{tr("layer %1").arg(layer)};
        for (std::size_t head = 0; head < heads(); ++head) {
            QStringList says;
            if (isPatched(layer, head))
                says << tr("patched by %1").arg(patcherTag());
            if (selection.layer == layer && selection.head == head)
                says << tr("selected");
            row << (says.isEmpty() ? tr("as the model has it") : says.join(u", "_s));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

std::size_t HeadGrid::layers() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison ? comparison->model.stacks.at(comparison->study.selection.stack).layers : 0;
}

std::size_t HeadGrid::heads() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison ? comparison->model.stacks.at(comparison->study.selection.stack).heads : 0;
}

bool HeadGrid::isPatched(std::size_t layer, std::size_t head) const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison && planIsKnown(*comparison, patcherOf(m_controller.pair()))
           && mayDiffer(*comparison, patcherOf(m_controller.pair()), comparison->study.selection.stack, layer, head);
}

QString HeadGrid::patcherTag() const { return QString::fromStdString(traceTag(patcherOf(m_controller.pair()))); }

double HeadGrid::labelWidth() const { return m_appearance.theme().px(26); }

double HeadGrid::cellSize(double width) const
{
    const Theme& theme = m_appearance.theme();
    const double fitting = (width - labelWidth()) / static_cast<double>(std::max<std::size_t>(1, heads()));
    return std::clamp(std::floor(fitting), kSmallestCell, theme.px(kLargestCell));
}

int HeadGrid::heightForWidth(int width) const
{
    const Theme& theme = m_appearance.theme();
    const double order = m_controller.study().view.heatmap.sortHeads ? kLegendLine : 0.0;
    return qCeil(theme.px(kHeaderPixels + kLegendPixels + order) + cellSize(width) * static_cast<double>(layers()));
}

QSize HeadGrid::sizeHint() const
{
    const int width = qRound(m_appearance.theme().px(226));
    return {width, heightForWidth(width)};
}

QRectF HeadGrid::cellRect(std::size_t layer, std::size_t head) const
{
    const double size = cellSize(width());
    return {labelWidth() + size * static_cast<double>(placeOf(layer, head)),
            m_appearance.theme().px(kHeaderPixels) + size * static_cast<double>(layer), size, size};
}

std::optional<HeadGrid::CellAt> HeadGrid::cellAt(QPointF where) const
{
    const QRectF first = cellRect(0, headAt(0, 0));
    const double column = std::floor((where.x() - first.left()) / first.width());
    const double row = std::floor((where.y() - first.top()) / first.height());
    if (column < 0 || row < 0 || column >= static_cast<double>(heads()) || row >= static_cast<double>(layers()))
        return {};
    const auto layer = static_cast<std::size_t>(row);
    return CellAt{layer, headAt(layer, static_cast<std::size_t>(column))};
}

void HeadGrid::select(std::size_t layer, std::size_t head)
{
    Selection selection = m_controller.selection();
    selection.layer = layer;
    selection.head = head;
    m_controller.select(selection);
}

// What the current candidate does with a head.
void HeadGrid::fillMenu(QMenu& menu, std::size_t layer, std::size_t head)
{
    const PlanEntry* entry = m_controller.entry();
    const QString tag = m_controller.candidateTag();
    const QString mechanism =
        entry == nullptr ? QString() : QString::fromStdString(entry->mechanism->info().shortTitle);
    QAction* patch =
        menu.addAction(entry == nullptr ? tr("Patch with %1").arg(tag) : tr("Patch with %1 (%2)").arg(tag, mechanism));
    patch->setEnabled(m_controller.canRun() && entry != nullptr);
    connect(patch, &QAction::triggered, this, [this, layer, head] { m_controller.patchHead(layer, head); });
    QAction* remove = menu.addAction(tr("Remove from plan of %1").arg(tag));
    const auto decides = m_controller.canRun() ? decidingEntry(m_controller.plan(), *m_controller.model(),
                                                               m_controller.selection().stack, layer, head)
                                               : std::nullopt;
    remove->setEnabled(decides.has_value());
    connect(remove, &QAction::triggered, this, [this, layer, head] { m_controller.unpatchHead(layer, head); });
    QAction* ablate = menu.addAction(tr("Ablate head in %1 (no output)").arg(tag));
    ablate->setEnabled(m_controller.canRun());
    connect(ablate, &QAction::triggered, this, [this, layer, head] { m_controller.ablateHead(layer, head); });
}

void HeadGrid::contextMenuEvent(QContextMenuEvent* event)
{
    const Selection& at = m_controller.selection();
    const auto pointed = event->reason() == QContextMenuEvent::Mouse ? cellAt(event->pos()) : CellAt{at.layer, at.head};
    if (!pointed || layers() == 0)
        return;
    select(pointed->layer, pointed->head);
    QMenu menu;
    fillMenu(menu, pointed->layer, pointed->head);
    menu.exec(event->globalPos());
}

void HeadGrid::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    if (const auto cell = cellAt(event->position()))
        select(cell->layer, cell->head);
}

void HeadGrid::mouseMoveEvent(QMouseEvent* event)
{
    const auto cell = layers() > 0 ? cellAt(event->position()) : std::nullopt;
    m_controller.point(cell ? Pointed{.layer = cell->layer, .head = cell->head} : Pointed());
}

void HeadGrid::leaveEvent(QEvent*) { m_controller.point({}); }

std::optional<QRectF> HeadGrid::pointedCell() const
{
    const Pointed& at = m_controller.pointed();
    const bool shown = at.layer && at.head && *at.layer < layers() && *at.head < heads();
    return shown ? std::optional(cellRect(*at.layer, *at.head)) : std::nullopt;
}

void HeadGrid::keyPressEvent(QKeyEvent* event)
{
    const Selection& at = m_controller.selection();
    const auto before = [](std::size_t index) { return index == 0 ? 0 : index - 1; };
    const std::size_t place = placeOf(at.layer, at.head);
    const std::size_t last = heads() == 0 ? 0 : heads() - 1;
    switch (event->key()) {
    case Qt::Key_Up: return select(before(at.layer), at.head);
    case Qt::Key_Down: return select(at.layer + 1, at.head);
    case Qt::Key_Left: return select(at.layer, headAt(at.layer, before(place)));
    case Qt::Key_Right: return select(at.layer, headAt(at.layer, std::min(place + 1, last)));
    case Qt::Key_Home: return select(at.layer, headAt(at.layer, 0));
    case Qt::Key_End: return select(at.layer, headAt(at.layer, last));
    default: QWidget::keyPressEvent(event);
    }
}

bool HeadGrid::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const auto cell = cellAt(help->pos());
        QString text;
        if (cell) {
            text = tr("Layer %1 head %2").arg(cell->layer).arg(cell->head);
            text += (isPatched(cell->layer, cell->head) ? tr(", patched by %1") : tr(", exact in %1 too"))
                        .arg(patcherTag());
            const std::size_t index = cell->layer * heads() + cell->head;
            if (index < m_drawn.values.size())
                text += u"\n%1: %2"_s.arg(measureTitle(m_controller.study().view.heatmap.gridMeasure, picture()),
                                          formatNumber(m_drawn.values[index], 4));
        }
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QWidget::event(event);
}

void HeadGrid::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    paintLabels(painter);
    for (std::size_t layer = 0; layer < layers(); ++layer) {
        for (std::size_t head = 0; head < heads(); ++head)
            paintCell(painter, layer, head);
    }
    const Theme& theme = m_appearance.theme();
    if (layers() > 0) {
        const Selection& selection = m_controller.selection();
        painter.setPen(QPen(theme.accent, theme.px(2)));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(cellRect(selection.layer, selection.head).adjusted(0, 0, -1, -1));
        m_marked = pointedCell();
        if (m_marked)
            paintPointedFrame(painter, m_marked->adjusted(1, 1, -2, -2), theme);
        paintLegend(painter);
    }
    if (hasFocus()) {
        painter.setPen(QPen(theme.accent, 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 3, 3);
    }
}

void HeadGrid::paintLabels(QPainter& painter) const
{
    const Theme& theme = m_appearance.theme();
    const Selection& selection = m_controller.selection();
    const double size = cellSize(width());
    const double label = theme.px(kTickPixels + 4);
    const auto every = static_cast<std::size_t>(std::max(1.0, std::ceil(label / size)));
    const auto draw = [&](const QRectF& box, const QString& text, bool selected, int flags) {
        painter.setFont(theme.ui(kTickPixels, selected ? QFont::DemiBold : QFont::Normal));
        painter.setPen(selected ? theme.accent : theme.text3);
        painter.drawText(box, flags, text);
    };
    const double title = isSorted() ? textWidth(columnTitle(heads() - 1), theme.ui(kTickPixels)) + theme.px(3) : label;
    const auto everyPlace = static_cast<std::size_t>(std::max(1.0, std::ceil(title / size)));
    for (std::size_t place = 0; place < heads(); ++place) {
        const QRectF cell = cellRect(0, headAt(0, place));
        const bool selected = !isSorted() && place == selection.head;
        if (place % everyPlace == 0 || selected)
            draw({cell.center().x() - 2 * label, 0, 4 * label, cell.top() - 2}, columnTitle(place), selected,
                 Qt::AlignHCenter | Qt::AlignBottom);
    }
    for (std::size_t layer = 0; layer < layers(); ++layer) {
        const QRectF cell = cellRect(layer, headAt(layer, 0));
        if (layer % every == 0 || layer == selection.layer)
            draw({0, cell.center().y() - label, cell.left() - 5, 2 * label}, u"L%1"_s.arg(layer),
                 layer == selection.layer, Qt::AlignRight | Qt::AlignVCenter);
    }
}

void HeadGrid::paintCell(QPainter& painter, std::size_t layer, std::size_t head) const
{
    const Theme& theme = m_appearance.theme();
    const QRectF cell = cellRect(layer, head).adjusted(0.5, 0.5, -1.5, -1.5);
    painter.fillRect(cell, theme.panel);
    const std::size_t index = layer * heads() + head;
    if (index < m_drawn.pictures.size()) {
        const QImage& picture = m_drawn.pictures[index];
        painter.setRenderHint(QPainter::SmoothPixmapTransform, picture.width() > cell.width());
        painter.drawImage(cell, picture);
    }
    if (std::ranges::find(m_drawn.largest, index) != m_drawn.largest.end())
        paintMark(painter, cell);
    paintTag(painter, cell, head);
    if (!isPatched(layer, head))
        return;
    const double corner = std::max(4.0, cell.width() * 0.3);
    QPainterPath triangle(cell.topLeft());
    triangle.lineTo(cell.left() + corner, cell.top());
    triangle.lineTo(cell.left(), cell.top() + corner);
    triangle.closeSubpath();
    painter.setPen(QPen(theme.panel2, 1));
    painter.setBrush(theme.trace(patcherOf(m_controller.pair())));
    painter.drawPath(triangle);
}

QString HeadGrid::columnTitle(std::size_t place) const
{
    return isSorted() ? rankText(place + 1) : QString::number(place);
}

QString HeadGrid::cellTag(std::size_t head) const
{
    if (!isSorted())
        return {};
    const QFont font = m_appearance.theme().ui(kTickPixels);
    const double room = cellSize(width()) - 4.0;
    for (const QString& tag : {tr("H%1").arg(head), QString::number(head)})
        if (textWidth(tag, font) + m_appearance.theme().px(3) <= room)
            return tag;
    return {};
}

// Whose map it is, on a ground of its own in the lower left corner.
void HeadGrid::paintTag(QPainter& painter, const QRectF& cell, std::size_t head) const
{
    const QString tag = cellTag(head);
    if (tag.isEmpty())
        return;
    const Theme& theme = m_appearance.theme();
    painter.setFont(theme.ui(kTickPixels));
    const double width = textWidth(tag, painter.font()) + theme.px(3);
    const QRectF ground(cell.left(), cell.bottom() - theme.px(13), width, theme.px(13));
    painter.fillRect(ground, theme.panel);
    painter.setPen(theme.text);
    painter.drawText(ground, Qt::AlignCenter, tag);
}

// A dot in the lower right corner.
void HeadGrid::paintMark(QPainter& painter, const QRectF& cell) const
{
    const Theme& theme = m_appearance.theme();
    const double radius = std::clamp(cell.width() * 0.14, 1.5, theme.px(3.5));
    painter.setPen(QPen(theme.panel, 1.2));
    painter.setBrush(theme.accent);
    painter.drawEllipse(cell.bottomRight() - QPointF(radius + 1.0, radius + 1.0), radius, radius);
    painter.setBrush(Qt::NoBrush);
}

void HeadGrid::paintLegend(QPainter& painter) const
{
    const Theme& theme = m_appearance.theme();
    const double top = cellRect(layers() - 1, headAt(layers() - 1, 0)).bottom() + theme.px(8);
    const double mark = theme.px(9);
    QRectF box(labelWidth(), top + theme.px(3), mark, mark);
    QRectF text(box.right() + theme.px(5), top, width(), theme.px(15));
    painter.setFont(theme.ui(kTickPixels));
    painter.setPen(theme.text2);
    const ComparisonPointer& comparison = m_controller.comparison();
    if (comparison && comparison->traces.size() > 1) {
        QPainterPath triangle(box.topLeft());
        triangle.lineTo(box.topRight());
        triangle.lineTo(box.bottomLeft());
        triangle.closeSubpath();
        painter.fillPath(triangle, theme.trace(patcherOf(m_controller.pair())));
        const QString patched = tr("patched by %1").arg(patcherTag());
        painter.drawText(text, Qt::AlignVCenter, patched);
        box.moveLeft(text.left() + painter.fontMetrics().horizontalAdvance(patched) + theme.px(12));
        text.moveLeft(box.right() + theme.px(5));
    }
    painter.drawText(text, Qt::AlignVCenter, tr("selected"));
    painter.setPen(QPen(theme.accent, theme.px(2)));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(box);
    box.moveTopLeft({labelWidth(), box.top() + theme.px(16)});
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.accent);
    painter.drawEllipse(box.center(), theme.px(3.5), theme.px(3.5));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(theme.text2);
    painter.drawText(text.translated(labelWidth() + box.width() + theme.px(5) - text.left(), theme.px(16)),
                     Qt::AlignVCenter, tr("%1 largest by the measure").arg(kMarkedHeads));
    if (isSorted())
        painter.drawText(QRectF(labelWidth(), box.top() + theme.px(kLegendLine - 3), width(), theme.px(15)),
                         Qt::AlignVCenter, tr("1st: largest of its layer; H: head"));
}

}  // namespace ketscope
