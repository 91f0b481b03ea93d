// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/grid_measures.h"
#include "ui/docks/head_grid.h"

#include <QStandardItemModel>

namespace ketscope {

using namespace Qt::StringLiterals;

HeadsSection::HeadsSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Heads"), appearance, parent), m_controller(controller), m_stacks(new ChoiceBox(this)),
      m_pictures(new Segment({tr("A"), tr("B"), tr("Δ"), tr("SE")}, this)),
      m_cells(new Segment({tr("Maps"), tr("Numbers")}, this)), m_measure(new ChoiceBox(this)),
      m_sorted(new TickBox(tr("Sort"), this))
{
    auto* grid = new HeadGrid(controller, appearance, this);
    m_pictures->setAccessibleName(tr("Heads of"));
    m_pictures->setObjectName(u"headPictures"_s);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, [this, grid] { refreshPictures(*grid); });
    refreshPictures(*grid);
    connect(m_pictures, &Segment::chosen, grid,
            [grid](int index) { grid->setPicture(static_cast<HeadPicture>(index)); });
    m_stacks->setObjectName(u"stacks"_s);
    m_stacks->setAccessibleName(tr("Stack"));
    addToTitleRow(m_pictures);
    body()->addWidget(m_stacks);
    body()->addWidget(grid);
    addMeasures(*grid);
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

void HeadsSection::addMeasures(HeadGrid& grid)
{
    m_measure->setObjectName(u"gridMeasure"_s);
    m_measure->setAccessibleName(tr("Measure of heads"));
    m_measure->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    for (const GridMeasure& measure : gridMeasures())
        m_measure->addItem(QString::fromStdString(measure.title), QString::fromStdString(measure.id));
    m_cells->setAccessibleName(tr("Heads as"));
    m_cells->setObjectName(u"headCells"_s);
    m_sorted->setAccessibleName(tr("Sort heads by the measure"));
    m_sorted->setObjectName(u"sortHeads"_s);
    m_sorted->setToolTip(tr("In every layer the heads from the largest measure to the least"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_cells);
    row->addStretch(1);
    row->addWidget(m_sorted);
    body()->addWidget(m_measure);
    body()->addLayout(row);
    const auto change = [this](const std::function<void(HeatmapView&)>& edit) {
        m_controller.changeView([&](ViewSettings& view) { edit(view.heatmap); });
    };
    connect(m_measure, &QComboBox::activated, this, [this, change] {
        change([this](HeatmapView& view) { view.gridMeasure = m_measure->currentData().toString().toStdString(); });
    });
    connect(m_cells, &Segment::chosen, this, [change](int index) {
        change([index](HeatmapView& view) {
            view.headCells = index == 0 ? HeatmapView::HeadCells::Maps : HeatmapView::HeadCells::Numbers;
        });
    });
    connect(m_sorted, &QCheckBox::clicked, this,
            [change](bool on) { change([on](HeatmapView& view) { view.sortHeads = on; }); });
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::viewChanged})
        connect(&m_controller, signal, this, [this, &grid] { refreshControls(grid); });
    refreshControls(grid);
}

void HeadsSection::refreshControls(const HeadGrid& grid)
{
    const HeatmapView& view = m_controller.study().view.heatmap;
    m_measure->choose(QString::fromStdString(view.gridMeasure));
    m_cells->choose(grid.showsNumbers() ? 1 : 0);
    m_sorted->setChecked(view.sortHeads);
}

// What there is to choose: of one trace only itself, and the standard errors that came with it.
void HeadsSection::refreshPictures(const HeadGrid& grid)
{
    const ComparisonPointer& comparison = m_controller.comparison();
    const ComparedPair pair = m_controller.pair();
    const bool alone = m_controller.showsOneTrace();
    const bool errors = comparison && hasStandardErrors(*comparison);
    const auto place = [](HeadPicture picture) { return static_cast<int>(picture); };
    const QString candidate = QString::fromStdString(traceTag(pair.candidate));
    m_pictures->button(place(HeadPicture::Baseline))->setText(QString::fromStdString(traceTag(pair.baseline)));
    m_pictures->button(place(HeadPicture::Candidate))->setText(candidate);
    for (const HeadPicture picture : {HeadPicture::Candidate, HeadPicture::Difference})
        m_pictures->offer(place(picture), !alone);
    m_pictures->offer(place(HeadPicture::StandardError), !alone || errors);
    m_pictures->setVisible(!alone || errors);
    m_pictures->choose(place(grid.picture()));
    QAbstractButton* button = m_pictures->button(place(HeadPicture::StandardError));
    button->setEnabled(errors);
    button->setToolTip(errors ? tr("Standard errors of %1").arg(candidate)
                              : tr("%1's mechanism gives no standard errors.").arg(candidate));
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
