// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/filter_panel.h"

#include <QSignalBlocker>

namespace ketscope {

using namespace Qt::StringLiterals;

FilterPanel::FilterPanel(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_column(new QVBoxLayout(this)), m_least(new QDoubleSpinBox(this)),
      m_largest(new QSpinBox(this)), m_mass(new QSpinBox(this)), m_ofWhat(makeLabel({}, "value", this)),
      m_massOf(makeLabel({}, "value", this)), m_hideSpecial(new TickBox(tr("Hide special tokens"), this)),
      m_renormalise(new TickBox(tr("and divide rows by what their other keys hold"), this)),
      m_all(makeLink(tr("Show all"), this))
{
    setObjectName(u"filterPanel"_s);
    m_least->setRange(0.0, 1.0);
    m_least->setDecimals(3);
    m_least->setSingleStep(0.01);
    m_largest->setRange(1, 9999);
    m_mass->setRange(1, 100);
    m_mass->setSuffix(u" %"_s);
    for (const auto& [widget, name] :
         std::initializer_list<std::pair<QWidget*, QString>>{{m_least, u"filterLeast"_s},
                                                             {m_largest, u"filterLargest"_s},
                                                             {m_mass, u"filterMass"_s},
                                                             {m_hideSpecial, u"filterHideSpecial"_s},
                                                             {m_renormalise, u"filterRenormalise"_s}})
        widget->setObjectName(name);
    const int margin = qRound(appearance.theme().px(14));
    m_column->setContentsMargins(margin, margin, margin, margin);
    m_column->setSpacing(qRound(appearance.theme().px(7)));
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(tr("Show"), "title", this));
    head->addStretch(1);
    head->addWidget(m_all);
    m_column->addLayout(head);
    addChoice(MapFilter::Kind::All, tr("All weights"), nullptr, nullptr);
    addChoice(MapFilter::Kind::Value, tr("Weights of at least"), m_least, nullptr);
    addChoice(MapFilter::Kind::Largest, tr("The largest"), m_largest, m_ofWhat);
    addChoice(MapFilter::Kind::Mass, tr("The fewest with"), m_mass, m_massOf);
    nameForSearch();
    m_column->addWidget(m_hideSpecial);
    m_column->addWidget(m_renormalise);
    auto* note =
        makeLabel(tr("What is not shown is left empty; every figure, table and export says so."), "hint", this);
    note->setWordWrap(true);
    m_column->addWidget(note);
    connectAll();
    refresh();
}

void FilterPanel::addChoice(MapFilter::Kind kind, const QString& title, QAbstractSpinBox* number, QLabel* after)
{
    auto* button = new QRadioButton(title, this);
    m_kinds.addButton(button, static_cast<int>(kind));
    auto* row = new QHBoxLayout;
    row->addWidget(button);
    if (number != nullptr) {
        number->setAccessibleName(title);
        number->setButtonSymbols(QAbstractSpinBox::NoButtons);
        row->addWidget(number);
    }
    if (after != nullptr)
        row->addWidget(after);
    row->addStretch(1);
    m_column->addLayout(row);
}

// What is read aside from its place in the panel says whole what it does.
void FilterPanel::nameForSearch()
{
    const std::pair<QWidget*, QString> names[] = {
        {button(MapFilter::Kind::All), tr("Filter: all weights")},
        {button(MapFilter::Kind::Value), tr("Filter by value: weights of at least a number")},
        {button(MapFilter::Kind::Largest), tr("Filter: the largest of every row or column (top-k)")},
        {button(MapFilter::Kind::Mass), tr("Filter by mass: the fewest with a share of it")},
        {m_hideSpecial, tr("Filter: hide special tokens")},
        {m_renormalise, tr("Filter: renormalise rows without special tokens")},
        {m_all, tr("Filter: show all")}};
    for (const auto& [control, name] : names)
        control->setAccessibleName(name);
}

// A number that is changed chooses what it belongs to.
void FilterPanel::connectAll()
{
    connect(&m_kinds, &QButtonGroup::idClicked, this,
            [this](int id) { change([id](MapFilter& filter) { filter.kind = static_cast<MapFilter::Kind>(id); }); });
    connect(m_least, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        change([value](MapFilter& filter) {
            filter.kind = MapFilter::Kind::Value;
            filter.least = value;
        });
    });
    connect(m_largest, &QSpinBox::valueChanged, this, [this](int value) {
        change([value](MapFilter& filter) {
            filter.kind = MapFilter::Kind::Largest;
            filter.largest = static_cast<std::size_t>(value);
        });
    });
    connect(m_mass, &QSpinBox::valueChanged, this, [this](int value) {
        change([value](MapFilter& filter) {
            filter.kind = MapFilter::Kind::Mass;
            filter.mass = value / 100.0;
        });
    });
    connect(m_hideSpecial, &QCheckBox::clicked, this,
            [this](bool on) { change([on](MapFilter& filter) { filter.hideSpecial = on; }); });
    connect(m_renormalise, &QCheckBox::clicked, this,
            [this](bool on) { change([on](MapFilter& filter) { filter.renormalise = on; }); });
    connect(m_all, &QPushButton::clicked, this, [this] {
        change([](MapFilter& filter) {
            filter.kind = MapFilter::Kind::All;
            filter.hideSpecial = false;
        });
    });
    connect(&m_controller, &StudyController::viewChanged, this, &FilterPanel::refresh);
}

void FilterPanel::change(const std::function<void(MapFilter&)>& edit)
{
    m_controller.changeView([&](ViewSettings& view) { edit(view.heatmap.filter); });
}

void FilterPanel::refresh()
{
    const HeatmapView& view = m_controller.study().view.heatmap;
    const MapFilter& filter = view.filter;
    const QSignalBlocker least(m_least), largest(m_largest), mass(m_mass);
    m_kinds.button(static_cast<int>(filter.kind))->setChecked(true);
    m_least->setValue(filter.least);
    m_largest->setValue(static_cast<int>(filter.largest));
    m_mass->setValue(qRound(filter.mass * 100.0));
    const bool row = view.direction == AttentionDirection::FromQuery;
    m_ofWhat->setText(row ? tr("keys of every row") : tr("queries of every column"));
    m_massOf->setText(row ? tr("of a row's mass") : tr("of a column's mass"));
    m_hideSpecial->setChecked(filter.hideSpecial);
    m_renormalise->setChecked(filter.renormalise);
    m_renormalise->setEnabled(filter.hideSpecial);
    m_all->setEnabled(filter.isActive());
}

FilterButton::FilterButton(StudyController& controller, Appearance& appearance, QWidget* parent)
    : MenuButton(parent), m_controller(controller),
      m_popover(new Popover(new FilterPanel(controller, appearance), appearance, this))
{
    setObjectName(u"filter"_s);
    connect(this, &QPushButton::clicked, this, [this] { m_popover->openBelow(*this); });
    connect(&controller, &StudyController::viewChanged, this, &FilterButton::refresh);
    refresh();
}

void FilterButton::refresh()
{
    const HeatmapView& view = m_controller.study().view.heatmap;
    const bool active = view.filter.isActive();
    setText(active ? tr("Filtered") : tr("Filter"));
    setToolTip(active ? QString::fromStdString(describe(view.filter, view.direction))
                      : tr("Show only large weights, the largest of every row, or no special tokens."));
    setMinimumWidth(fontMetrics().horizontalAdvance(tr("Filtered")) + 3 * fontMetrics().height());
}

}  // namespace ketscope
