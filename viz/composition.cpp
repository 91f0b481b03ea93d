// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/composition.h"

#include "core/base/error.h"
#include "core/study/compared_pair.h"
#include "viz/caption.h"
#include "viz/figures/heatmap.h"
#include "viz/labels.h"

#include <QFontMetricsF>

#include <algorithm>

namespace ketscope {

namespace {

constexpr double kColumnGap = 18.0;
constexpr double kRowGap = 20.0;
constexpr double kLetterWidth = 16.0;
constexpr double kRoomForTwo = 640.0;  // narrower pages have one column

}  // namespace

const QStringList& arrangementNames()
{
    static const QStringList names = [] {
        QStringList all;
        for (const std::string_view name : kArrangements)
            all << QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
        return all;
    }();
    return names;
}

PageContents contentsOf(const FigurePage& page)
{
    PageContents contents;
    contents.figures.clear();
    for (const std::string& id : page.figures)
        if (std::ranges::find(figureTypes(), QString::fromStdString(id), &FigureType::id) != figureTypes().end())
            contents.figures << QString::fromStdString(id);
    const auto arrangement = std::ranges::find(kArrangements, page.arrangement) - kArrangements.begin();
    contents.arrangement = static_cast<Arrangement>(arrangement);
    contents.letters = page.letters;
    contents.crosshair = page.crosshair;
    return contents;
}

QString panelLetter(std::size_t panel)
{
    const QString last(QChar(u'a' + static_cast<char16_t>(panel % 26)));
    return panel < 26 ? last : panelLetter(panel / 26 - 1) + last;
}

Composition::Composition(ComparisonPointer comparison, std::vector<std::unique_ptr<Figure>> panels,
                         const PageContents& contents)
    : m_comparison(std::move(comparison)), m_panels(std::move(panels)), m_contents(contents)
{
}

std::vector<std::size_t> Composition::rowLengths(double width, const Theme& theme) const
{
    Arrangement arrangement = m_contents.arrangement;
    if (arrangement == Arrangement::Automatic)
        arrangement = width < theme.px(kRoomForTwo) ? Arrangement::OneColumn : Arrangement::FirstWide;
    std::vector<std::size_t> rows;
    std::size_t left = m_panels.size();
    if (arrangement == Arrangement::FirstWide) {
        rows.push_back(1);
        --left;
    }
    const std::size_t columns = arrangement == Arrangement::OneColumn      ? 1
                                : arrangement == Arrangement::ThreeColumns ? 3
                                                                           : 2;
    for (; left > 0; left -= rows.back())
        rows.push_back(std::min(columns, left));
    return rows;
}

std::vector<QRectF> Composition::places(const QRectF& area, const Theme& theme) const
{
    const double indent = hasLetters() ? theme.px(kLetterWidth) : 0.0;
    const double gap = theme.px(kColumnGap);
    std::vector<QRectF> places;
    double top = area.top();
    for (const std::size_t columns : rowLengths(area.width(), theme)) {
        const double pitch = (area.width() + gap) / static_cast<double>(columns);
        const double width = pitch - gap - indent;
        double height = 0.0;
        for (std::size_t column = 0; column < columns; ++column)
            height = std::max(height, m_panels[places.size() + column]->heightFor(width, theme));
        for (std::size_t column = 0; column < columns; ++column)
            places.emplace_back(area.left() + pitch * static_cast<double>(column) + indent, top, width, height);
        top += height + theme.px(kRowGap);
    }
    return places;
}

double Composition::heightFor(double width, const Theme& theme) const
{
    return places(QRectF(0.0, 0.0, width, 0.0), theme).back().bottom();
}

void Composition::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    const std::vector<QRectF> where = places(area, theme);
    const QFont font = theme.ui(kTitlePixels, QFont::Bold);
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        if (hasLetters())
            drawLabel(painter,
                      {where[i].left() - theme.px(kLetterWidth), where[i].top() + QFontMetricsF(font).ascent()},
                      panelLetter(i), font, theme.text, theme);
        painter.save();
        m_panels[i]->paint(painter, where[i], theme);
        painter.restore();
    }
}

Hit Composition::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    const std::vector<QRectF> panels = places(area, theme);
    for (std::size_t i = 0; i < panels.size(); ++i)
        if (panels[i].contains(where))
            return m_panels[i]->hit(where, panels[i], theme);
    return {};
}

std::vector<Table> Composition::tables() const
{
    std::vector<Table> tables;
    for (const auto& panel : m_panels)
        tables.push_back(panel->table());
    return tables;
}

QString Composition::caption() const
{
    if (m_panels.size() == 1)
        return m_panels.front()->caption();
    const Selection& at = m_comparison->study.selection;
    QString caption =
        QStringLiteral("Attention in %1, %2, %3 %4")
            .arg(modelName(m_comparison->model), captionOfHead(*m_comparison, at), captionOfInput(*m_comparison),
                 captionOfTraces(*m_comparison, shownTraces(*m_comparison), at.stack));
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        caption += QStringLiteral(" (%1) %2").arg(panelLetter(i), m_panels[i]->panelCaption());
    return caption;
}

double Composition::smallestText(double width, const Theme& theme) const
{
    const std::vector<QRectF> where = places(QRectF(0.0, 0.0, width, 0.0), theme);
    double smallest = m_panels.front()->smallestText(where.front().width(), theme);
    for (std::size_t i = 1; i < m_panels.size(); ++i)
        smallest = std::min(smallest, m_panels[i]->smallestText(where[i].width(), theme));
    return smallest;
}

FigurePage Composition::page() const
{
    FigurePage page;
    for (const QString& id : m_contents.figures)
        page.figures.push_back(id.toStdString());
    page.arrangement = kArrangements[static_cast<std::size_t>(m_contents.arrangement)];
    page.letters = m_contents.letters;
    page.crosshair = m_contents.crosshair;
    return page;
}

QStringList Composition::alikeInGrey(double width, const Theme& theme) const
{
    const std::vector<QRectF> where = places(QRectF(0.0, 0.0, width, 0.0), theme);
    QStringList alike;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const QStringList own = m_panels[i]->alikeInGrey(where[i].width(), theme);
        if (!own.isEmpty() && hasLetters())
            alike << QStringLiteral("panel ") + panelLetter(i);
        else
            alike << own;
    }
    alike.removeDuplicates();
    return alike;
}

QString Composition::metrics() const
{
    QStringList sentences;
    for (const auto& panel : m_panels)
        sentences << panel->metrics();
    sentences.removeDuplicates();
    sentences.removeAll(QString());
    return sentences.join(QLatin1Char(' '));
}

QString Composition::absence() const
{
    for (std::size_t i = 0; i < m_panels.size(); ++i)
        if (const QString why = m_panels[i]->absence(); !why.isEmpty())
            return m_panels.size() == 1 ? why : QStringLiteral("Panel %1: %2").arg(panelLetter(i), why);
    return {};
}

std::unique_ptr<Composition> makePage(const ComparisonPointer& comparison, const PageContents& contents)
{
    if (contents.figures.isEmpty())
        refuse({"figure", "at least one", "none", "Choose what the page shows."});
    HeatmapOptions heatmap;
    heatmap.crosshair = contents.crosshair;
    std::vector<std::unique_ptr<Figure>> panels;
    for (const QString& id : contents.figures) {
        if (id == QStringLiteral("heatmap"))
            panels.push_back(std::make_unique<Heatmap>(comparison, heatmap));
        else
            panels.push_back(makeFigure(figureType(id), comparison));
    }
    return std::make_unique<Composition>(comparison, std::move(panels), contents);
}

}  // namespace ketscope
