// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/training_data.h"

#include "core/base/error.h"
#include "core/formats/zip_text.h"

#include <fstream>
#include <sstream>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

namespace ketscope {

namespace {

bool isUtf8(const std::string& bytes)
{
    UErrorCode code = U_ZERO_ERROR;
    std::int32_t length = 0;
    u_strFromUTF8(nullptr, 0, &length, bytes.data(), static_cast<std::int32_t>(bytes.size()), &code);
    return code == U_BUFFER_OVERFLOW_ERROR || code == U_ZERO_ERROR;
}

std::string asUtf8(const std::string& bytes)
{
    if (isUtf8(bytes))
        return bytes;
    std::string text;
    icu::UnicodeString(bytes.data(), static_cast<std::int32_t>(bytes.size()), "windows-1252").toUTF8String(text);
    return text;
}

}  // namespace

std::vector<std::string> readPart(const DataSource& source, const DataSource::Part& part)
{
    std::vector<std::string> contents;
    if (part.member.empty()) {
        std::ifstream file(source.file, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        if (!file)
            refuse({source.file.string(), "a text file", "one that cannot be read", ""});
        contents.push_back(text.str());
    } else {
        contents = readZipMembers(source.file, part.member);
    }
    std::ranges::transform(contents, contents.begin(), asUtf8);
    return contents;
}

TextInput encodedText(const std::string& text, const Tokenizer& tokenizer, const ModelInfo& model)
{
    const Encoding encoding = tokenizer.encode(text, std::nullopt, optionsOfFiles(tokenizer, model.maximumPositions));
    TextInput input;
    bool padded = false;
    for (const Token& token : encoding.tokens) {
        input.tokenIds.push_back(token.id);
        input.attentionMask.push_back(token.padding ? 0 : 1);
        padded = padded || token.padding;
    }
    if (!padded)
        input.attentionMask.clear();
    return input;
}

std::unique_ptr<TrainingData> openTrainingData(const Recipe& recipe, const ModelInfo& model, const Monitor& monitor)
{
    std::shared_ptr<const Tokenizer> tokenizer = openTokenizer(recipe.filesFolder);
    if (!tokenizer)
        refuse({recipe.filesFolder.string(), "the files of a tokenizer", "none",
                "Name a folder with vocab.txt or tokenizer.json as \"files\"."});
    if (tokenizer->vocabularySize() > model.vocabularySize)
        refuse({recipe.filesFolder.string(), "a vocabulary of at most " + std::to_string(model.vocabularySize),
                std::to_string(tokenizer->vocabularySize()), "The tokenizer and the configuration do not fit."});
    const bool pictures =
        recipe.objective != Objective::LanguageModelling && recipe.objective != Objective::Classification;
    if (pictures != recipe.sources.empty())
        refuse({recipe.file.string(), pictures ? "generated scenes for images and texts" : "\"sources\" of texts",
                "the other", ""});
    if (pictures)
        return openSceneData(recipe, model, std::move(tokenizer));
    if (recipe.objective == Objective::Classification)
        return openLabelledData(recipe, model, std::move(tokenizer), monitor);
    return openTextData(recipe, model, *tokenizer);
}

}  // namespace ketscope
