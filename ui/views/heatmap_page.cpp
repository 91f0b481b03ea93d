// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/heatmap_page.h"

#include "core/study/compared_pair.h"
#include "core/study/look_ahead.h"
#include "ui/controls/compare_box.h"
#include "ui/controls/filter_panel.h"
#include "ui/controls/view_boxes.h"
#include "ui/views/metrics_table.h"
#include "ui/views/row_panel.h"

#include <QStandardItemModel>

#include <utility>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kSideBySide = 760.0;  // room for charts beside metrics
constexpr double kAllBeside = 960.0;   // and for the standard errors between them
constexpr double kErrorWidth = 230.0;
constexpr double kLeastRow = 280.0;
constexpr double kLeastMaps = 310.0;
constexpr double kLeastCharts = 180.0;
constexpr double kUsualCharts = 250.0;
constexpr double kUsualShare = 0.36;
constexpr int kTickGap = 18;

}  // namespace

HeatmapPage::HeatmapPage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Perspective(parent), m_controller(controller), m_appearance(appearance),
      m_flowing(new WhenVisible(*this, [this] { computeFlow(); })),
      m_figure(new FigureView(controller, appearance, this)),
      m_errors(new FigureView(controller, appearance, this, HeatmapContent::StandardErrors)),
      m_lines(new FigurePane(u"bipartite"_s, controller, appearance, this)),
      m_elements(new FigurePane(u"qk-detail"_s, controller, appearance, this)),
      m_metrics(new MetricsPanel(controller, appearance))
{
    setProperty("ground", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_figure->linkWith(*m_errors);
    m_lines->setOfHead(true);
    makeErrorPanel();
    makeBelow();
    makeViews();
    m_split = new QSplitter(Qt::Vertical, this);
    m_split->addWidget(m_views);
    m_split->addWidget(m_below);
    for (QSplitter* each : {m_below, m_split}) {
        each->setHandleWidth(1);
        each->setChildrenCollapsible(false);
        connect(each, &QSplitter::splitterMoved, this, [this] { m_arrangedByHand = true; });
    }
    m_scroll = makeScrollArea(m_split, this);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(m_scroll, 1);
    connectController();
    connect(&appearance, &Appearance::changed, this, &HeatmapPage::arrange);
    connect(m_figure, &FigureView::exportWanted, this, [this] { emit exportWanted(u"heatmap"_s); });
    connect(m_errors, &FigureView::exportWanted, this, [this] { emit exportWanted(u"standard-error"_s); });
    refreshHeader();
    refreshControls();
    refreshPanels();
}

// The chart of a row, the standard errors and the metrics.
void HeatmapPage::makeBelow()
{
    m_below = new QSplitter(Qt::Horizontal, this);
    auto* row = new RowPanel(m_controller, m_appearance, m_below);
    row->setMaps([this](const Comparison& comparison) { return mapsOf(comparison); });
    connect(m_figure, &FigureView::dataChanged, row, &RowPanel::request);
    connect(&m_controller, &StudyController::flowComputed, row, &RowPanel::request);
    m_below->addWidget(row);
    m_below->addWidget(m_errorPanel);
    m_below->addWidget(makeScrollArea(m_metrics, m_below));
}

// What the row chart draws. While something else stands in the maps' place, nobody else asks for them.
const HeadMaps* HeatmapPage::mapsOf(const Comparison& comparison)
{
    const HeatmapView& view = comparison.study.view.heatmap;
    const bool asked = view.quantity != MapQuantity::Weights || view.filter.isActive();
    if (asked && paneShown() != nullptr && m_figure->mapsOf(comparison) == nullptr)
        m_figure->refresh();
    return m_figure->mapsOf(comparison);
}

// Maps, or what can stand in their place.
void HeatmapPage::makeViews()
{
    m_views = new QStackedWidget(this);
    m_views->addWidget(m_figure);
    for (FigurePane* pane : {m_lines, m_elements}) {
        m_views->addWidget(makeScrollArea(pane, m_views));
        connect(pane, &FigurePane::figureChanged, this, &HeatmapPage::arrange);
        connect(pane, &FigurePane::exportWanted, this, &HeatmapPage::exportWanted);
    }
}

void HeatmapPage::connectController()
{
    StudyController* controller = &m_controller;
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::viewChanged}) {
        connect(controller, signal, this, &HeatmapPage::refreshHeader);
        connect(controller, signal, this, &HeatmapPage::refreshQuantities);
        connect(controller, signal, m_flowing, &WhenVisible::request);
    }
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged})
        connect(controller, signal, this, &HeatmapPage::refreshPanels);
    // Standard errors make the metrics wider, which their own layout has to know first.
    connect(
        controller, &StudyController::readingsChanged, this,
        [this] {
            if (m_metrics->sizeHint().width() != std::exchange(m_metricsWidth, m_metrics->sizeHint().width()))
                arrange();
        },
        Qt::QueuedConnection);
    for (const auto signal : {&StudyController::viewChanged, &StudyController::comparisonChanged})
        connect(controller, signal, this, &HeatmapPage::refreshControls);
    connect(controller, &StudyController::stateChanged, m_flowing, &WhenVisible::request);
    connect(controller, &StudyController::flowComputed, m_lines, &FigurePane::refresh);
    connect(controller, &StudyController::viewChanged, this, [this] {
        ViewSettings view = m_controller.study().view;
        view.heatmap.window = {};
        if (view != std::exchange(m_arrangedFor, view))
            refreshPanels();
    });
}

void HeatmapPage::makeErrorPanel()
{
    m_errorPanel = new QWidget(this);
    m_errorPanel->setProperty("ground", u"panel"_s);
    m_errorPanel->setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(m_errorPanel);
    column->setContentsMargins(2, 3, 2, 2);
    column->addWidget(m_errors, 1);
}

void HeatmapPage::addChoices(PageHeader& header)
{
    m_shown = new Segment({tr("Maps"), tr("Lines"), tr("Q·K")}, &header);
    m_shown->setObjectName(u"shown"_s);
    m_shown->setAccessibleName(tr("Heatmap"));
    const QString views[] = {tr("Maps view"), tr("Lines view"), tr("Q·K detail of the selected cell")};
    for (int index = 0; index < 3; ++index)
        m_shown->button(index)->setAccessibleName(views[index]);
    m_shown->setToolTip(
        tr("Maps of queries × keys, lines from queries to keys, or the selected cell's q·k element by element"));
    connect(m_shown, &Segment::chosen, this, [this](int index) {
        m_controller.changeView([index](auto& view) { view.heatmap.shown = static_cast<HeatmapView::Shown>(index); });
    });
    m_quantity = new ChoiceBox(&header);
    m_quantity->setObjectName(u"quantity"_s);
    m_quantity->setAccessibleName(tr("What the maps show"));
    const QString titles[] = {tr("Weights"), tr("Rollout"), tr("Relevance")};
    for (int index = 0; index < 3; ++index)
        m_quantity->addItem(titles[index], index);
    connect(m_quantity, &QComboBox::activated, this, [this](int index) {
        m_flowAsked.reset();
        m_controller.changeView([index](auto& view) { view.heatmap.quantity = static_cast<MapQuantity>(index); });
    });
    m_scale = new ScaleBox(m_controller, &header);
    m_scale->setObjectName(u"scale"_s);
    m_colours = new ColourMapBox(m_controller, &header);
    for (QWidget* control :
         std::initializer_list<QWidget*>{new CompareBox(m_controller, &header), m_quantity, m_shown,
                                         new FilterButton(m_controller, m_appearance, &header), m_scale, m_colours})
        header.add(control);
}

void HeatmapPage::addTicks(PageHeader& header)
{
    m_lock = new TickBox(tr("Lock"), &header);
    m_lock->setAccessibleName(tr("Lock range"));
    m_lock->setToolTip(tr("Keep the colour range of A and B while heads and parameters change. L"));
    m_lock->setObjectName(u"lockRange"_s);
    m_difference = new TickBox(tr("Δ"), &header);
    m_difference->setObjectName(u"showDifference"_s);
    m_difference->setAccessibleName(tr("Show the difference"));
    m_difference->setToolTip(tr("Show the difference of the compared traces. D"));
    m_standardErrors = new TickBox(tr("SE"), &header);
    m_standardErrors->setObjectName(u"showStandardErrors"_s);
    m_standardErrors->setAccessibleName(tr("Show standard error"));
    m_standardErrors->setToolTip(tr("Show standard error: rings, hatching where |Δ| < 2 SE, and its map. U"));
    connect(m_difference, &QCheckBox::clicked, this,
            [this](bool on) { m_controller.changeView([on](auto& v) { v.showDifference = on; }); });
    connect(m_standardErrors, &QCheckBox::clicked, this,
            [this](bool on) { m_controller.changeView([on](auto& v) { v.heatmap.standardErrors = on; }); });
    connect(m_lock, &QCheckBox::clicked, m_figure, &FigureView::setRangeLocked);
    auto* together = new QWidget(&header);
    auto* row = new QHBoxLayout(together);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kTickGap);  // wider than from a box to its own text
    for (QWidget* control : std::initializer_list<QWidget*>{m_lock, m_difference, m_standardErrors,
                                                            makeExplanationButton(m_appearance, &header)})
        row->addWidget(control);
    header.add(together);
}

QWidget* HeatmapPage::makeHeader()
{
    m_header = new PageHeader({}, this);
    addChoices(*m_header);
    addTicks(*m_header);
    return m_header;
}

FigurePane* HeatmapPage::paneShown() const
{
    switch (m_controller.study().view.heatmap.shown) {
    case HeatmapView::Shown::Maps: return nullptr;
    case HeatmapView::Shown::Lines: return m_lines;
    case HeatmapView::Shown::Elements: break;
    }
    return m_elements;
}

bool HeatmapPage::showsErrors() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!comparison || !m_controller.study().view.heatmap.standardErrors)
        return false;
    for (const std::size_t trace : shownTraces(*comparison))
        if (!standardErrorOf(*comparison, trace, comparison->study.selection).empty())
            return true;
    return false;
}

QString HeatmapPage::figureId() const
{
    if (m_errors->hasFocus())
        return u"standard-error"_s;
    return paneShown() != nullptr ? paneShown()->figureId() : u"heatmap"_s;
}

void HeatmapPage::copyImage() const
{
    if (m_errors->hasFocus())
        m_errors->copyImage();
    else if (paneShown() != nullptr)
        paneShown()->copyImage();
    else
        m_figure->copyImage();
}

void HeatmapPage::copyValues() const
{
    if (m_errors->hasFocus())
        m_errors->copyMatrix();
    else if (paneShown() != nullptr)
        paneShown()->copyTable();
    else
        m_figure->copyMatrix();
}

void HeatmapPage::takeFocus()
{
    if (paneShown() != nullptr)
        paneShown()->setFocus();
    else
        m_figure->setFocus();
}

void HeatmapPage::resetZoom() { m_figure->resetZoom(); }

// What was waiting to be seen is there now and has its height.
void HeatmapPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    arrange();
}

void HeatmapPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

int HeatmapPage::heightOfMaps() const
{
    const FigurePane* pane = paneShown();
    return pane != nullptr ? pane->heightForWidth(pane->width()) : m_figure->heightForWidth(m_figure->width());
}

// The maps get the height that suits the width, the charts the rest; what does not fit is scrolled. Charts and metrics
// stand below each other where there is no room for both side by side.
void HeatmapPage::arrange()
{
    const Theme& theme = m_appearance.theme();
    const bool narrow = width() < theme.px(m_errorPanel->isHidden() ? kSideBySide : kAllBeside);
    m_below->setOrientation(narrow ? Qt::Vertical : Qt::Horizontal);
    const double charts = narrow ? (m_errorPanel->isHidden() ? 2.0 : 3.0) * kLeastCharts : kLeastCharts;
    m_below->setMinimumHeight(qRound(theme.px(charts)));
    const int wanted = heightOfMaps();
    if (paneShown() != nullptr)
        paneShown()->setMinimumHeight(wanted);
    m_views->setMinimumHeight(narrow && paneShown() == nullptr ? wanted
                                                               : std::min(wanted, qRound(theme.px(kLeastMaps))));
    if (m_arrangedByHand)
        return;
    arrangeCharts(narrow);
    const int all = m_scroll->viewport()->height();
    const int below =
        std::clamp(qRound(kUsualShare * all), qRound(theme.px(kLeastCharts)), qRound(theme.px(kUsualCharts)));
    const int maps = std::clamp(wanted, 0, std::max(0, all - below));
    m_split->setSizes({maps, all - maps});
}

// The metrics get what they need, the standard errors a square, the row chart the rest.
void HeatmapPage::arrangeCharts(bool narrow)
{
    const Theme& theme = m_appearance.theme();
    if (narrow)
        return m_below->setSizes({1, 1, 1});
    const int errors = m_errorPanel->isHidden() ? 0 : qRound(theme.px(kErrorWidth));
    const int wanted = m_metrics->sizeHint().width() + style()->pixelMetric(QStyle::PM_ScrollBarExtent) + 2;
    const int metrics = std::min(wanted, width() - errors - qRound(theme.px(kLeastRow)));
    m_below->setSizes({width() - errors - metrics, errors, metrics});
}

void HeatmapPage::computeFlow()
{
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!comparison || m_controller.state() == StudyController::State::Running)
        return;
    const MapQuantity quantity = comparison->study.view.heatmap.quantity;
    const Selection& at = comparison->study.selection;
    if (flowDelay(*comparison).empty() || !flowObstacle(*comparison, quantity).empty())
        return;
    const FlowAsked asked{comparison->traces, quantity, at.stack, at.layer};
    if (m_flowAsked == asked)
        return;
    m_flowAsked = asked;
    m_controller.computeFlow();
}

// Relevance goes through the whole plan to find what has no gradient: asked once for each result, not at every
// selection.
QString HeatmapPage::quantityObstacle(MapQuantity quantity)
{
    const ComparisonPointer& comparison = m_controller.comparison();
    if (!comparison)
        return {};
    if (quantity != MapQuantity::Relevance)
        return QString::fromStdString(flowObstacle(*comparison, quantity));
    if (m_relevance.of != comparison->traces || m_relevance.loaded != comparison->loaded)
        m_relevance = {comparison->traces, comparison->loaded,
                       QString::fromStdString(flowObstacle(*comparison, quantity))};
    return m_relevance.obstacle;
}

void HeatmapPage::refreshQuantities()
{
    m_quantity->choose(static_cast<int>(m_controller.study().view.heatmap.quantity));
    const QString says[] = {
        tr("The weights of the selected head, as the layer used them."),
        tr("Which tokens reach which through all layers up to the selected one: the product of (mean of heads + "
           "residual), rows of sum 1 (Abnar and Zuidema, 2020)."),
        tr("How much each token counts for each on the way to A's answer, through all layers: gradient × attention "
           "(Chefer et al., 2021), rows scaled to sum 1.")};
    auto* items = qobject_cast<QStandardItemModel*>(m_quantity->model());
    for (int index = 0; index < m_quantity->count(); ++index) {
        const QString obstacle = quantityObstacle(static_cast<MapQuantity>(index));
        items->item(index)->setEnabled(obstacle.isEmpty());
        items->item(index)->setToolTip(obstacle.isEmpty() ? says[index] : obstacle);
    }
    m_quantity->setToolTip(says[m_quantity->currentIndex()]);
}

void HeatmapPage::refreshPanels()
{
    m_errorPanel->setVisible(showsErrors());
    m_views->setCurrentIndex(static_cast<int>(m_controller.study().view.heatmap.shown));
    arrange();
}

void HeatmapPage::refreshHeader()
{
    const ModelInfo* model = m_controller.model();
    const Selection& selection = m_controller.selection();
    if (!m_controller.comparison() || model == nullptr) {
        m_header->setTitle(tr("Attention"));
        m_header->setNote({});
        return;
    }
    const HeatmapView& view = m_controller.study().view.heatmap;
    switch (view.quantity) {
    case MapQuantity::Weights:
        m_header->setTitle(tr("Layer %1 · Head %2").arg(selection.layer).arg(selection.head));
        break;
    case MapQuantity::Rollout: m_header->setTitle(tr("Rollout · layers 0–%1").arg(selection.layer)); break;
    case MapQuantity::Relevance: m_header->setTitle(tr("Relevance · all layers")); break;
    }
    QStringList parts{view.shown == HeatmapView::Shown::Lines ? tr("queries at the left, keys at the right")
                                                              : tr("rows are queries, columns are keys")};
    if (const std::string filter = describe(view.filter, view.direction); !filter.empty())
        parts.prepend(QString::fromStdString(filter));
    if (model->stacks.at(selection.stack).causal)
        parts << tr("causal: keys after the query are masked");
    for (const std::size_t trace : shownTraces(*m_controller.comparison()))
        if (lookingAhead(*m_controller.comparison(), trace, selection.stack) != nullptr)
            parts.prepend(tr("%1 looks ahead").arg(QString::fromStdString(traceTag(trace))));
    m_header->setNote(parts.join(u" · "_s));
}

void HeatmapPage::refreshControls()
{
    const ViewSettings& view = m_controller.study().view;
    m_shown->choose(static_cast<int>(view.heatmap.shown));
    m_lock->setChecked(view.heatmap.lockedMaximum.has_value());
    m_difference->setChecked(view.showDifference);
    m_standardErrors->setChecked(view.heatmap.standardErrors);
    const bool maps = view.heatmap.shown == HeatmapView::Shown::Maps;
    for (QWidget* ofMaps : std::initializer_list<QWidget*>{m_scale, m_colours, m_lock})
        ofMaps->setEnabled(maps);
    m_difference->setEnabled(maps && !view.compared.everyTrace);
    m_difference->setVisible(!m_controller.showsOneTrace());
}

QString HeatmapPage::explainFlow(MapQuantity quantity)
{
    if (quantity == MapQuantity::Rollout)
        return tr(
            "<p><b>Rollout.</b> Row i, column j: the share of token j's embedding in token i after the selected "
            "layer, if attention and the residual connection alone moved information: R = Ã<sub>L</sub> … "
            "Ã<sub>0</sub>, Ã = (mean of heads + I), each row divided by its sum (Abnar and Zuidema, 2020). "
            "Values, feed-forward layers and norms are left out. It belongs to no single head; metrics, the token "
            "strip and the selected cell stay those of the selected head.</p>");
    return tr("<p><b>Relevance.</b> Row i, column j: how much token j counts, through all layers, for what token i "
              "becomes on the way to A's answer. Ā = mean over heads of max(0, ∇A ⊙ A); R ← R + Ā·R from R = I "
              "(Chefer et al., 2021). Rows are then divided by their sums. The row of the token that the answer is "
              "read from is the method's own map. Every trace is asked for A's answer. It belongs to no single head; "
              "metrics, the token strip and the selected cell stay those of the selected head.</p>");
}

QString HeatmapPage::explanation() const
{
    if (!m_controller.comparison())
        return tr("<p>Attention maps of one head, shown after the first run.</p>");
    const HeatmapView& view = m_controller.study().view.heatmap;
    const bool row = view.direction == AttentionDirection::FromQuery;
    QString text =
        tr("<p><b>One head's attention.</b> Row i, column j: how much query i takes from key j. Exact attention "
           "is a<sub>ij</sub> = softmax<sub>j</sub>(q<sub>i</sub>·k<sub>j</sub> / √d) over the keys that the "
           "mask allows, so that every row sums to 1; columns do not. The head's output for query i is "
           "Σ<sub>j</sub> a<sub>ij</sub> v<sub>j</sub>.</p>");
    if (view.quantity != MapQuantity::Weights)
        text = explainFlow(view.quantity);
    text += explainTraces(m_controller) + explainMaps(m_controller) + explainMask(m_controller);
    text += tr("<p><b>Direction.</b> %1</p>")
                .arg(row ? tr("From a query: chart, ranks and filters follow the selected row.")
                         : tr("To a key: chart, ranks and filters follow the selected column."));
    const QString filter = QString::fromStdString(describe(view.filter, view.direction)).toHtmlEscaped();
    text += tr("<p><b>Shown.</b> %1. Metrics are always of all weights.</p>")
                .arg(filter.isEmpty() ? tr("all weights, as they were used") : filter);
    text +=
        tr("<p><b>Gini coefficient</b>: how unequal a query's weights are over the keys that it may see. 0 = equal, "
           "near 1 = one key has all; for a key, of its column over the queries that may see it.</p>");
    text += tr(
        "<p><b>Δ</b> is B − A: blue less, orange more in B. A and B share one colour range. <b>Rings</b> are standard "
        "errors relative to the value; differences below 2 standard errors are hatched: not resolved. They do not "
        "include the bias of noise channels.</p>");
    return text;
}

}  // namespace ketscope
