// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/strip_reading.h"

#include "core/study/token_axis.h"

namespace ketscope {

namespace {

constexpr std::size_t kMostTraces = 3;

}  // namespace

TokenAxis StripReading::axis() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison ? comparison->model.stacks.at(comparison->study.selection.stack).keys : TokenAxis::Text;
}

bool StripReading::showsQueries() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return !comparison || comparison->model.stacks.at(comparison->study.selection.stack).queries == axis();
}

bool StripReading::showsColumn() const
{
    return showsQueries() && m_controller.study().view.heatmap.direction == AttentionDirection::ToKey;
}

std::size_t StripReading::tokens() const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    return comparison ? mapOf(*comparison, 0, comparison->study.selection).columns : 0;
}

QString StripReading::label(std::size_t token) const
{
    return QString::fromStdString(axisLabel(m_controller.comparison()->input, axis(), token));
}

std::size_t StripReading::current() const
{
    return showsQueries() ? m_controller.selection().query : m_controller.selection().key;
}

std::vector<std::size_t> StripReading::traces() const
{
    std::vector<std::size_t> traces = shownTraces(*m_controller.comparison());
    traces.resize(std::min(traces.size(), kMostTraces));
    return traces;
}

float StripReading::weight(std::size_t trace, std::size_t token) const
{
    const ComparisonPointer& comparison = m_controller.comparison();
    const Selection& at = comparison->study.selection;
    const MatrixView map = mapOf(*comparison, trace, at);
    return showsColumn() ? map(token, at.key) : map(at.query, token);
}

ChipRole StripReading::role(std::size_t token) const
{
    const Selection& at = m_controller.selection();
    if (showsQueries() && token == at.query)
        return ChipRole::Query;
    return token == at.key ? ChipRole::Key : ChipRole::None;
}

QStringList StripReading::roleNames(std::size_t token) const
{
    const Selection& at = m_controller.selection();
    QStringList names;
    if (showsQueries() && token == at.query)
        names << StudyController::tr("query");
    if (token == at.key)
        names << StudyController::tr("key");
    return names;
}

}  // namespace ketscope
