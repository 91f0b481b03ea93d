// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/figure_view.h"

#include "ui/controls/table_access.h"
#include "ui/readings.h"
#include "ui/views/figure_frame.h"
#include "ui/views/vacant_page.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QMenu>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kTipMs = 300;
constexpr int kKeepMs = 200;
}  // namespace

FigureView::FigureView(StudyController& controller, Appearance& appearance, QWidget* parent, HeatmapContent content)
    : QWidget(parent), m_controller(controller), m_appearance(appearance), m_content(content),
      m_rebuilding(new WhenVisible(*this, [this] { rebuild(); }))
{
    setObjectName(content == HeatmapContent::Weights ? u"figureView"_s : u"errorView"_s);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setMouseTracking(true);
    setAcceptDrops(true);
    setFocusPolicy(Qt::StrongFocus);
    exposeAsTable(*this, {[this] { return m_figure ? m_figure->table() : Table(); }, [this] { return spokenValue(); }});
    m_tip.setSingleShot(true);
    m_tip.setInterval(kTipMs);
    m_keep.setSingleShot(true);
    m_keep.setInterval(kKeepMs);
    connect(&m_tip, &QTimer::timeout, this, &FigureView::showTip);
    connect(&m_keep, &QTimer::timeout, this, &FigureView::keepWindow);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::viewChanged})
        connect(&controller, signal, m_rebuilding, &WhenVisible::request);
    connect(&controller, &StudyController::flowComputed, m_rebuilding, &WhenVisible::request);
    connect(&controller, &StudyController::pointedChanged, this, [this] { mark(m_controller.pointed()); });
    connect(&controller, &StudyController::stateChanged, this, qOverload<>(&QWidget::update));
    connect(&controller, &StudyController::busyChanged, this, qOverload<>(&QWidget::update));
    connect(&appearance, &Appearance::changed, this, &FigureView::invalidate);
    connect(&m_reading, &Job::failed, this, [this](const QString& message) {
        m_figure.reset();
        m_problem = message;
        invalidate();
    });
    m_rebuilding->request();
}

// Small maps are read at once; large ones in a job, with the figure before left in place.
void FigureView::rebuild()
{
    const ComparisonPointer comparison = m_controller.comparison();
    m_problem = comparison && m_content == HeatmapContent::Weights ? flowObstacleOf(*comparison) : QString();
    if (!m_problem.isEmpty()) {
        m_reading.cancel();
        m_figure.reset();
        forgetData();
        return invalidate();
    }
    if (!comparison || isSmallMap(*comparison) || (m_data && m_data->holdsFor(*comparison, {}, m_content))) {
        m_reading.cancel();
        makeFigure(comparison);
    } else {
        read(comparison);
    }
}

// Another one may come to lie at the same place.
void FigureView::forgetData()
{
    m_data.reset();
    m_announced = nullptr;
}

void FigureView::read(const ComparisonPointer& comparison)
{
    update();
    m_reading.start([this, comparison](Monitor& monitor) -> Job::Delivery {
        const auto made = HeatmapData::of(comparison, {}, m_content, nullptr);
        monitor.check();
        return [this, made] {
            m_data = made;
            makeFigure(m_controller.comparison());
        };
    });
}

void FigureView::makeFigure(const ComparisonPointer& comparison)
{
    m_figure.reset();
    bool changed = false;
    if (comparison) {
        HeatmapOptions options;
        options.crosshair = true;
        options.content = m_content;
        options.window = m_window;
        options.data = m_data;
        try {
            m_figure = std::make_unique<Heatmap>(comparison, options);
            changed = m_data != m_figure->data() || m_announced != m_figure->data().get();
            m_data = m_figure->data();
            m_announced = m_data.get();
        } catch (const Error& error) {
            m_problem = QString::fromUtf8(error.what());
            forgetData();
        }
    }
    setAccessibleName(spokenName());
    setAccessibleDescription(m_figure ? m_figure->description() : QString());
    invalidate();
    tableChanged(*this);
    if (changed)
        emit dataChanged();
}

void FigureView::invalidate()
{
    m_cache = QPixmap();
    m_layout.reset();
    update();
}

void FigureView::setRangeLocked(bool locked)
{
    const std::optional<double> maximum = locked && m_figure ? std::optional(m_figure->maximum()) : std::nullopt;
    m_controller.changeView([maximum](auto& view) { view.heatmap.lockedMaximum = maximum; });
}

bool FigureView::isRangeLocked() const { return m_controller.study().view.heatmap.lockedMaximum.has_value(); }

const HeadMaps* FigureView::mapsOf(const Comparison& comparison) const
{
    return m_data && m_data->holdsFor(comparison, {}, m_content) ? &m_data->maps() : nullptr;
}

QRectF FigureView::area() const { return figureArea(*this, m_appearance.theme()); }

HeatmapLayout FigureView::layout() const
{
    return m_layout ? *m_layout : m_figure->layout(area(), m_appearance.theme());
}

QSize FigureView::sizeHint() const
{
    return {qRound(m_appearance.theme().px(800)), qRound(m_appearance.theme().px(440))};
}

// One map of standard errors stands beside charts, the maps of all traces alone.
QSize FigureView::minimumSizeHint() const
{
    return {m_content == HeatmapContent::Weights ? 320 : 200, minimumHeight()};
}

int FigureView::heightForWidth(int width) const
{
    return m_figure ? figureHeight(*m_figure, width, m_appearance.theme()) : sizeHint().height();
}

void FigureView::drawCache()
{
    const double ratio = devicePixelRatioF();
    m_cache = QPixmap((QSizeF(size()) * ratio).toSize());
    m_cache.setDevicePixelRatio(ratio);
    m_cache.fill(m_appearance.theme().panel);
    m_layout = m_figure->layout(area(), m_appearance.theme());
    QPainter painter(&m_cache);
    painter.setRenderHint(QPainter::Antialiasing);
    m_figure->paint(painter, *m_layout, m_appearance.theme());
}

void FigureView::paintEvent(QPaintEvent* event)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    if (!m_figure) {
        painter.fillRect(rect(), theme.panel);
        return paintWithoutFigure(painter);
    }
    if (m_cache.isNull() || m_cache.deviceIndependentSize() != QSizeF(size()))
        drawCache();
    const QRectF dirty = event->rect();
    const double ratio = m_cache.devicePixelRatio();
    painter.drawPixmap(dirty, m_cache, QRectF(dirty.topLeft() * ratio, dirty.size() * ratio));
    if (m_pointed.query || m_pointed.key) {
        painter.setRenderHint(QPainter::Antialiasing);
        m_figure->paintCrosshair(painter, *m_layout, m_pointed.query, m_pointed.key, theme);
    }
    if (m_gesture == Gesture::RubberBand)
        paintRubberBand(painter);
    paintFigureFrame(painter, *this, m_reading.isRunning() || m_controller.isHeadOutdated(), theme);
}

void FigureView::paintWithoutFigure(QPainter& painter) const
{
    Vacancy said = vacancyOf(m_controller);
    if (m_controller.comparison() && m_content == HeatmapContent::StandardErrors)
        said = {tr("No standard error is known for this head."),
                tr("Sampling mechanisms such as shots give one; some of their estimators need 2 repeats or more.")};
    else if (!m_problem.isEmpty())
        said = {tr("There is no map to show."), m_problem};
    else if (m_reading.isRunning())
        said = {tr("Reading a large map…"), {}};
    paintInsteadOfFigure(painter, area(), said.title, said.hint, m_appearance.theme());
}

void FigureView::resizeEvent(QResizeEvent*) { invalidate(); }

QRegion FigureView::bandsOf(const Pointed& pointed) const
{
    QRegion region;
    constexpr double kRing = 4.0;
    const auto add = [&](const QRectF& part) { region += part.adjusted(-kRing, -kRing, kRing, kRing).toAlignedRect(); };
    for (int panel = 0; panel < m_layout->panelCount(); ++panel) {
        const HeatmapLayout::Panel& parts = m_layout->panels[static_cast<std::size_t>(panel)];
        if (pointed.query && m_layout->showsQuery(*pointed.query)) {
            const QRectF row = m_layout->rowBand(panel, *pointed.query);
            if (parts.rowLabels) {
                const double beside = 2.0 * m_layout->labelPixels;
                add({parts.rowLabels->left(), row.top() - beside, parts.rowLabels->width(),
                     row.height() + 2.0 * beside});
            }
            add(row);
        }
        if (pointed.key && m_layout->showsKey(*pointed.key)) {
            const QRectF column = m_layout->columnBand(panel, *pointed.key);
            add(column);
            // Slanted labels reach to the right of their column; those beside it may give way.
            const double beside = 3.0 * m_layout->labelPixels;
            add({column.left() - beside, parts.columnLabels.top(),
                 parts.columnLabels.height() + column.width() + 2.0 * beside, parts.columnLabels.height()});
        }
    }
    return region;
}

void FigureView::point(std::optional<HeatmapLayout::CellAt> cell)
{
    QToolTip::hideText();
    if (cell)
        m_tip.start();
    else
        m_tip.stop();
    m_controller.point(cell ? Pointed{.query = cell->query, .key = cell->key} : Pointed());
}

void FigureView::mark(const Pointed& pointed)
{
    const Pointed shown{.query = pointed.query, .key = pointed.key};
    if (shown == m_pointed)
        return;
    if (m_layout && isVisible())
        update(bandsOf(m_pointed) + bandsOf(shown));
    m_pointed = shown;
}

void FigureView::showTip()
{
    if (!m_pointed.query || !m_pointed.key || !m_figure || !underMouse())
        return;
    if (!m_layout->showsQuery(*m_pointed.query) || !m_layout->showsKey(*m_pointed.key))
        return;
    const QRect cell = m_layout->cellRect(m_pointedPanel, *m_pointed.query, *m_pointed.key).toAlignedRect();
    QToolTip::showText(mapToGlobal(cell.bottomRight() + QPoint(8, 8)),
                       m_figure->sentence(*m_pointed.query, *m_pointed.key), this, cell, 20000);
}

std::size_t FigureView::keyByRank(int step) const
{
    const Selection& selection = m_controller.selection();
    const std::span<const float> row = m_figure->maps().weights(0).row(selection.query);
    std::vector<std::size_t> order(row.size());
    for (std::size_t key = 0; key < order.size(); ++key)
        order[key] = key;
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
    if (step == 0)
        return order.front();
    const auto here = std::ranges::find(order, selection.key) - order.begin();
    const auto last = static_cast<std::ptrdiff_t>(order.size()) - 1;
    return order[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(here + step, 0, last))];
}

void FigureView::contextMenuEvent(QContextMenuEvent* event)
{
    if (!m_figure)
        return;
    QMenu menu(this);
    menu.addAction(tr("Pin the selected cell"), this, [this] { m_controller.pin(m_controller.selection()); });
    menu.addSeparator();
    menu.addAction(tr("Copy value"), this, &FigureView::copyValue);
    menu.addAction(tr("Copy row"), this, &FigureView::copyRow);
    const QString tag = sourceTag(m_figure->sources()[static_cast<std::size_t>(m_pointedPanel)]);
    menu.addAction(tr("Copy matrix %1 (TSV)").arg(tag), this, &FigureView::copyMatrix);
    menu.addAction(tr("Copy image"), this, &FigureView::copyImage);
    menu.addSeparator();
    if (isZoomed())
        menu.addAction(tr("Show all tokens"), this, &FigureView::resetZoom);
    menu.addAction(tr("Export figure…"), this, &FigureView::exportWanted);
    menu.exec(event->globalPos());
}

void FigureView::copyValue() const
{
    if (m_figure)
        QApplication::clipboard()->setText(spokenValue());
}

void FigureView::copyRow() const
{
    if (m_figure)
        QApplication::clipboard()->setText(rowAsText(*m_figure, m_controller.selection().query));
}

void FigureView::copyMatrix() const
{
    if (m_figure)
        QApplication::clipboard()->setText(
            matrixAsText(*m_figure, m_figure->sources()[static_cast<std::size_t>(m_pointedPanel)]));
}

void FigureView::copyImage() const
{
    if (m_figure)
        copyFigureImage(*m_figure, *m_controller.comparison());
}

QString FigureView::spokenName() const
{
    const Selection& selection = m_controller.selection();
    return (m_content == HeatmapContent::Weights ? tr("Attention maps, layer %1 head %2")
                                                 : tr("Standard errors, layer %1 head %2"))
        .arg(selection.layer)
        .arg(selection.head);
}

QString FigureView::spokenValue() const
{
    const Selection& selection = m_controller.selection();
    return m_figure ? m_figure->sentence(selection.query, selection.key) : m_controller.error();
}

QString sourceTag(const MapSource& source)
{
    if (source.errors)
        return u"SE of "_s + QString::fromStdString(traceTag(source.trace));
    return source.isDifference() ? u"Δ"_s : QString::fromStdString(traceTag(source.trace));
}

namespace {

// Empty where a map shows nothing.
QString copied(const Cell& cell)
{
    const bool absent = cell.state == CellState::Masked || cell.state == CellState::Hidden;
    return absent ? QString() : QString::number(cell.value, 'g', 9);
}

}  // namespace

QString rowAsText(const Heatmap& figure, std::size_t query)
{
    const MapWindow& in = figure.window();
    QString text = u"key\ttoken"_s;
    for (const MapSource& source : figure.sources())
        text += u'\t' + sourceTag(source);
    for (std::size_t key = in.firstKey; key < in.firstKey + in.keys; ++key) {
        text += u"\n%1\t%2"_s.arg(key).arg(figure.maps().keyText(key));
        for (const MapSource& source : figure.sources())
            text += u'\t' + copied(figure.maps().cell(source, query, key));
    }
    return text;
}

QString matrixAsText(const Heatmap& figure, const MapSource& source)
{
    const MapWindow& in = figure.window();
    QString text = sourceTag(source);
    for (std::size_t key = in.firstKey; key < in.firstKey + in.keys; ++key)
        text += u'\t' + figure.maps().keyText(key);
    for (std::size_t query = in.firstQuery; query < in.firstQuery + in.queries; ++query) {
        text += u'\n' + figure.maps().queryText(query);
        for (std::size_t key = in.firstKey; key < in.firstKey + in.keys; ++key)
            text += u'\t' + copied(figure.maps().cell(source, query, key));
    }
    return text;
}

}  // namespace ketscope
