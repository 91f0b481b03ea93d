// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/entropy_page.h"

#include "core/study/head_scope.h"
#include "core/study/head_statistics.h"
#include "ui/docks/scope_section.h"
#include "ui/docks/trace_sections.h"
#include "ui/docks/traces_section.h"
#include "viz/caption.h"
#include "viz/scale.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kSideBySide = 860.0;  // room for two figures beside each other
constexpr double kLeastCurves = 210.0;
constexpr double kRankingWidth = 290.0;
constexpr double kRankingHeight = 150.0;  // where it stands below the matrix
constexpr double kMostMatrix = 330.0;     // a larger matrix is scrolled, where the page has no room for it
constexpr double kMostAbove = 0.62;       // of the height

}  // namespace

EntropyPage::EntropyPage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : PanePage(controller, appearance, parent)
{
    setObjectName(u"entropyPage"_s);
    m_above = new QSplitter(Qt::Horizontal, this);
    m_matrix = addPane("head-matrix", m_above);
    m_above->addWidget(makeScrollArea(m_matrix, m_above));
    m_above->addWidget(makeScrollArea(addPane("head-ranking", m_above), m_above));
    m_above->setStretchFactor(0, 1);
    m_below = new QSplitter(Qt::Horizontal, this);
    m_below->addWidget(addPane("token-entropy", m_below));
    m_distances = new QStackedWidget(m_below);
    for (const char* id : {"distance-profile", "row-distance", "column-distance"})
        m_distances->addWidget(addPane(id, m_distances));
    m_below->addWidget(m_distances);
    m_split = new QSplitter(Qt::Vertical, this);
    m_split->addWidget(m_above);
    m_split->addWidget(m_below);
    for (QSplitter* each : {m_above, m_below, m_split}) {
        each->setHandleWidth(1);
        each->setChildrenCollapsible(false);
        connect(each, &QSplitter::splitterMoved, this, [this] { m_arrangedByHand = true; });
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    m_scroll = makeScrollArea(m_split, this);
    column->addWidget(m_scroll, 1);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this, &EntropyPage::refreshControls);
    connect(m_matrix, &FigurePane::figureChanged, this, &EntropyPage::arrange);
    refreshControls();
    arrange();
}

QWidget* EntropyPage::makeHeader()
{
    m_header = new PageHeader(tr("Entropy and distance"), this);
    m_measure = new ChoiceBox(m_header);
    m_measure->setObjectName(u"headMeasure"_s);
    m_measure->setAccessibleName(tr("Measure of heads"));
    for (const HeadMeasure& measure : headMeasures())
        m_measure->addItem(QString::fromStdString(measure.title), QString::fromStdString(measure.id));
    m_curve = new Segment({tr("Mass"), tr("Cumulative"), tr("vs uniform")}, m_header);
    m_curve->setAccessibleName(tr("Attention by distance"));
    m_curve->setObjectName(u"distanceCurve"_s);
    m_curve->setToolTip(tr("Attention by distance: at each distance, up to it, or divided by that of uniform rows."));
    m_distance = new Segment({tr("Grid"), tr("Rows"), tr("Columns")}, m_header);
    m_distance->setAccessibleName(tr("Distance of patches"));
    m_distance->setObjectName(u"patchDistance"_s);
    m_distance->setToolTip(tr("Between patches: √(Δrow² + Δcolumn²), |Δrow| or |Δcolumn|."));
    connect(m_distance, &Segment::chosen, this, [this](int index) {
        controller().changeView([index](auto& view) { view.patchDistance = static_cast<PatchDistance>(index); });
    });
    for (QWidget* control :
         std::initializer_list<QWidget*>{m_measure, new ColourMapBox(controller(), m_header), m_distance, m_curve,
                                         makeExplanationButton(appearance(), m_header)})
        m_header->add(control);
    connect(m_measure, &QComboBox::activated, this, [this] {
        controller().changeView(
            [this](auto& view) { view.headMeasure = m_measure->currentData().toString().toStdString(); });
    });
    connect(m_curve, &Segment::chosen, this, [this](int index) {
        controller().changeView([index](auto& view) { view.distanceCurve = static_cast<DistanceCurve>(index); });
    });
    return m_header;
}

void EntropyPage::refreshControls()
{
    const ViewSettings& view = controller().study().view;
    m_measure->choose(QString::fromStdString(view.headMeasure));
    m_curve->choose(static_cast<int>(view.distanceCurve));
    const ComparisonPointer& comparison = controller().comparison();
    if (!comparison)
        return m_header->setNote({});
    const bool patches = obstacleOf(figureType(u"row-distance"_s), *comparison).isEmpty();
    m_distance->setVisible(patches);
    m_distance->choose(static_cast<int>(view.patchDistance));
    m_distances->setCurrentIndex(patches ? m_distance->current() : 0);
    const Selection& at = comparison->study.selection;
    const TensorPointer& layer = comparison->traces.front()->stacks.at(at.stack).attention.at(at.layer);
    if (!layer)
        return m_header->setNote({});
    const HeadScope scope = headScope(*comparison, at.stack, view.scope);
    const auto left = std::ranges::count(scope.keys, std::uint8_t{1});
    const std::size_t keys = scope.keys.empty() ? layer->shape().back() : static_cast<std::size_t>(left);
    QStringList note{
        tr("0 = one key"),
        tr("ln %1 = %2 nats = uniform").arg(keys).arg(formatNumber(std::log(static_cast<double>(keys)), 2))};
    note << scopeParts(*comparison, true);
    m_header->setNote(note.join(u" · "_s));
}

std::vector<QWidget*> EntropyPage::makeLeftSections()
{
    return {new ScopeSection(controller(), appearance()), new PlanSection(controller(), appearance()),
            new TracesSection(controller(), appearance()), new HeadMeasuresSection(controller(), appearance())};
}

QString EntropyPage::explanation() const
{
    return tr("<p><b>Matrices.</b> One number a head: rows are layers, columns heads. The measure is the mean over the "
              "queries of the head's map; Δ is B − A, and heads that B does not patch are left empty.</p>"
              "<p><b>Entropy</b> of a query's weights a: −Σ a ln a, in nats. 0 = all attention on one key, ln n = "
              "uniform "
              "over n keys; normalised, it is divided by the ln of the keys that the mask allows. Effective keys = "
              "e<sup>entropy</sup>.</p>"
              "<p><b>Scope.</b> Means are over the queries chosen on the left. Keys that are left out have no part: "
              "every row is divided by the sum of the others. What of it changes a number stands beside it.</p>"
              "<p><b>Gini coefficient</b> of a query's weights over the n keys that it may see: the mean difference of "
              "two of them, divided by twice their mean. 0 = uniform, (n − 1)/n = all attention on one key; no "
              "unit.</p>"
              "<p><b>Distance.</b> |i − j| in tokens between query i and key j, weighted by attention. The curve is "
              "the "
              "mean over queries of the mass at each distance, up to it, or divided by that of uniform rows under the "
              "same "
              "mask. Signed, the distance is j − i: above 0 for later keys.</p>")
           + explainGrid() + explainMaps(controller()) + explainMask(controller()) + explainTraces(controller());
}

QString EntropyPage::explainGrid() const
{
    const ComparisonPointer& comparison = controller().comparison();
    if (!comparison || !obstacleOf(figureType(u"row-distance"_s), *comparison).isEmpty())
        return {};
    return tr(
        "<p><b>Patches</b> are apart on their grid, in patches: √(Δrow² + Δcolumn²) to the nearest whole one, |Δrow| "
        "or |Δcolumn|; means are not rounded. The class token has no place there: it is left out as query and key, "
        "and each row is divided by what it gives to patches.</p>");
}

// The matrix gets what it needs, as long as the curves keep a good part; figures stand below each other where there is
// no room for two.
void EntropyPage::arrange()
{
    const Theme& theme = appearance().theme();
    const bool narrow = width() < theme.px(kSideBySide);
    for (QSplitter* each : {m_above, m_below})
        each->setOrientation(narrow ? Qt::Vertical : Qt::Horizontal);
    m_below->setMinimumHeight(qRound(theme.px(narrow ? 2.0 * kLeastCurves : kLeastCurves)));
    const int matrix = m_matrix->heightForWidth(m_matrix->width());
    const int list = qRound(theme.px(kRankingHeight));
    m_above->setMinimumHeight(narrow ? matrix + list : std::min(matrix, qRound(theme.px(kMostMatrix))));
    if (m_arrangedByHand)
        return;
    const int all = m_scroll->viewport()->height();
    const int above = std::clamp(narrow ? matrix + list : matrix, m_above->minimumHeight(),
                                 std::max(m_above->minimumHeight(), qRound(kMostAbove * all)));
    m_split->setSizes({above, all - above});
    const int ranking = qRound(theme.px(kRankingWidth));
    if (narrow)
        m_above->setSizes({matrix, list});
    else
        m_above->setSizes({std::max(ranking, width() - ranking), ranking});
}

}  // namespace ketscope
