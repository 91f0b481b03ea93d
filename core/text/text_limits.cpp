// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/text/tokenizer_json.h"

namespace ketscope {

namespace {

constexpr std::size_t kLongestLimit = std::size_t{1} << 24;  // tokens; larger ones stand for "no limit"
constexpr std::size_t kMostPadding = std::size_t{1} << 16;

TextSide sideOf(const Json& object, const char* key, TextSide otherwise, const std::string& where)
{
    std::string name = jsonText(object, key, otherwise == TextSide::Left ? "left" : "right", where);
    if (name == "Left" || name == "left")
        return TextSide::Left;
    if (name == "Right" || name == "right")
        return TextSide::Right;
    refuse({where, std::string("left or right for '") + key + "'", "'" + printable(name, 60) + "'", ""});
}

// "model_max_length", which is 10³⁰ where nobody set it.
void readLongest(const TokenizerSettings& settings, TextLimits& limits)
{
    const Json longest = settings.config().value("model_max_length", Json());
    if (longest.is_null())
        return;
    if (!longest.is_number() || longest.get<double>() < 1)
        refuse({settings.where(), "a length of 1 or more for 'model_max_length'", printable(longest.dump(), 60), ""});
    if (longest.get<double>() <= static_cast<double>(kLongestLimit))
        limits.maximumLength = static_cast<std::size_t>(longest.get<double>());
}

std::size_t boundedCount(const Json& object, const char* key, std::size_t otherwise, std::size_t most,
                         const std::string& where)
{
    const std::size_t count = jsonCount(object, key, otherwise, where);
    if (count == 0 || count > most)
        refuse({where, "1 to " + std::to_string(most) + " for '" + key + "'", std::to_string(count), ""});
    return count;
}

void readTruncation(const Json& truncation, Pipeline& parts, const std::string& where)
{
    TextLimits& limits = parts.limits;
    jsonMember(truncation, "max_length", where);
    const std::size_t longest = boundedCount(truncation, "max_length", 1, kLongestLimit, where);
    limits.maximumLength = std::min(longest, limits.maximumLength.value_or(longest));
    limits.truncationSide = sideOf(truncation, "direction", TextSide::Right, where);
    const std::string strategy = jsonText(truncation, "strategy", "LongestFirst", where);
    if (strategy == "OnlyFirst")
        parts.strategy = TruncationStrategy::OnlyFirst;
    else if (strategy == "OnlySecond")
        parts.strategy = TruncationStrategy::OnlySecond;
    else if (strategy != "LongestFirst")
        refuse({where, "a truncation strategy that is known here", "'" + printable(strategy, 60) + "'", ""});
}

// "strategy" is "BatchLongest", which leaves a single text as it is, or {"Fixed": length}.
void readPadding(const Json& padding, Pipeline& parts, const std::string& where)
{
    TextLimits& limits = parts.limits;
    const Json& strategy = jsonMember(padding, "strategy", where);
    if (strategy.is_object())
        limits.padTo = boundedCount(strategy, "Fixed", 0, kMostPadding, where);
    else if (strategy != "BatchLongest")
        refuse({where, "a padding strategy that is known here", printable(strategy.dump(), 60), ""});
    limits.padMultiple = boundedCount(padding, "pad_to_multiple_of", 1, kMostPadding, where);
    limits.paddingSide = sideOf(padding, "direction", TextSide::Right, where);
    parts.paddingSegment = segmentOf(padding, "pad_type_id", where);
}

}  // namespace

void readLimits(const TokenizerSettings& settings, const Json* file, Pipeline& parts, const std::string& where)
{
    TextLimits& limits = parts.limits;
    readLongest(settings, limits);
    if (file != nullptr) {
        const Json truncation = file->value("truncation", Json());
        const Json padding = file->value("padding", Json());
        if (!truncation.is_null())
            readTruncation(truncation, parts, where);
        if (!padding.is_null())
            readPadding(padding, parts, where);
    }
    limits.truncationSide = sideOf(settings.config(), "truncation_side", limits.truncationSide, settings.where());
    limits.paddingSide = sideOf(settings.config(), "padding_side", limits.paddingSide, settings.where());
}

}  // namespace ketscope
