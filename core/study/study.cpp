// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/study.h"

#include "core/base/error.h"
#include "core/formats/json_fields.h"

namespace ketscope {

namespace {

constexpr int kStudyVersion = 1;

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
    const JsonFields fields(json, where);
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

}  // namespace

Json toJson(const Study& study)
{
    Json candidates = Json::array();
    for (const Plan& plan : study.candidates)
        candidates.push_back(toJson(plan));
    Json json = {{"version", kStudyVersion},  {"model", study.modelPath}, {"input", inputToJson(study.input)},
                 {"candidates", candidates},  {"seed", study.seed},       {"selection", toJson(study.selection)},
                 {"view", toJson(study.view)}};
    if (!study.keptLayers.empty())
        json["kept_layers"] = study.keptLayers;
    if (!study.perspective.empty())
        json["perspective"] = study.perspective;
    return json;
}

Study studyFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
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
    study.selection = selectionFromJson(fields.at("selection"), where + ", selection");
    study.view = viewFromJson(fields.at("view"), where + ", view");
    if (fields.has("kept_layers"))
        study.keptLayers = fields.list<std::size_t>("kept_layers");
    if (fields.has("perspective"))
        study.perspective = fields.text("perspective");
    return study;
}

}  // namespace ketscope
