// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"
#include "viz/theme.h"

#include <QPainter>
#include <QRectF>
#include <QString>
#include <QStringList>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ketscope {

// What lies under a point: for hover, the status bar and screen readers.
struct Hit : Pointed {
    int panel = -1;                   // which map; −1 = none
    std::optional<std::size_t> item;  // the row of the figure's table that is under the point, where one is
    QString sentence;                 // "query 4 “not”, key 5 “great”: A 0.626173, B 0.421004, …"
};

// The numbers behind a figure.
struct Table {
    QStringList header;
    std::vector<QStringList> rows;
};

// A picture. No widgets, no events; constant after construction. Sizes are in the painter's units: one unit is one
// logical pixel on screen; exporters scale the painter so that label text has the wanted size on paper. Screen, PNG, SVG
// and PDF call the same paint.
class Figure {
public:
    virtual ~Figure() = default;

    // Height that suits `width`, both in painter units.
    virtual double heightFor(double width, const Theme& theme) const = 0;
    virtual void paint(QPainter& painter, const QRectF& area, const Theme& theme) const = 0;
    virtual Hit hit(QPointF where, const QRectF& area, const Theme& theme) const = 0;
    // Where it shows what the pointer is at, here or in another view: to be framed. Empty where it shows none of it.
    virtual std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const
    {
        static_cast<void>(pointed);
        static_cast<void>(area);
        static_cast<void>(theme);
        return {};
    }
    virtual Table table() const = 0;
    // Of every panel, where there are several.
    virtual std::vector<Table> tables() const { return {table()}; }
    // One sentence with mechanisms and parameters, for the caption and for screen readers.
    virtual QString caption() const = 0;
    // The same for one panel of several, whose common caption names model, head, input and traces already.
    virtual QString panelCaption() const { return caption(); }
    // Sentences with what was measured of the selected head, for the end of the caption; empty = none.
    virtual QString metrics() const { return {}; }
    QString description() const { return metrics().isEmpty() ? caption() : caption() + QLatin1Char(' ') + metrics(); }
    // Why there is nothing to draw, which stands in the picture's place; empty = there is something.
    virtual QString absence() const { return {}; }
    // Size of the smallest text at `width`, in painter units.
    virtual double smallestText(double width, const Theme& theme) const = 0;
    // Which figures stand on it and how, as studies keep it; empty = it is no page.
    virtual FigurePage page() const { return {}; }
    // What it draws as an OpenQASM 3 program; empty = it draws no circuit.
    virtual std::string program() const { return {}; }
    // What a greyscale print of that width would show alike though it is opposite: "the difference"; empty = nothing.
    virtual QStringList alikeInGrey(double width, const Theme& theme) const
    {
        static_cast<void>(width);
        static_cast<void>(theme);
        return {};
    }
};

// A row of figures.def.
struct FigureType {
    QString id;                                                            // "heatmap": the command line's --figure
    QString title;                                                         // "Heatmap: A, B and difference"
    std::unique_ptr<Figure> (*make)(const ComparisonPointer& comparison);  // reads selection and view from its study
    // Why a comparison has nothing to draw here, as one sentence, empty when it has; null = it always has.
    QString (*obstacle)(const Comparison& comparison) = nullptr;
    // Needs queries and keys of the selected head, recorded with comparison->loaded.
    bool needsHeadVectors = false;
    bool aligns = false;  // draws alignmentMaps(), which may have to be computed first (core/study/relevance.h)
    bool flows = false;   // draws what the view's quantity says, likewise (core/study/token_flow.h)
};

const std::vector<const FigureType*>& figureTypes();
// Throws Error (Input) listing the known ids.
const FigureType& figureType(const QString& id);
// Cheap enough for the GUI thread.
QString obstacleOf(const FigureType& type, const Comparison& comparison);
// Throws Error (Input) with the obstacle, or with what only making it shows.
std::unique_ptr<Figure> makeFigure(const FigureType& type, const ComparisonPointer& comparison);

}  // namespace ketscope
