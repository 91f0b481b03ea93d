// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lessons/exhibit_page.h"

#include "ui/controls/controls.h"
#include "ui/controls/parameter_slider.h"
#include "viz/scale.h"

#include <QGridLayout>

#include <set>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kRoom = 668.0;        // for a card and its margins
constexpr double kLargestRoom = 0.46;  // of the window
constexpr int kColumns = 2;

void clear(QGridLayout& grid)
{
    while (QLayoutItem* item = grid.takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

// Controls that a tip of the figure sets.
std::set<std::string> tipControls(const ExhibitType& type)
{
    std::set<std::string> ids;
    for (const ExhibitPanel& panel : type.compute(type.initial()).panels)
        if (const auto* plane = std::get_if<ExhibitPlane>(&panel))
            for (const ExhibitArrow& arrow : plane->arrows)
                ids.insert({arrow.xControl, arrow.yControl});
    return ids;
}

}  // namespace

ExhibitPage::ExhibitPage(Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_appearance(appearance), m_title(makeLabel({}, "page", this)),
      m_formula(makeLabel({}, "", this)), m_view(new ExhibitView(appearance, this)), m_controls(new QWidget(this)),
      m_controlGrid(new QGridLayout(m_controls)), m_readings(new QWidget(this)),
      m_readingGrid(new QGridLayout(m_readings)), m_room(new QWidget(this))
{
    setObjectName(u"exhibitPage"_s);
    setProperty("ground", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_controls->setObjectName(u"exhibitControls"_s);
    m_readings->setObjectName(u"exhibitReadings"_s);
    m_formula->setWordWrap(true);
    auto* column = new QWidget(this);
    auto* lines = new QVBoxLayout(column);
    lines->setContentsMargins(16, 12, 12, 12);
    lines->addWidget(m_title);
    lines->addWidget(m_formula);
    lines->addSpacing(8);
    lines->addWidget(m_view, 1);
    lines->addWidget(m_controls);
    lines->addWidget(m_readings);
    for (QWidget* part : {m_controls, m_readings})
        part->setProperty("ground", u"panel"_s);
    for (QGridLayout* grid : {m_controlGrid, m_readingGrid}) {
        grid->setContentsMargins(8, 4, 8, 4);
        grid->setHorizontalSpacing(20);
        grid->setVerticalSpacing(4);
    }
    QScrollArea* scrolled = makeScrollArea(column, this);
    column->setProperty("ground", u"panel"_s);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(scrolled, 1);
    row->addWidget(m_room);
    connect(m_view, &ExhibitView::moved, this, &ExhibitPage::moved);
    connect(&appearance, &Appearance::changed, this, &ExhibitPage::leaveRoom);
}

void ExhibitPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    leaveRoom();
}

void ExhibitPage::leaveRoom()
{
    m_room->setFixedWidth(qRound(std::min(m_appearance.theme().px(kRoom), width() * kLargestRoom)));
}

void ExhibitPage::set(const std::string& id, double value) { emit moved(m_type->with(m_state, id, value)); }

QWidget* ExhibitPage::makeSlider(const Parameter& control)
{
    auto* row = new QWidget(m_controls);
    row->setObjectName(QString::fromStdString("exhibit." + control.id));
    row->setToolTip(QString::fromStdString(control.help));
    auto* slider = new ParameterSlider(control, m_appearance, row);
    auto* value = makeLabel({}, "mono", row);
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(QString::fromStdString(control.title), "value", row), 1);
    head->addWidget(value);
    auto* lines = new QVBoxLayout(row);
    lines->setContentsMargins(4, 2, 4, 2);
    lines->setSpacing(2);
    lines->addLayout(head);
    lines->addWidget(slider);
    const auto set = [this, id = control.id, step = exhibitStep(control)](double wanted) {
        this->set(id, std::round(wanted / step) * step);
    };
    connect(slider, &ParameterSlider::dragged, this, set);
    connect(slider, &ParameterSlider::settled, this, set);
    connect(slider, &ParameterSlider::resetWanted, this, [this, &control] { this->set(control.id, control.initial); });
    m_refresh[control.id] = [this, slider, value, id = control.id] {
        slider->show(m_state.at(id));
        value->setText(formatNumber(m_state.at(id), 2));
    };
    return row;
}

QWidget* ExhibitPage::makeSwitch(const Parameter& control)
{
    auto* box = new TickBox(QString::fromStdString(control.title), m_controls);
    box->setObjectName(QString::fromStdString("exhibit." + control.id));
    box->setToolTip(QString::fromStdString(control.help));
    connect(box, &QCheckBox::toggled, this, [this, id = control.id](bool on) { set(id, on ? 1.0 : 0.0); });
    m_refresh[control.id] = [this, box, id = control.id] {
        const QSignalBlocker still(box);
        box->setChecked(m_state.at(id) != 0.0);
    };
    return box;
}

void ExhibitPage::build(const ExhibitType& type)
{
    m_type = &type;
    m_title->setText(QString::fromStdString(type.title));
    m_formula->setText(QString::fromStdString(type.formula));
    clear(*m_controlGrid);
    clear(*m_readingGrid);
    m_refresh.clear();
    m_values.clear();
    const std::set<std::string> tips = tipControls(type);
    int place = 0;
    for (const Parameter& control : type.controls) {
        if (tips.contains(control.id))
            continue;
        QWidget* row = control.kind == ParameterKind::Flag ? makeSwitch(control) : makeSlider(control);
        m_controlGrid->addWidget(row, place / kColumns, place % kColumns);
        ++place;
    }
    m_controls->setVisible(place > 0);
    place = 0;
    for (const ExhibitReading& reading : type.compute(type.initial()).readings) {
        if (!reading.shown)
            continue;
        const QString unit = QString::fromStdString(reading.unit);
        const QString title = QString::fromStdString(reading.title);
        m_values.push_back(makeLabel({}, "mono", m_readings));
        m_values.back()->setObjectName(QString::fromStdString("reading." + reading.id));
        const int column = place % kColumns * 2;
        m_readingGrid->addWidget(makeLabel(unit.isEmpty() ? title : tr("%1, %2").arg(title, unit), "", m_readings),
                                 place / kColumns, column);
        m_readingGrid->addWidget(m_values.back(), place / kColumns, column + 1, Qt::AlignRight);
        m_readingGrid->setColumnStretch(column, 1);
        ++place;
    }
}

void ExhibitPage::show(const ExhibitType& type, const ExhibitState& state)
{
    m_state = state;
    if (m_type != &type)
        build(type);
    m_view->show(type, state);
    for (const auto& [id, refresh] : m_refresh)
        refresh();
    std::size_t at = 0;
    for (const ExhibitReading& reading : m_view->figure()->readings())
        if (reading.shown)
            m_values[at++]->setText(formatNumber(reading.value, reading.decimals));
}

}  // namespace ketscope
