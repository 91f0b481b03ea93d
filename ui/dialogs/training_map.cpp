// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/training_map.h"

#include "ui/study_controller.h"
#include "ui/views/live_figure.h"
#include "viz/figures/heatmap.h"

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

QString shown(const std::string& text) { return QString::fromStdString(text); }

void fill(ChoiceBox& box, std::size_t count, std::size_t chosen, const std::function<QString(std::size_t)>& title)
{
    const QSignalBlocker quiet(&box);
    if (box.count() != static_cast<int>(count)) {
        box.clear();
        for (std::size_t i = 0; i < count; ++i)
            box.addItem(title(i));
    }
    box.setCurrentIndex(static_cast<int>(chosen));
}

}  // namespace

TrainingMap::TrainingMap(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_header(new PageHeader({}, this)),
      m_stack(addBox("trainingStack", tr("Stack"))), m_layer(addBox("trainingLayer", tr("Layer"))),
      m_head(addBox("trainingHead", tr("Head"))), m_text(addBox("trainingText", tr("What is looked at"))),
      m_map(new LiveFigure(tr("Attention while training"), appearance, this))
{
    m_map->setObjectName(u"trainingMap"_s);
    m_text->addItems({tr("First example of validation"), tr("Text open in the window")});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    column->addWidget(m_map, 1);
    const auto follow = [this](ChoiceBox* box, std::size_t Selection::*part) {
        connect(box, &QComboBox::activated, this, [this, part](int index) {
            Selection selection = m_selection;
            selection.*part = static_cast<std::size_t>(index);
            select(selection);
        });
    };
    follow(m_stack, &Selection::stack);
    follow(m_layer, &Selection::layer);
    follow(m_head, &Selection::head);
    connect(m_text, &QComboBox::activated, this, &TrainingMap::textChanged);
    show(nullptr, {});
}

ChoiceBox* TrainingMap::addBox(const char* name, const QString& title)
{
    auto* box = new ChoiceBox(this);
    box->setObjectName(QString::fromLatin1(name));
    box->setAccessibleName(title);
    box->setToolTip(title);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_header->add(box);
    return box;
}

std::optional<QString> TrainingMap::text() const
{
    if (m_text->currentIndex() == 0)
        return std::nullopt;
    return shown(m_controller.study().input.text.value_or(""));
}

void TrainingMap::show(const ComparisonPointer& look, const QString& reason)
{
    m_look = look;
    refreshBoxes();
    if (look)
        return refreshMap();
    m_header->setTitle(tr("Attention"));
    m_map->show(nullptr, reason);
}

void TrainingMap::select(const Selection& selection)
{
    m_selection = selection;
    refreshBoxes();
    refreshMap();
}

void TrainingMap::refreshBoxes()
{
    for (ChoiceBox* box : {m_stack, m_layer, m_head})
        box->setVisible(m_look != nullptr);
    if (!m_look)
        return;
    m_selection = clamped(m_selection, *m_look);
    const auto& stacks = m_look->model.stacks;
    const StackInfo& stack = stacks[m_selection.stack];
    m_stack->setVisible(stacks.size() > 1);
    fill(*m_stack, stacks.size(), m_selection.stack, [&](std::size_t i) { return shown(stacks[i].name); });
    fill(*m_layer, stack.layers, m_selection.layer, [](std::size_t i) { return tr("Layer %1").arg(i); });
    fill(*m_head, stack.heads, m_selection.head, [](std::size_t i) { return tr("Head %1").arg(i); });
}

void TrainingMap::refreshMap()
{
    if (!m_look)
        return;
    auto chosen = std::make_shared<Comparison>(*m_look);
    chosen->study.selection = m_selection;
    const ViewSettings& view = m_controller.study().view;
    chosen->study.view.colourMap = view.colourMap;
    chosen->study.view.scale = view.scale;
    m_map->show(std::make_shared<Heatmap>(ComparisonPointer(chosen)));
    m_header->setTitle(tr("Attention, %1").arg(shown(m_look->recordedTitles.front().title).toLower()));
}

}  // namespace ketscope
