// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/post_processing.h"

#include <algorithm>

namespace ketscope {

using What = TemplateItem::What;

Templates bertTemplates(std::int32_t cls, std::int32_t sep)
{
    return {{{What::Special, cls, 0}, {What::Text, 0, 0}, {What::Special, sep, 0}},
            {{What::Special, cls, 0},
             {What::Text, 0, 0},
             {What::Special, sep, 0},
             {What::Pair, 0, 1},
             {What::Special, sep, 1}}};
}

Templates robertaTemplates(std::int32_t cls, std::int32_t sep)
{
    return {{{What::Special, cls, 0}, {What::Text, 0, 0}, {What::Special, sep, 0}},
            {{What::Special, cls, 0},
             {What::Text, 0, 0},
             {What::Special, sep, 0},
             {What::Special, sep, 0},
             {What::Pair, 0, 0},
             {What::Special, sep, 0}}};
}

std::size_t specialCount(const Template& items)
{
    return static_cast<std::size_t>(
        std::count_if(items.begin(), items.end(), [](const TemplateItem& item) { return item.what == What::Special; }));
}

std::pair<std::size_t, std::size_t> truncatedLengths(std::size_t text, std::size_t pair, std::size_t room)
{
    const auto [shorter, longer] = std::minmax(text, pair);
    if (longer <= room && shorter <= room - longer)
        return {text, pair};
    const std::size_t half = room / 2;
    const std::size_t low = std::min(shorter, half);
    const std::size_t high = room - low;
    return text > pair ? std::pair(high, low) : std::pair(low, high);
}

}  // namespace ketscope
