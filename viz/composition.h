// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"

namespace ketscope {

// How the panels of a page stand: below each other, in columns, or the first over the whole width and the rest in two
// columns. Automatic is the last where there is room for two columns, else the first.
enum class Arrangement { Automatic, OneColumn, TwoColumns, ThreeColumns, FirstWide };

// What is on an exported page.
struct PageContents {
    QStringList figures{QStringLiteral("heatmap")};  // ids of figures.def, in the order of the letters a, b, …
    Arrangement arrangement = Arrangement::Automatic;
    bool letters = true;     // with more than one panel
    bool crosshair = false;  // in its heatmap

    bool operator==(const PageContents&) const = default;
};

// kArrangements, in their order.
const QStringList& arrangementNames();

// What a study says of its page; without figures that do not exist here.
PageContents contentsOf(const FigurePage& page);

// "a", "b", … "z", "aa", …
QString panelLetter(std::size_t panel);

// Several figures of one comparison as lettered panels. With one panel it is that figure.
class Composition final : public Figure {
public:
    // At least one figure, none null.
    Composition(ComparisonPointer comparison, std::vector<std::unique_ptr<Figure>> panels,
                const PageContents& contents);

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;
    // Of the first panel; tables() has the others.
    Table table() const override { return m_panels.front()->table(); }
    std::vector<Table> tables() const override;
    QString caption() const override;
    double smallestText(double width, const Theme& theme) const override;
    FigurePage page() const override;
    QString metrics() const override;                                             // of its panels, each once
    QString absence() const override;                                             // of the first panel without anything
    QStringList alikeInGrey(double width, const Theme& theme) const override;     // "panel c"
    std::string program() const override { return m_panels.front()->program(); }  // of the first panel, as its table

    std::size_t panels() const { return m_panels.size(); }
    const Figure& panel(std::size_t index) const { return *m_panels[index]; }
    // Where the panels' figures lie, without their letters.
    std::vector<QRectF> places(const QRectF& area, const Theme& theme) const;

private:
    std::vector<std::size_t> rowLengths(double width, const Theme& theme) const;
    bool hasLetters() const { return m_contents.letters && m_panels.size() > 1; }

    ComparisonPointer m_comparison;
    std::vector<std::unique_ptr<Figure>> m_panels;
    PageContents m_contents;
};

// The figures of `contents`. Throws Error (Input) for an unknown id, for none at
// all, and as the figures themselves do.
std::unique_ptr<Composition> makePage(const ComparisonPointer& comparison, const PageContents& contents);

}  // namespace ketscope
