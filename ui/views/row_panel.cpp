// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/row_panel.h"

#include "core/study/token_axis.h"
#include "ui/readings.h"
#include "ui/views/figure_frame.h"

#include <QMouseEvent>
#include <QPainter>

#include <utility>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kOneLine = 440.0;
constexpr int kTopMargin = 9;

}  // namespace

RowPanel::RowPanel(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance), m_title(new ElidedLabel("title", this)),
      m_note(new ElidedLabel("hint", this)),
      m_orders(new Segment({tr("By position"), tr("By weight"), tr("By |Δ|")}, this)),
      m_head(new QBoxLayout(QBoxLayout::LeftToRight)), m_view(new QChartView(this)),
      m_refreshing(new WhenVisible(*this, [this] { refresh(); }))
{
    setProperty("ground", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_orders->setAccessibleName(tr("Row chart"));
    m_title->setObjectName(QStringLiteral("rowTitle"));
    m_view->setChart(makeRowChart().release());
    m_view->setRenderHint(QPainter::Antialiasing);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setMinimumHeight(80);
    m_view->setAccessibleName(tr("Weights of the selected query or key"));
    m_head->addWidget(m_title, 1);
    m_head->addWidget(m_orders, 0, Qt::AlignLeft);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, kTopMargin, 14, 4);
    column->setSpacing(2);
    column->addLayout(m_head);
    column->addWidget(m_note);
    column->addWidget(m_view, 1);
    connect(m_orders, &Segment::chosen, this, [this](int index) { setOrder(static_cast<RowOrder>(index)); });
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &RowPanel::request);
    connect(&controller, &StudyController::readingsChanged, this, [this] {
        if (m_waits)
            request();
    });
    connect(&appearance, &Appearance::changed, this, [this] {
        m_drawn.reset();
        request();
    });
    // Only the edge: the chart below it is dear to draw.
    connect(&controller, &StudyController::stateChanged, this, [this] { update(0, 0, width(), kTopMargin); });
    m_view->viewport()->setMouseTracking(true);
    m_view->viewport()->installEventFilter(this);
    connect(&controller, &StudyController::pointedChanged, this, &RowPanel::mark);
    m_refreshing->request();
}

// The chart is dear to draw: while a slider moves it waits with the tables, and says so.
void RowPanel::request()
{
    m_waits = m_controller.readingsWait();
    if (!m_waits)
        m_refreshing->request();
    update(0, 0, width(), kTopMargin);
}

bool RowPanel::showsRow() const { return m_controller.study().view.heatmap.direction == AttentionDirection::FromQuery; }

void RowPanel::mark()
{
    const Pointed& pointed = m_controller.pointed();
    if (isVisible())
        markInRowChart(*m_view->chart(), showsRow() ? pointed.key : pointed.query);
}

// A bar's token is pointed at, and selected by a click, as it is in the maps.
bool RowPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Leave)
        m_controller.point({});
    const bool moved = event->type() == QEvent::MouseMove, pressed = event->type() == QEvent::MouseButtonPress;
    if (!moved && !pressed)
        return QWidget::eventFilter(watched, event);
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const QPointF inChart = m_view->chart()->mapFromScene(m_view->mapToScene(mouse->position().toPoint()));
    const auto token = tokenInRowChart(*m_view->chart(), inChart);
    if (moved)
        m_controller.point(!token ? Pointed() : showsRow() ? Pointed{.key = token} : Pointed{.query = token});
    if (moved || !token || mouse->button() != Qt::LeftButton)
        return QWidget::eventFilter(watched, event);
    // The page may arrange itself anew for the selection: the chart must not look for what was below the pointer.
    m_controller.selectCell(showsRow() ? std::nullopt : token, showsRow() ? token : std::nullopt);
    return true;
}

// The title stands above the choices where both do not fit beside each other.
void RowPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const bool narrow = width() < m_appearance.theme().px(kOneLine);
    m_head->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void RowPanel::paintEvent(QPaintEvent* event)
{
    QWidget::paintEvent(event);
    QPainter painter(this);
    paintFigureFrame(painter, *this, m_waits || (m_controller.comparison() && m_controller.isHeadOutdated()),
                     m_appearance.theme());
}

void RowPanel::setOrder(RowOrder order)
{
    m_order = order;
    m_orders->choose(static_cast<int>(order));
    m_drawn.reset();
    refresh();
}

void RowPanel::refresh()
{
    m_orders->offer(static_cast<int>(RowOrder::Difference), !m_controller.showsOneTrace());
    const Theme& theme = m_appearance.theme();
    m_view->setBackgroundBrush(theme.panel);
    const ComparisonPointer& comparison = m_controller.comparison();
    m_view->chart()->setVisible(comparison != nullptr);
    const HeadMaps* maps = comparison && m_maps ? m_maps(*comparison) : nullptr;
    // Filtering a large map is work for a job; whoever has its maps asks again then.
    const HeatmapView* view = comparison ? &comparison->study.view.heatmap : nullptr;
    if (view != nullptr && maps == nullptr
        && (view->quantity != MapQuantity::Weights || (view->filter.isActive() && !isSmallMap(*comparison))))
        return;
    if (comparison && comparison == std::exchange(m_drawn, comparison) && maps == std::exchange(m_drawnMaps, maps))
        return;
    m_drawnMaps = maps;
    QString heading = tr("Attention from the selected query"), note;
    if (comparison) {
        try {
            note = updateRowChart(*m_view->chart(), comparison, m_order, theme, maps);
            const Selection& at = comparison->study.selection;
            const StackInfo& stack = comparison->model.stacks.at(at.stack);
            const auto token = [&](TokenAxis axis, std::size_t index) {
                return u"%1 (%2)"_s.arg(QString::fromStdString(axisLabel(comparison->input, axis, index))).arg(index);
            };
            const QString what[] = {tr("Attention"), tr("Rollout"), tr("Relevance")};
            heading =
                view->direction == AttentionDirection::FromQuery
                    ? tr("%1 from query %2")
                          .arg(what[static_cast<std::size_t>(view->quantity)], token(stack.queries, at.query))
                    : tr("%1 to key %2").arg(what[static_cast<std::size_t>(view->quantity)], token(stack.keys, at.key));
        } catch (const Error& error) {
            heading = QString::fromUtf8(error.what());
        }
    }
    m_title->setText(heading);
    m_title->setToolTip(heading);
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

}  // namespace ketscope
