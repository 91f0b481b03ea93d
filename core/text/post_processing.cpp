// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/post_processing.h"

#include "core/base/error.h"

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

Templates framedTemplates(std::optional<std::int32_t> bos, std::optional<std::int32_t> eos)
{
    const auto framed = [&](What what, int segment, Template items) {
        if (bos)
            items.push_back({What::Special, *bos, segment});
        items.push_back({what, 0, segment});
        if (eos)
            items.push_back({What::Special, *eos, segment});
        return items;
    };
    const Template single = framed(What::Text, 0, {});
    return {single, framed(What::Pair, 1, single)};
}

std::size_t specialCount(const Template& items)
{
    return static_cast<std::size_t>(
        std::count_if(items.begin(), items.end(), [](const TemplateItem& item) { return item.what == What::Special; }));
}

std::pair<std::size_t, std::size_t> truncatedLengths(std::size_t text, std::size_t pair, std::size_t room,
                                                     TruncationStrategy strategy)
{
    const auto [shorter, longer] = std::minmax(text, pair);
    if (longer <= room && shorter <= room - longer)
        return {text, pair};
    if (strategy != TruncationStrategy::LongestFirst && pair > 0) {
        const bool cutsFirst = strategy == TruncationStrategy::OnlyFirst;
        const std::size_t whole = cutsFirst ? pair : text;
        if (whole > room)
            refuse(
                {cutsFirst ? "text pair" : "text",
                 "at most " + std::to_string(room) + " tokens, because the tokenizer's file lets only the other be cut",
                 std::to_string(whole), "Use a shorter one."});
        return cutsFirst ? std::pair(room - pair, pair) : std::pair(text, room - text);
    }
    const std::size_t half = room / 2;
    const std::size_t low = std::min(shorter, half);
    const std::size_t high = room - low;
    return text > pair ? std::pair(high, low) : std::pair(low, high);
}

}  // namespace ketscope
