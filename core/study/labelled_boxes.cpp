// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/labelled_boxes.h"

#include "core/formats/json_fields.h"
#include "core/study/scene_list.h"

#include <algorithm>
#include <filesystem>
#include <limits>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

// Characters [begin, end) of the word at `place`, words being what spaces separate.
std::optional<TextSpan> wordSpan(const std::string& text, std::size_t place)
{
    std::size_t at = 0, word = 0, characters = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const auto length = static_cast<std::size_t>(std::count_if(
            text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end),
            [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
        if (word++ == place)
            return TextSpan{characters, characters + length};
        characters += length + 1;
        at = end + 1;
    }
    return std::nullopt;
}

std::vector<std::size_t> tokensIn(const EncodedInput& input, const TextSpan& span)
{
    std::vector<std::size_t> found;
    for (std::size_t token = 0; token < input.tokens.size(); ++token) {
        const Token& each = input.tokens[token];
        if (!each.special && each.segment == 0 && each.span.begin < span.end && each.span.end > span.begin)
            found.push_back(token);
    }
    return found;
}

// The text that was encoded, when it is given as such.
std::string captionOf(const Input& input)
{
    if (input.text)
        return *input.text;
    return !input.labels.empty() && input.labelTemplate == "{}" ? input.labels.front() : std::string();
}

LabelledBox boxOf(const Json& object, const std::string& where)
{
    const JsonFields fields(object, where);
    const auto sides = fields.list<std::int64_t>("box");
    if (sides.size() != 4)
        refuse({where + ", \"box\"", "left, top, right and bottom", std::to_string(sides.size()) + " numbers", ""});
    const auto side = [&](std::size_t i) { return static_cast<double>(sides[i]); };
    return {fields.text("color") + " " + fields.text("shape"), {side(0), side(1), side(2), side(3)}, {}};
}

std::vector<LabelledBox> boxesOf(const Json& scene, const Comparison& comparison, const std::string& where)
{
    const JsonFields fields(scene, where);
    std::vector<LabelledBox> boxes;
    for (const Json& object : fields.at("objects"))
        boxes.push_back(boxOf(object, where));
    const std::string caption = fields.text("caption");
    if (caption != captionOf(comparison.study.input))
        return boxes;
    for (const Json& mention : fields.at("mentions")) {
        const JsonFields one(mention, where);
        const auto object = one.whole<std::size_t>("object");
        const auto span = wordSpan(caption, one.whole<std::size_t>("word"));
        if (object < boxes.size() && span)
            boxes[object].tokens = tokensIn(comparison.input, *span);
    }
    return boxes;
}

double overlap(double a, double b, double c, double d) { return std::max(0.0, std::min(b, d) - std::max(a, c)); }

}  // namespace

std::vector<LabelledBox> labelledBoxes(const Comparison& comparison)
{
    const auto& image = comparison.study.input.image;
    if (!image)
        return {};
    const fs::path picture(image->path);
    const Json scene = sceneOf(picture);
    return scene.is_null() ? std::vector<LabelledBox>()
                           : boxesOf(scene, comparison, (picture.parent_path() / kSceneList).string());
}

std::vector<double> sharesInBox(const PatchGeometry& patches, const PixelRectangle& box)
{
    std::vector<double> shares;
    for (std::size_t patch = 0; patch < patches.patches(); ++patch) {
        const PixelRectangle place = patches.rectangle(patch);
        const double area = (place.right - place.left) * (place.bottom - place.top);
        const double common = overlap(place.left, place.right, box.left, box.right)
                              * overlap(place.top, place.bottom, box.top, box.bottom);
        shares.push_back(area > 0.0 ? common / area : 0.0);
    }
    return shares;
}

std::vector<std::uint8_t> middlesInBox(const PatchGeometry& patches, const PixelRectangle& box)
{
    std::vector<std::uint8_t> inside;
    for (std::size_t patch = 0; patch < patches.patches(); ++patch) {
        const PixelRectangle place = patches.rectangle(patch);
        const double x = (place.left + place.right) / 2.0, y = (place.top + place.bottom) / 2.0;
        const bool in = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
        inside.push_back(!place.empty() && in ? 1 : 0);
    }
    return inside;
}

std::vector<BoxReading> readBoxes(const Comparison& comparison, const AlignmentMaps& maps, const AlignmentFocus& focus,
                                  const std::vector<LabelledBox>& boxes)
{
    std::vector<BoxReading> readings;
    for (const LabelledBox& each : boxes) {
        const bool named = maps.source.perToken && std::ranges::any_of(focus.tokens, [&](std::size_t token) {
                               return std::ranges::find(each.tokens, token) != each.tokens.end();
                           });
        if (!named)
            continue;
        const std::vector<double> shares = sharesInBox(*comparison.input.patches, each.box);
        const std::vector<std::uint8_t> inside = middlesInBox(*comparison.input.patches, each.box);
        BoxReading reading{each.label, {}, {}};
        for (std::size_t trace = 0; trace < maps.traces.size(); ++trace) {
            std::vector<float> values = valuesOfTokens(maps, trace, focus);
            reading.mass.push_back(maps.source.method->similarity ? std::numeric_limits<double>::quiet_NaN()
                                                                  : boxMass(values, shares));
            // Links have no value elsewhere.
            for (float& value : values)
                value = std::isnan(value) ? std::numeric_limits<float>::lowest() : value;
            reading.points.push_back(pointsInto(values, inside) ? 1 : 0);
        }
        readings.push_back(std::move(reading));
    }
    return readings;
}

}  // namespace ketscope
