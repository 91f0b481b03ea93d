// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/kept_grid.h"

namespace ketscope {

using namespace Qt::StringLiterals;

KeptGrid::KeptGrid(Section& section, int spacing) : QWidget(&section), m_grid(new QGridLayout(this))
{
    section.body()->insertWidget(0, this);
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setVerticalSpacing(spacing);
}

namespace {

// It may be what asks for new contents: it goes when that is done.
void dismiss(QWidget& widget)
{
    widget.hide();
    widget.setParent(nullptr);
    widget.deleteLater();
}

}  // namespace

void KeptGrid::begin()
{
    for (auto& [at, place] : m_places)
        place.used = false;
}

void KeptGrid::end()
{
    std::erase_if(m_places, [](const auto& entry) {
        if (!entry.second.used)
            dismiss(*entry.second.widget);
        return !entry.second.used;
    });
    setVisible(!m_places.empty());
}

QWidget* KeptGrid::find(int row, int column, const QString& kind)
{
    const auto place = m_places.find({row, column});
    if (place == m_places.end() || place->second.kind != kind)
        return nullptr;
    place->second.used = true;
    return place->second.widget;
}

QWidget* KeptGrid::put(QWidget* widget, int row, int column, const QString& kind, int columns, Qt::Alignment alignment)
{
    if (const auto before = m_places.find({row, column}); before != m_places.end())
        dismiss(*before->second.widget);
    m_places[{row, column}] = {widget, kind, true};
    m_grid->addWidget(widget, row, column, 1, columns, alignment);
    widget->show();
    return widget;
}

QLabel* KeptGrid::label(int row, int column, const QString& text, const char* role, int columns,
                        Qt::Alignment alignment)
{
    auto* label = widget<QLabel>(
        row, column, u"label %1"_s.arg(columns), [&] { return makeLabel({}, role, this); }, columns, alignment);
    setRole(*label, role);
    label->setText(text);
    return label;
}

QLabel* KeptGrid::wrapped(int row, int column, const QString& text, const char* role, int columns)
{
    auto* label = widget<QLabel>(
        row, column, u"wrapped %1 %2"_s.arg(columns).arg(QLatin1String(role)),
        [&] { return makeWrappedLabel(role, this); }, columns);
    label->setText(text);
    return label;
}

}  // namespace ketscope
