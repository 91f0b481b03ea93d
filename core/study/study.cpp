// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/study.h"

#include "core/base/error.h"
#include "core/study/head_statistics.h"

#include <array>
#include <limits>

namespace ketscope {

namespace {

constexpr int kStudyVersion = 1;
constexpr std::array<std::string_view, 3> kScales = {"sqrt", "linear", "log"};
constexpr std::array<std::string_view, 3> kCurves = {"mass", "cumulative", "against-uniform"};

// Reads the fields of one JSON object, naming what is missing or wrong.
class Fields {
public:
    Fields(const Json& json, std::string where) : m_json(json), m_where(std::move(where))
    {
        if (!json.is_object())
            refuse({m_where, "an object", json.type_name(), ""});
    }

    bool has(const char* name) const { return m_json.contains(name); }

    const Json& at(const char* name) const
    {
        if (!has(name))
            refuse({m_where, std::string("a field \"") + name + "\"", "none", ""});
        return m_json.at(name);
    }

    std::string text(const char* name) const
    {
        const Json& value = at(name);
        if (!value.is_string())
            wrong(name, "text", value);
        return value.get<std::string>();
    }

    std::vector<std::string> texts(const char* name) const
    {
        const Json& array = at(name);
        if (!array.is_array() || !std::ranges::all_of(array, [](const Json& value) { return value.is_string(); }))
            wrong(name, "a list of texts", array);
        return array.get<std::vector<std::string>>();
    }

    template <typename T> T whole(const char* name) const { return wholeOf<T>(at(name), name); }

    template <typename T> std::vector<T> list(const char* name) const
    {
        std::vector<T> values;
        const Json& array = at(name);
        if (!array.is_array())
            wrong(name, "a list", array);
        for (const Json& value : array)
            values.push_back(wholeOf<T>(value, name));
        return values;
    }

    // The place of a text in `known`.
    std::size_t oneOf(const char* name, std::span<const std::string_view> known) const
    {
        const std::string value = text(name);
        std::string list;
        for (std::size_t i = 0; i < known.size(); ++i) {
            if (known[i] == value)
                return i;
            list += (i == 0 ? "" : i + 1 == known.size() ? " or " : ", ") + std::string(known[i]);
        }
        refuse({m_where + ", \"" + name + "\"", list, "\"" + printable(value, 40) + "\"", ""});
    }

    bool flag(const char* name) const
    {
        if (!at(name).is_boolean())
            wrong(name, "true or false", at(name));
        return at(name).get<bool>();
    }

private:
    template <typename T> T wholeOf(const Json& value, const char* name) const
    {
        const bool fits =
            value.is_number_unsigned()
                ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())
                : value.is_number_integer()
                      && std::is_signed_v<
                          T> && value.get<std::int64_t>() >= static_cast<std::int64_t>(std::numeric_limits<T>::min());
        if (!fits)
            wrong(name, "a whole number in range", value);
        return value.get<T>();
    }

    [[noreturn]] void wrong(const char* name, const char* expected, const Json& found) const
    {
        refuse({m_where + ", \"" + name + "\"", expected, found.dump().substr(0, 60), ""});
    }

    const Json& m_json;
    std::string m_where;
};

Json inputToJson(const Input& input)
{
    Json json = Json::object();
    if (input.text)
        json["text"] = *input.text;
    if (input.textPair)
        json["text_pair"] = *input.textPair;
    if (!input.labels.empty()) {
        json["labels"] = input.labels;
        json["label_template"] = input.labelTemplate;
    }
    if (!input.tokenIds.empty())
        json["token_ids"] = input.tokenIds;
    if (!input.attentionMask.empty())
        json["attention_mask"] = input.attentionMask;
    if (!input.tokenTypes.empty())
        json["token_type_ids"] = input.tokenTypes;
    if (input.image)
        json["image"] = input.image->path;
    if (!input.pixelValues.empty())
        json["pixel_values"] = input.pixelValues;
    return json;
}

Input inputFromJson(const Json& json, const std::string& where)
{
    const Fields fields(json, where);
    Input input;
    if (fields.has("text"))
        input.text = fields.text("text");
    if (fields.has("text_pair"))
        input.textPair = fields.text("text_pair");
    if (fields.has("token_ids"))
        input.tokenIds = fields.list<std::int32_t>("token_ids");
    if (fields.has("attention_mask"))
        input.attentionMask = fields.list<std::uint8_t>("attention_mask");
    if (fields.has("token_type_ids"))
        input.tokenTypes = fields.list<std::int32_t>("token_type_ids");
    if (fields.has("labels"))
        input.labels = fields.texts("labels");
    if (fields.has("label_template"))
        input.labelTemplate = fields.text("label_template");
    if (fields.has("image"))
        input.image = PictureInput{fields.text("image"), nullptr};
    if (fields.has("pixel_values"))
        input.pixelValues = fields.text("pixel_values");
    return input;
}

ViewSettings viewFromJson(const Json& json, const std::string& where)
{
    const Fields fields(json, where);
    ViewSettings view;
    view.colourMap = fields.text("colour_map");
    view.showDifference = fields.flag("difference");
    view.scale = static_cast<ColourScale>(fields.oneOf("scale", kScales));
    // Studies of earlier versions do not have these.
    if (fields.has("head_measure"))
        view.headMeasure = headMeasure(fields.text("head_measure")).id;
    if (fields.has("distance_curve"))
        view.distanceCurve = static_cast<DistanceCurve>(fields.oneOf("distance_curve", kCurves));
    return view;
}

}  // namespace

Json toJson(const Study& study)
{
    Json candidates = Json::array();
    for (const Plan& plan : study.candidates)
        candidates.push_back(toJson(plan));
    const Selection& s = study.selection;
    Json json = {
        {"version", kStudyVersion},
        {"model", study.modelPath},
        {"input", inputToJson(study.input)},
        {"candidates", candidates},
        {"seed", study.seed},
        {"selection", {{"stack", s.stack}, {"layer", s.layer}, {"head", s.head}, {"query", s.query}, {"key", s.key}}},
        {"view",
         {{"colour_map", study.view.colourMap},
          {"scale", kScales[static_cast<std::size_t>(study.view.scale)]},
          {"difference", study.view.showDifference},
          {"head_measure", study.view.headMeasure},
          {"distance_curve", kCurves[static_cast<std::size_t>(study.view.distanceCurve)]}}}};
    if (!study.keptLayers.empty())
        json["kept_layers"] = study.keptLayers;
    return json;
}

Study studyFromJson(const Json& json, const std::string& where)
{
    const Fields fields(json, where);
    if (fields.whole<int>("version") != kStudyVersion)
        refuse({where, "study version " + std::to_string(kStudyVersion), fields.at("version").dump(),
                "It was made by another version of Ketscope."});
    Study study;
    study.modelPath = fields.text("model");
    study.input = inputFromJson(fields.at("input"), where + ", input");
    if (!fields.at("candidates").is_array())
        refuse({where, "a list of candidates", fields.at("candidates").type_name(), ""});
    for (const Json& plan : fields.at("candidates"))
        study.candidates.push_back(planFromJson(plan, where + ", candidates"));
    study.seed = fields.whole<std::uint64_t>("seed");
    const Fields selection(fields.at("selection"), where + ", selection");
    study.selection = {selection.whole<std::size_t>("stack"), selection.whole<std::size_t>("layer"),
                       selection.whole<std::size_t>("head"), selection.whole<std::size_t>("query"),
                       selection.whole<std::size_t>("key")};
    study.view = viewFromJson(fields.at("view"), where + ", view");
    if (fields.has("kept_layers"))
        study.keptLayers = fields.list<std::size_t>("kept_layers");
    return study;
}

}  // namespace ketscope
