// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/selected_head.h"
#include "viz/figure.h"

namespace ketscope {

#define FIGURE(name) const FigureType& name##Figure();
#include "viz/figures/figures.def"
#undef FIGURE

const std::vector<const FigureType*>& figureTypes()
{
    static const std::vector<const FigureType*> all = {
#define FIGURE(name) &name##Figure(),
#include "viz/figures/figures.def"
#undef FIGURE
    };
    return all;
}

QString obstacleOf(const FigureType& type, const Comparison& comparison)
{
    if (type.needsHeadVectors && comparison.selectedHead == nullptr)
        return QString::fromStdString(obstacleToRecording(comparison));
    return type.obstacle == nullptr ? QString() : type.obstacle(comparison);
}

std::unique_ptr<Figure> makeFigure(const FigureType& type, const ComparisonPointer& comparison)
{
    if (const QString obstacle = obstacleOf(type, *comparison); !obstacle.isEmpty())
        refuse({type.id.toStdString(), "something to draw", "nothing", obstacle.toStdString()});
    return type.make(comparison);
}

const FigureType& figureType(const QString& id)
{
    QStringList known;
    for (const FigureType* type : figureTypes()) {
        if (type->id == id)
            return *type;
        known << type->id;
    }
    refuse({"figure", "one of " + known.join(QStringLiteral(", ")).toStdString(), '"' + id.toStdString() + '"',
            "Choose one of them."});
}

}  // namespace ketscope
