// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/head_grid.h"

#include "viz/colour_map.h"
#include "viz/thumbnail.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMenu>
#include <QPainter>
#include <QPainterPath>
#include <QStandardItemModel>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kLargestCell = 36.0;
constexpr double kSmallestCell = 7.0;
constexpr double kHeaderPixels = 16.0;
constexpr double kLegendPixels = 24.0;
constexpr int kPicturePixels = 48;

MapSource sourceOf(HeadPicture picture, const ComparedPair& pair)
{
    if (picture == HeadPicture::Baseline)
        return {pair.baseline, {}};
    return picture == HeadPicture::Candidate ? MapSource{pair.candidate, {}} : MapSource{pair.candidate, pair.baseline};
}

QImage coloured(QRgb colour)
{
    QImage image(1, 1, QImage::Format_ARGB32);
    image.fill(colour);
    return image;
}

// One number a head, on one scale for all of them.
std::vector<QImage> scalarPictures(const std::vector<double>& values, const ViewSettings& view)
{
    double largest = 1e-9;
    for (const double value : values)
        if (std::isfinite(value))
            largest = std::max(largest, value);
    const ColourMap map = colourMap(QString::fromStdString(view.colourMap));
    std::vector<QImage> pictures;
    for (const double value : values)
        pictures.push_back(coloured(std::isfinite(value) ? map.at(value / largest) : qRgba(0, 0, 0, 0)));
    return pictures;
}

std::vector<QImage> drawHeads(const ComparisonPointer& comparison, const MapSource& source, bool scalars, bool dark,
                              const Monitor& monitor)
{
    const ViewSettings& view = comparison->study.view;
    Selection at = comparison->study.selection;
    const StackInfo& stack = comparison->model.stacks.at(at.stack);
    std::vector<QImage> pictures;
    std::vector<double> values;
    for (at.layer = 0; at.layer < stack.layers; ++at.layer) {
        for (at.head = 0; at.head < stack.heads; ++at.head) {
            monitor.check();
            if (!comparison->traces.front()->stacks.at(at.stack).attention.at(at.layer)) {  // not kept
                pictures.push_back(coloured(qRgba(0, 0, 0, 0)));
                values.push_back(std::nan(""));
                continue;
            }
            const HeadMaps maps(comparison, at);
            if (!scalars)
                pictures.push_back(headThumbnail(maps, source, {kPicturePixels, kPicturePixels}, view, dark));
            else if (source.isDifference())
                values.push_back(maps.compare(*source.baseline, source.trace).jensenShannon);
            else
                values.push_back(
                    (*comparison->statistics->of(*comparison, source.trace, at.stack))[at.layer][at.head].entropy);
        }
    }
    return scalars ? scalarPictures(values, view) : pictures;
}

}  // namespace

HeadGrid::HeadGrid(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance)
{
    setObjectName(u"headGrid"_s);
    setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Heads"));
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &HeadGrid::redraw);
    connect(&controller, &StudyController::selectionChanged, this, [this] {
        if (m_controller.selection().stack == m_stack)
            describe();
        else
            redraw();
    });
    connect(&appearance, &Appearance::changed, this, &HeadGrid::redraw);
    redraw();
}

void HeadGrid::setPicture(HeadPicture picture)
{
    m_picture = picture;
    redraw();
}

void HeadGrid::redraw()
{
    if (m_controller.selection().stack != m_stack)
        m_pictures.clear();
    m_stack = m_controller.selection().stack;
    updateGeometry();
    describe();
    const ComparisonPointer comparison = m_controller.comparison();
    if (!comparison) {
        m_drawing.cancel();
        m_pictures.clear();
        return;
    }
    const bool dark = m_appearance.theme().dark;
    // Where there is only A, A is what is shown.
    const MapSource source =
        sourceOf(comparison->traces.size() < 2 ? HeadPicture::Baseline : m_picture, comparedPair(*comparison));
    m_drawing.start([this, comparison, source, scalars = showsScalars(), dark](Monitor& monitor) -> Job::Delivery {
        auto pictures = drawHeads(comparison, source, scalars, dark, monitor);
        return [this, pictures = std::move(pictures)] {
            m_pictures = pictures;
            update();
        };
    });
}

void HeadGrid::describe()
{
    const Selection& selection = m_controller.selection();
    QString text = tr("Layer %1 head %2, selected").arg(selection.layer).arg(selection.head);
    if (m_controller.comparison() && isPatched(selection.layer, selection.head))
        text += tr(", patched by %1").arg(patcherTag());
    setAccessibleDescription(text);
    update();
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
    return qCeil(theme.px(kHeaderPixels + kLegendPixels) + cellSize(width) * static_cast<double>(layers()));
}

QSize HeadGrid::sizeHint() const
{
    const int width = qRound(m_appearance.theme().px(226));
    return {width, heightForWidth(width)};
}

QRectF HeadGrid::cellRect(std::size_t layer, std::size_t head) const
{
    const double size = cellSize(width());
    return {labelWidth() + size * static_cast<double>(head),
            m_appearance.theme().px(kHeaderPixels) + size * static_cast<double>(layer), size, size};
}

std::optional<HeadGrid::CellAt> HeadGrid::cellAt(QPointF where) const
{
    const QRectF first = cellRect(0, 0);
    const double column = std::floor((where.x() - first.left()) / first.width());
    const double row = std::floor((where.y() - first.top()) / first.height());
    if (column < 0 || row < 0 || column >= static_cast<double>(heads()) || row >= static_cast<double>(layers()))
        return {};
    return CellAt{static_cast<std::size_t>(row), static_cast<std::size_t>(column)};
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

void HeadGrid::keyPressEvent(QKeyEvent* event)
{
    const Selection& at = m_controller.selection();
    const auto before = [](std::size_t index) { return index == 0 ? 0 : index - 1; };
    switch (event->key()) {
    case Qt::Key_Up: return select(before(at.layer), at.head);
    case Qt::Key_Down: return select(at.layer + 1, at.head);
    case Qt::Key_Left: return select(at.layer, before(at.head));
    case Qt::Key_Right: return select(at.layer, at.head + 1);
    case Qt::Key_Home: return select(at.layer, 0);
    case Qt::Key_End: return select(at.layer, heads() - 1);
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
    for (std::size_t head = 0; head < heads(); ++head) {
        const QRectF cell = cellRect(0, head);
        if (head % every == 0 || head == selection.head)
            draw({cell.center().x() - label, 0, 2 * label, cell.top() - 2}, QString::number(head),
                 head == selection.head, Qt::AlignHCenter | Qt::AlignBottom);
    }
    for (std::size_t layer = 0; layer < layers(); ++layer) {
        const QRectF cell = cellRect(layer, 0);
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
    if (index < m_pictures.size()) {
        painter.setRenderHint(QPainter::SmoothPixmapTransform, m_pictures[index].width() > cell.width());
        painter.drawImage(cell, m_pictures[index]);
    }
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

void HeadGrid::paintLegend(QPainter& painter) const
{
    const Theme& theme = m_appearance.theme();
    const double top = cellRect(layers() - 1, 0).bottom() + theme.px(8);
    const double mark = theme.px(9);
    QRectF box(labelWidth(), top + theme.px(3), mark, mark);
    QPainterPath triangle(box.topLeft());
    triangle.lineTo(box.topRight());
    triangle.lineTo(box.bottomLeft());
    triangle.closeSubpath();
    painter.fillPath(triangle, theme.trace(patcherOf(m_controller.pair())));
    painter.setFont(theme.ui(kTickPixels));
    painter.setPen(theme.text2);
    const QString patched = tr("patched by %1").arg(patcherTag());
    QRectF text(box.right() + theme.px(5), top, width(), theme.px(15));
    painter.drawText(text, Qt::AlignVCenter, patched);
    box.moveLeft(text.left() + painter.fontMetrics().horizontalAdvance(patched) + theme.px(12));
    text.moveLeft(box.right() + theme.px(5));
    painter.drawText(text, Qt::AlignVCenter, tr("selected"));
    painter.setPen(QPen(theme.accent, theme.px(2)));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(box);
}

HeadsSection::HeadsSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Heads"), appearance, parent), m_controller(controller), m_stacks(new ChoiceBox(this))
{
    auto* grid = new HeadGrid(controller, appearance, this);
    auto* pictures = new Segment({tr("A"), tr("B"), tr("Δ")}, this);
    pictures->setObjectName(u"headPictures"_s);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::viewChanged})
        connect(&controller, signal, pictures, [this, pictures] {
            const ComparedPair pair = m_controller.pair();
            pictures->button(0)->setText(QString::fromStdString(traceTag(pair.baseline)));
            pictures->button(1)->setText(QString::fromStdString(traceTag(pair.candidate)));
        });
    pictures->choose(static_cast<int>(grid->picture()));
    connect(pictures, &Segment::chosen, grid, [grid](int index) { grid->setPicture(static_cast<HeadPicture>(index)); });
    m_stacks->setObjectName(u"stacks"_s);
    m_stacks->setAccessibleName(tr("Stack"));
    addToTitleRow(pictures);
    body()->addWidget(m_stacks);
    body()->addWidget(grid);
    connect(m_stacks, &QComboBox::activated, this, [this] {
        Selection selection = m_controller.selection();
        selection.stack = static_cast<std::size_t>(m_stacks->currentData().toInt());
        m_controller.select(selection);
    });
    connect(&controller, &StudyController::modelChanged, this, &HeadsSection::refreshStacks);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this,
                [this] { m_stacks->choose(static_cast<int>(m_controller.selection().stack)); });
    refreshStacks();
}

// The stacks that the model has, then those it has not, with the reason; nothing to choose for a model of one stack that
// reads text alone.
void HeadsSection::refreshStacks()
{
    const ModelInfo* open = m_controller.model();
    const bool several = open != nullptr && (open->stacks.size() > 1 || open->image);
    m_stacks->setVisible(several);
    m_stacks->clear();
    if (!several)
        return;
    const ModelInfo& model = *open;
    for (std::size_t index = 0; index < model.stacks.size(); ++index) {
        const StackInfo& stack = model.stacks[index];
        m_stacks->addItem(tr("%1: %2 × %3").arg(QString::fromStdString(stack.name)).arg(stack.layers).arg(stack.heads),
                          static_cast<int>(index));
    }
    for (const char* name : {"text", "vision", "cross", "joint"}) {
        if (std::ranges::find(model.stacks, name, &StackInfo::name) != model.stacks.end())
            continue;
        m_stacks->addItem(QString::fromLatin1(name), -1);
        const int row = m_stacks->count() - 1;
        m_stacks->setItemData(row, QString::fromStdString(absenceOf(name, model)), Qt::ToolTipRole);
        qobject_cast<QStandardItemModel*>(m_stacks->model())->item(row)->setEnabled(false);
    }
    m_stacks->choose(static_cast<int>(m_controller.selection().stack));
}

}  // namespace ketscope
