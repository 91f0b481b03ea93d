// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/heatmap_page.h"

#include "ui/controls/compare_box.h"
#include "ui/views/metrics_table.h"
#include "ui/views/row_panel.h"
#include "viz/colour_map.h"

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kSideBySide = 760.0;  // room for charts beside metrics
constexpr double kOneLine = 700.0;     // room for the title beside its controls
constexpr double kOneRow = 400.0;      // room for all controls beside each other
constexpr double kLeastMaps = 310.0;
constexpr double kLeastCharts = 180.0;
constexpr double kUsualCharts = 250.0;
constexpr double kUsualShare = 0.36;

}  // namespace

HeatmapPage::HeatmapPage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Perspective(parent), m_controller(controller), m_appearance(appearance),
      m_figure(new FigureView(controller, appearance, this))
{
    setProperty("ground", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_below = new QSplitter(Qt::Horizontal, this);
    m_below->addWidget(new RowPanel(controller, appearance, m_below));
    m_below->addWidget(makeScrollArea(new MetricsPanel(controller, appearance), m_below));
    m_below->setStretchFactor(0, 5);
    m_below->setStretchFactor(1, 4);
    m_split = new QSplitter(Qt::Vertical, this);
    m_split->addWidget(m_figure);
    m_split->addWidget(m_below);
    for (QSplitter* each : {m_below, m_split}) {
        each->setHandleWidth(1);
        each->setChildrenCollapsible(false);
    }
    m_scroll = makeScrollArea(m_split, this);
    connect(m_split, &QSplitter::splitterMoved, this, [this] { m_arrangedByHand = true; });
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(m_scroll, 1);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this, &HeatmapPage::refreshHeader);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &HeatmapPage::arrange);
    connect(&appearance, &Appearance::changed, this, &HeatmapPage::arrange);
    connect(&controller, &StudyController::viewChanged, this, &HeatmapPage::refreshControls);
    connect(m_figure, &FigureView::exportWanted, this, [this] { emit exportWanted(figureId()); });
    refreshHeader();
    refreshControls();
}

QWidget* HeatmapPage::makeHeader()
{
    auto* header = new QFrame(this);
    m_title = makeLabel({}, "page", header);
    m_note = new ElidedLabel("hint", header);
    m_scale = new ChoiceBox(header);
    m_scale->setAccessibleName(tr("Scale"));
    m_scale->addItem(tr("√ scale"), static_cast<int>(ColourScale::SquareRoot));
    m_scale->addItem(tr("Linear scale"), static_cast<int>(ColourScale::Linear));
    m_scale->addItem(tr("Log scale"), static_cast<int>(ColourScale::Logarithmic));
    m_colourMap = new ChoiceBox(header);
    m_colourMap->setAccessibleName(tr("Colour map"));
    for (const ColourMap& map : colourMaps())
        m_colourMap->addItem(map.title(), map.id());
    for (const ColourMap& map : colourMaps())
        m_colourMap->addItem(map.reversed().title(), map.reversed().id());
    m_lock = new TickBox(tr("Lock range"), header);
    m_lock->setToolTip(tr("Keep the colour range of A and B while heads and parameters change. L"));
    m_lock->setObjectName(u"lockRange"_s);
    m_difference = new TickBox(tr("Show Δ"), header);
    m_difference->setToolTip(tr("Show the difference of the compared traces. D"));
    auto* titles = new QHBoxLayout;
    titles->addWidget(m_title);
    titles->addWidget(m_note, 1);
    auto* choices = new QHBoxLayout;
    auto* ticks = new QHBoxLayout;
    for (QWidget* control : std::initializer_list<QWidget*>{new CompareBox(m_controller, header), m_scale, m_colourMap})
        choices->addWidget(control);
    for (QWidget* control : std::initializer_list<QWidget*>{m_lock, m_difference})
        ticks->addWidget(control);
    m_controls = new QBoxLayout(QBoxLayout::LeftToRight);
    m_controls->addLayout(choices);
    m_controls->addLayout(ticks);
    m_header = new QBoxLayout(QBoxLayout::LeftToRight, header);
    m_header->setContentsMargins(14, 6, 14, 6);
    for (QBoxLayout* each : std::initializer_list<QBoxLayout*>{titles, choices, ticks, m_controls, m_header})
        each->setSpacing(10);
    m_header->addLayout(titles, 1);
    m_header->addLayout(m_controls);
    auto* line = new QFrame(this);
    line->setProperty("role", u"separator"_s);
    line->setFixedHeight(1);
    connect(m_scale, &QComboBox::activated, this, [this] {
        m_controller.changeView(
            [this](auto& v) { v.scale = static_cast<ColourScale>(m_scale->currentData().toInt()); });
    });
    connect(m_colourMap, &QComboBox::activated, this, [this] {
        m_controller.changeView([this](auto& v) { v.colourMap = m_colourMap->currentData().toString().toStdString(); });
    });
    connect(m_difference, &QCheckBox::clicked, this,
            [this](bool on) { m_controller.changeView([on](auto& v) { v.showDifference = on; }); });
    connect(m_lock, &QCheckBox::toggled, m_figure, &FigureView::setRangeLocked);
    auto* whole = new QWidget(this);
    auto* column = new QVBoxLayout(whole);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(header);
    column->addWidget(line);
    return whole;
}

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

// The maps get the height that suits the width, the charts the rest; what does not fit is scrolled. Charts and metrics
// stand below each other where there is no room for both side by side.
void HeatmapPage::arrange()
{
    const Theme& theme = m_appearance.theme();
    const bool narrow = width() < theme.px(kSideBySide);
    m_header->setDirection(width() < theme.px(kOneLine) ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    m_controls->setDirection(width() < theme.px(kOneRow) ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    m_below->setOrientation(narrow ? Qt::Vertical : Qt::Horizontal);
    m_below->setMinimumHeight(qRound(theme.px(narrow ? 2 * kLeastCharts : kLeastCharts)));
    const int wanted = m_figure->heightForWidth(m_figure->width());
    m_figure->setMinimumHeight(narrow ? wanted : std::min(wanted, qRound(theme.px(kLeastMaps))));
    if (m_arrangedByHand)
        return;
    const int all = m_scroll->viewport()->height();
    const int charts =
        std::clamp(qRound(kUsualShare * all), qRound(theme.px(kLeastCharts)), qRound(theme.px(kUsualCharts)));
    const int maps = std::clamp(wanted, 0, std::max(0, all - charts));
    m_split->setSizes({maps, all - maps});
}

void HeatmapPage::refreshHeader()
{
    const ModelInfo* model = m_controller.model();
    const Selection& selection = m_controller.selection();
    if (!m_controller.comparison() || model == nullptr) {
        m_title->setText(tr("Attention"));
        m_note->clear();
        return;
    }
    m_title->setText(tr("Layer %1 · Head %2").arg(selection.layer).arg(selection.head));
    const bool causal = model->stacks.at(selection.stack).causal;
    m_note->setText(causal ? tr("rows are queries, columns are keys; causal: keys after the query are masked")
                           : tr("rows are queries, columns are keys"));
    m_note->setToolTip(m_note->text());
}

void HeatmapPage::refreshControls()
{
    const ViewSettings& view = m_controller.study().view;
    m_scale->choose(static_cast<int>(view.scale));
    m_colourMap->choose(QString::fromStdString(view.colourMap));
    m_difference->setChecked(view.showDifference);
    m_difference->setEnabled(!view.compared.everyTrace);
}

}  // namespace ketscope
