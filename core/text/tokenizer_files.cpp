// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer_files.h"

#include "core/base/error.h"
#include "core/formats/gguf.h"

namespace ketscope {

namespace fs = std::filesystem;

namespace {

bool isFile(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored);
}

Json readObjectIfThere(const fs::path& file)
{
    if (!isFile(file))
        return Json::object();
    Json object = readJsonFile(file);
    if (!object.is_object())
        refuse({file.string(), "a JSON object", object.type_name(), ""});
    return object;
}

std::optional<std::string> contentOf(const Json& value, const std::string& where)
{
    if (value.is_null())
        return std::nullopt;
    if (value.is_string())
        return value.get<std::string>();
    return jsonText(value, "content", "", where);
}

// The value of a member, or null when it is missing or null itself.
const Json* given(const Json& object, const char* key, const std::string& where)
{
    if (!object.is_object())
        refuse({where, "a JSON object", object.type_name(), ""});
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

bool jsonFlag(const Json& object, const char* key, bool otherwise, const std::string& where)
{
    const Json* const value = given(object, key, where);
    if (value != nullptr && !value->is_boolean())
        refuse({where, std::string("true or false for '") + key + "'", printable(value->dump(), 60), ""});
    return value == nullptr ? otherwise : value->get<bool>();
}

std::string jsonText(const Json& object, const char* key, const std::string& otherwise, const std::string& where)
{
    const Json* const value = given(object, key, where);
    if (value != nullptr && !value->is_string())
        refuse({where, std::string("text for '") + key + "'", printable(value->dump(), 60), ""});
    return value == nullptr ? otherwise : value->get<std::string>();
}

std::size_t jsonCount(const Json& object, const char* key, std::size_t otherwise, const std::string& where)
{
    const Json* const value = given(object, key, where);
    if (value != nullptr && !value->is_number_unsigned())
        refuse({where, std::string("a whole number for '") + key + "'", printable(value->dump(), 60), ""});
    return value == nullptr ? otherwise : value->get<std::size_t>();
}

const Json& jsonMember(const Json& object, const char* key, const std::string& where)
{
    const Json* const value = given(object, key, where);
    if (value == nullptr)
        refuse({where, std::string("an entry '") + key + "'", "none", ""});
    return *value;
}

AddedToken readAddedToken(const Json& entry, std::int32_t id, const std::string& where)
{
    AddedToken token;
    token.content = jsonText(entry, "content", "", where);
    token.id = id;
    token.singleWord = jsonFlag(entry, "single_word", false, where);
    token.leftSpace = jsonFlag(entry, "lstrip", false, where);
    token.rightSpace = jsonFlag(entry, "rstrip", false, where);
    token.special = jsonFlag(entry, "special", false, where);
    token.normalized = jsonFlag(entry, "normalized", !token.special, where);
    return token;
}

TokenizerSettings::TokenizerSettings(const fs::path& folder)
    : m_folder(folder), m_where((folder / "tokenizer_config.json").string()),
      m_config(readObjectIfThere(folder / "tokenizer_config.json")),
      m_map(readObjectIfThere(folder / "special_tokens_map.json"))
{
}

std::string TokenizerSettings::tokenizerClass() const
{
    std::string name = jsonText(m_config, "tokenizer_class", "", m_where);
    if (name.ends_with("Fast"))
        name.resize(name.size() - 4);
    return name;
}

std::string TokenizerSettings::modelType() const
{
    const fs::path file = m_folder / "config.json";
    return jsonText(readObjectIfThere(file), "model_type", "", file.string());
}

std::optional<std::string> TokenizerSettings::special(const char* name) const
{
    for (const Json* source : {&m_config, &m_map})
        if (const auto found = source->find(name); found != source->end())
            if (const auto content = contentOf(*found, m_where))
                return content;
    return std::nullopt;
}

std::vector<std::string> TokenizerSettings::additionalSpecials() const
{
    std::vector<std::string> names;
    for (const Json* source : {&m_config, &m_map}) {
        const auto found = source->find("additional_special_tokens");
        if (found == source->end() || !found->is_array())
            continue;
        for (const Json& value : *found)
            if (const auto content = contentOf(value, m_where))
                names.push_back(*content);
    }
    return names;
}

std::optional<std::int32_t> idOfText(const std::string& content, const Pipeline& parts)
{
    for (const AddedToken& token : parts.added)
        if (token.content == content)
            return token.id;
    return parts.vocabulary->find(content);
}

Templates flaggedTemplates(const TokenizerSettings& settings, const Pipeline& parts)
{
    const auto idFor = [&](const char* flag, const char* name, const char* usual,
                           bool otherwise) -> std::optional<std::int32_t> {
        if (!jsonFlag(settings.config(), flag, otherwise, settings.where()))
            return std::nullopt;
        const std::string content = settings.special(name).value_or(usual);
        const auto id = idOfText(content, parts);
        if (!id)
            refuse({settings.where(), std::string("the ") + name + " in the vocabulary",
                    "no '" + printable(content, 60) + "'", ""});
        return id;
    };
    const auto bos = idFor("add_bos_token", "bos_token", "<s>", true);
    return framedTemplates(bos, idFor("add_eos_token", "eos_token", "</s>", false));
}

std::unique_ptr<Tokenizer> openTokenizer(const fs::path& folder)
{
    std::error_code ignored;
    if (fs::is_regular_file(folder, ignored)) {
        const GgufFile file(folder);
        return openGgufTokenizer(file.metadata());
    }
    const fs::path whole = folder / "tokenizer.json";
    const fs::path words = folder / "vocab.txt";
    const fs::path pieces = folder / "vocab.json";
    const fs::path merges = folder / "merges.txt";
    const fs::path sentences = folder / "tokenizer.model";
    const bool none = !isFile(whole) && !isFile(sentences) && !isFile(words) && !isFile(pieces);
    if (none)
        return nullptr;
    const TokenizerSettings settings(folder);
    if (isFile(whole))
        return openTokenizerJson(whole, settings);
    if (isFile(sentences))
        return openSentencePiece(sentences, settings);
    if (isFile(words))
        return openVocabTxt(words, settings);
    if (!isFile(merges))
        refuse({folder.string(), "merges.txt beside vocab.json", "no such file",
                "Download the model's merges.txt or tokenizer.json."});
    return openVocabMerges(pieces, merges, settings);
}

}  // namespace ketscope
