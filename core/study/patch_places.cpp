// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/patch_places.h"

namespace ketscope {

std::optional<PatchPlaces> patchPlacesOf(const Comparison& comparison)
{
    const StackInfo& stack = comparison.model.stacks.at(comparison.study.selection.stack);
    if (stack.queries != TokenAxis::Image || stack.keys != TokenAxis::Image || !comparison.input.patches)
        return std::nullopt;
    const std::size_t patches = comparison.input.patches->patches(), tokens = comparison.input.imageTokens.size();
    if (patches == 0 || tokens < patches)
        return std::nullopt;
    return PatchPlaces{comparison.input.patches->columns(), patches, tokens - patches};
}

}  // namespace ketscope
