// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/alignment_choice.h"

#include <algorithm>

namespace ketscope {

namespace {

std::size_t moved(std::size_t index, int steps, std::size_t count)
{
    const auto last = static_cast<std::ptrdiff_t>(count) - 1;
    return static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(index) + steps, 0, std::max<std::ptrdiff_t>(last, 0)));
}

void setRegion(StudyController& controller, std::size_t patch, const PatchRegion& region)
{
    const auto source = alignmentSourceOf(controller);
    if (!source)
        return;
    ViewSettings view = controller.study().view;
    view.alignment.region = region;
    controller.look(StudyController::tr("Choose patches"), view,
                    withPatch(*controller.comparison(), *source, controller.selection(), patch));
}

}  // namespace

std::optional<AlignmentSource> alignmentSourceOf(const StudyController& controller)
{
    const ComparisonPointer& comparison = controller.comparison();
    if (!comparison || !alignmentObstacle(*comparison).empty())
        return std::nullopt;
    return alignmentSource(*comparison);
}

// The method's stack becomes the selected one, so that layers and heads are chosen in it everywhere.
void chooseMethod(StudyController& controller, const AlignmentMethod& method)
{
    if (!controller.comparison())
        return;
    Comparison asked = *controller.comparison();
    asked.study.view.alignment.method = method.id;
    Selection selection = controller.selection();
    if (alignmentObstacle(asked).empty()) {
        const AlignmentSource source = alignmentSource(asked);
        if (source.stack && *source.stack != selection.stack) {
            const AlignmentFocus focus = focusOf(asked, source);
            selection = withPatch(asked, source, selection, focus.patch);
            if (source.perToken)
                selection = withToken(asked, source, selection, focus.tokens.front());
        }
    }
    controller.look(StudyController::tr("Choose method"), asked.study.view, selection);
}

Pointed pointedOf(const StudyController& controller, const Pointed& pointed)
{
    const auto source = alignmentSourceOf(controller);
    return source ? inSelectedStack(*controller.comparison(), *source, pointed) : pointed;
}

void chooseToken(StudyController& controller, std::size_t token, bool add)
{
    const auto source = alignmentSourceOf(controller);
    if (!source || !source->perToken)
        return;
    std::vector<std::size_t> tokens = {token};
    if (add) {
        tokens = focusOf(*controller.comparison(), *source).tokens;
        const auto known = std::ranges::find(tokens, token);
        if (known == tokens.end())
            tokens.push_back(token);
        else if (tokens.size() > 1)
            tokens.erase(known);
    }
    ViewSettings view = controller.study().view;
    view.alignment.tokens = tokens;
    controller.look(StudyController::tr("Choose words"), view,
                    withToken(*controller.comparison(), *source, controller.selection(), tokens.front()));
}

void chooseRegion(StudyController& controller, std::size_t first, std::size_t last)
{
    if (!alignmentSourceOf(controller))
        return;
    const std::size_t columns = controller.comparison()->input.patches->columns();
    const auto [top, bottom] = std::minmax({first / columns, last / columns});
    const auto [left, right] = std::minmax({first % columns, last % columns});
    setRegion(controller, first, {top, left, bottom - top + 1, right - left + 1});
}

void moveToken(StudyController& controller, int steps)
{
    const auto source = alignmentSourceOf(controller);
    if (!source || !source->perToken)
        return;
    const Comparison& comparison = *controller.comparison();
    std::vector<std::size_t> shown;
    for (std::size_t token = 0; token < comparison.input.tokens.size(); ++token)
        if (!comparison.input.tokens[token].padding)
            shown.push_back(token);
    const auto now = std::ranges::find(shown, focusOf(comparison, *source).tokens.front());
    chooseToken(controller, shown[moved(static_cast<std::size_t>(now - shown.begin()), steps, shown.size())], false);
}

void movePatch(StudyController& controller, int rows, int columns)
{
    const auto source = alignmentSourceOf(controller);
    if (!source)
        return;
    const PatchGeometry& patches = *controller.comparison()->input.patches;
    const std::size_t now = focusOf(*controller.comparison(), *source).patch;
    const std::size_t row = moved(now / patches.columns(), rows, patches.rows());
    const std::size_t column = moved(now % patches.columns(), columns, patches.columns());
    chooseRegion(controller, row * patches.columns() + column, row * patches.columns() + column);
}

void growRegion(StudyController& controller, int rows, int columns)
{
    const auto source = alignmentSourceOf(controller);
    if (!source)
        return;
    const PatchGeometry& patches = *controller.comparison()->input.patches;
    const AlignmentFocus focus = focusOf(*controller.comparison(), *source);
    PatchRegion region = focus.region;
    region.rows = 1 + moved(region.rows - 1, rows, patches.rows() - region.row);
    region.columns = 1 + moved(region.columns - 1, columns, patches.columns() - region.column);
    if (region.contains(focus.patch / patches.columns(), focus.patch % patches.columns()))
        setRegion(controller, focus.patch, region);
}

}  // namespace ketscope
