// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/json.h"
#include "core/image/processor.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostPixels = 8192;  // of a side that a processor asks for

constexpr std::array<double, 3> kHalf = {0.5, 0.5, 0.5};
constexpr std::array<double, 3> kClipMean = {0.48145466, 0.4578275, 0.40821073};
constexpr std::array<double, 3> kClipDeviation = {0.26862954, 0.26130258, 0.27577711};

// What a processor does when its file does not say: the defaults of its class in the reference implementation, which
// saves only what differs.
struct Family {
    std::string_view name;
    bool exact;  // a single number for the size: both sides; else the shorter one
    std::size_t size;
    std::size_t crop;  // 0 = never crops
    Resampling resampling;
    std::array<double, 3> mean;
    std::array<double, 3> deviation;
    std::size_t divisor;  // 0 = no divisor, no limit and no padding
};

constexpr std::array<Family, 5> kFamilies = {{
    {"ViT", true, 224, 0, Resampling::Bilinear, kHalf, kHalf, 0},
    {"DeiT", true, 256, 224, Resampling::Bicubic, kHalf, kHalf, 0},
    {"CLIP", false, 224, 224, Resampling::Bicubic, kClipMean, kClipDeviation, 0},
    {"Blip", true, 384, 0, Resampling::Bicubic, kClipMean, kClipDeviation, 0},
    {"Vilt", false, 384, 0, Resampling::Bicubic, kHalf, kHalf, 32},
}};

// One JSON object whose keys are checked when they are read. A key that is missing or null has its default.
class Keys {
public:
    Keys(const Json& json, std::string where) : m_json(json), m_where(std::move(where))
    {
        if (!json.is_object())
            refuse({m_where, "an object", json.type_name(), "Check the file or download the model again."});
    }

    const Json* find(const char* key) const
    {
        const auto found = m_json.find(key);
        return found == m_json.end() || found->is_null() ? nullptr : &*found;
    }

    Keys object(const char* key) const
    {
        const Json* value = find(key);
        if (value == nullptr)
            wrong(key, "an object", "none");
        return Keys(*value, m_where + ": " + key);
    }

    bool flag(const char* key, bool byDefault) const
    {
        const Json* value = find(key);
        if (value != nullptr && !value->is_boolean())
            wrong(key, "true or false", shown(*value));
        return value == nullptr ? byDefault : value->get<bool>();
    }

    std::string text(const char* key, const std::string& byDefault) const
    {
        const Json* value = find(key);
        if (value != nullptr && !value->is_string())
            wrong(key, "a text", shown(*value));
        return value == nullptr ? byDefault : value->get<std::string>();
    }

    double positive(const char* key, double byDefault) const
    {
        const Json* value = find(key);
        return value == nullptr ? byDefault : number(key, *value, true);
    }

    std::size_t pixels(const char* key, std::size_t byDefault) const
    {
        const Json* value = find(key);
        if (value == nullptr)
            return byDefault;
        // Whole numbers are sometimes written as 224.0.
        const double side = value->is_number() ? value->get<double>() : 0.0;
        if (!(side >= 1.0 && side <= static_cast<double>(kMostPixels)) || side != std::floor(side))
            wrong(key, "a whole number from 1 to " + std::to_string(kMostPixels), shown(*value));
        return static_cast<std::size_t>(side);
    }

    // Three numbers, or one for all three.
    std::array<double, 3> channels(const char* key, const std::array<double, 3>& byDefault, bool positive) const
    {
        const Json* value = find(key);
        if (value == nullptr)
            return byDefault;
        std::array<double, 3> numbers = {};
        if (value->is_array() && value->size() != numbers.size())
            wrong(key, "three numbers, one for each of red, green and blue", shown(*value));
        for (std::size_t i = 0; i < numbers.size(); ++i)
            numbers[i] = number(key, value->is_array() ? (*value)[i] : *value, positive);
        return numbers;
    }

    [[noreturn]] void wrong(const char* key, const std::string& expected, const std::string& found) const
    {
        refuse({m_where + ": " + key, expected, found, "Check the file or download the model again."});
    }

    static std::string shown(const Json& value)
    {
        return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), 60);
    }

private:
    double number(const char* key, const Json& value, bool positive) const
    {
        const double found = value.is_number() ? value.get<double>() : std::nan("");
        if (!std::isfinite(found) || (positive && found <= 0.0))
            wrong(key, positive ? "a number greater than 0" : "a number", shown(value));
        return found;
    }

    const Json& m_json;
    std::string m_where;
};

// Which class wrote the file. Files from before classes were named are told apart by their own keys.
const Family& familyOf(const Keys& keys, std::string& type)
{
    type = keys.text("image_processor_type", keys.text("feature_extractor_type", ""));
    std::string name = type;
    for (const std::string_view suffix : {"Fast", "ImageProcessor", "FeatureExtractor"})
        if (name.ends_with(suffix))
            name.erase(name.size() - suffix.size());
    if (type.empty())
        name = keys.find("size_divisor") != nullptr ? "Vilt" : keys.find("crop_size") != nullptr ? "CLIP" : "ViT";
    std::string known;
    for (const Family& family : kFamilies) {
        if (family.name == name)
            return family;
        known += (known.empty() ? "" : ", ") + std::string(family.name) + "ImageProcessor";
    }
    keys.wrong("image_processor_type", "one of " + known, "\"" + printable(type, 60) + "\"");
}

Resampling resamplingOf(const Keys& keys, Resampling byDefault)
{
    const Json* value = keys.find("resample");
    if (value == nullptr)
        return byDefault;
    // Pillow's numbers.
    if (*value == 0)
        return Resampling::Nearest;
    if (*value == 2)
        return Resampling::Bilinear;
    if (*value == 3)
        return Resampling::Bicubic;
    const char* name = *value == 1 ? " (Lanczos)" : *value == 4 ? " (box)" : *value == 5 ? " (Hamming)" : "";
    keys.wrong("resample", "0 (nearest), 2 (bilinear) or 3 (bicubic)", Keys::shown(*value) + name);
}

void readSize(const Keys& keys, const Family& family, ImageProcessor& processor)
{
    const Json* value = keys.find("size");
    std::size_t side = family.size;
    bool exact = family.exact;
    if (value != nullptr && value->is_object()) {
        const Keys size = keys.object("size");
        if (size.find("height") != nullptr && size.find("width") != nullptr) {
            processor.exactSize = Extent{size.pixels("height", 0), size.pixels("width", 0)};
            return;
        }
        if (size.find("shortest_edge") == nullptr || value->size() != 1)
            keys.wrong("size", "a number, {\"shortest_edge\"} or {\"height\", \"width\"}", Keys::shown(*value));
        side = size.pixels("shortest_edge", 0);
        exact = false;
    } else {
        side = keys.pixels("size", side);
    }
    if (exact)
        processor.exactSize = Extent{side, side};
    else
        processor.shortestEdge = side;
}

void readCrop(const Keys& keys, const Family& family, ImageProcessor& processor)
{
    if (family.crop == 0 || !keys.flag("do_center_crop", true))
        return;
    const Json* value = keys.find("crop_size");
    if (value == nullptr || !value->is_object()) {
        const std::size_t side = keys.pixels("crop_size", family.crop);
        processor.cropSize = Extent{side, side};
        return;
    }
    const Keys crop = keys.object("crop_size");
    if (crop.find("height") == nullptr || crop.find("width") == nullptr)
        keys.wrong("crop_size", "a number or {\"height\", \"width\"}", Keys::shown(*value));
    processor.cropSize = Extent{crop.pixels("height", 0), crop.pixels("width", 0)};
}

ImageProcessor readProcessor(const Keys& keys)
{
    ImageProcessor processor;
    const Family& family = familyOf(keys, processor.type);
    if (processor.type.empty())
        processor.type = std::string(family.name) + "ImageProcessor";
    processor.resizes = keys.flag("do_resize", true);
    readSize(keys, family, processor);
    readCrop(keys, family, processor);
    processor.resampling = resamplingOf(keys, family.resampling);
    processor.rescales = keys.flag("do_rescale", true);
    processor.rescaleFactor = keys.positive("rescale_factor", 1.0 / 255.0);
    processor.normalizes = keys.flag("do_normalize", true);
    processor.mean = keys.channels("image_mean", family.mean, false);
    processor.deviation = keys.channels("image_std", family.deviation, true);
    if (family.divisor != 0) {
        processor.sizeDivisor = keys.pixels("size_divisor", family.divisor);
        // The longer side of a picture may be 1333 where the shorter one is 800, as in the detectors ViLT came from.
        processor.longestEdge = static_cast<std::size_t>(1333.0 / 800.0 * static_cast<double>(processor.shortestEdge));
        processor.pads = keys.flag("do_pad", true);
    }
    return processor;
}

// open_clip names its preprocessing after torchvision: the shorter edge, then a crop whose place rounds half to even.
ImageProcessor readOpenClip(const Keys& keys)
{
    const Keys vision = keys.object("model_cfg").object("vision_cfg");
    ImageProcessor processor;
    processor.type = "open_clip";
    processor.shortestEdge = vision.pixels("image_size", 224);
    processor.cropSize = Extent{processor.shortestEdge, processor.shortestEdge};
    processor.cropRoundsToEven = true;
    processor.mean = kClipMean;
    processor.deviation = kClipDeviation;
    if (keys.find("preprocess_cfg") == nullptr)
        return processor;
    const Keys preprocess = keys.object("preprocess_cfg");
    processor.mean = preprocess.channels("mean", kClipMean, false);
    processor.deviation = preprocess.channels("std", kClipDeviation, true);
    const std::string filter = preprocess.text("interpolation", "bicubic");
    if (filter != "bicubic" && filter != "bilinear")
        preprocess.wrong("interpolation", "bicubic or bilinear", "\"" + printable(filter, 60) + "\"");
    processor.resampling = filter == "bicubic" ? Resampling::Bicubic : Resampling::Bilinear;
    if (const std::string mode = preprocess.text("resize_mode", "shortest"); mode != "shortest")
        preprocess.wrong("resize_mode", "shortest", "\"" + printable(mode, 60) + "\"");
    return processor;
}

}  // namespace

std::optional<ImageProcessor> openImageProcessor(const fs::path& folder)
{
    std::error_code error;
    const fs::path file = folder / "preprocessor_config.json";
    if (fs::exists(file, error))
        return readProcessor(Keys(readJsonFile(file), file.string()));
    const fs::path openClip = folder / "open_clip_config.json";
    if (fs::exists(openClip, error))
        return readOpenClip(Keys(readJsonFile(openClip), openClip.string()));
    return std::nullopt;
}

}  // namespace ketscope
