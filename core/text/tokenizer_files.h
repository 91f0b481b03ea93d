// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/text/pipeline.h"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace ketscope {

class GgufMetadata;

// Members of JSON objects that describe tokenizers. Each throws Error (Input) naming `where` for a value of the wrong
// kind; a missing or null one gives `otherwise`.
bool jsonFlag(const Json& object, const char* key, bool otherwise, const std::string& where);
std::string jsonText(const Json& object, const char* key, const std::string& otherwise, const std::string& where);
std::size_t jsonCount(const Json& object, const char* key, std::size_t otherwise, const std::string& where);

// The member, which must be there; Error (Input) otherwise.
const Json& jsonMember(const Json& object, const char* key, const std::string& where);

// An entry of a list of added tokens: {"content", "lstrip", "rstrip", "single_word", "normalized", "special"}.
AddedToken readAddedToken(const Json& entry, std::int32_t id, const std::string& where);

// tokenizer_config.json and special_tokens_map.json of a model folder; both may be missing.
class TokenizerSettings {
public:
    explicit TokenizerSettings(const std::filesystem::path& folder);

    const Json& config() const { return m_config; }
    std::string where() const { return m_where; }

    // "BertTokenizerFast" → "BertTokenizer"; empty when the folder does not say.
    std::string tokenizerClass() const;
    // "model_type" of config.json beside it; empty when it does not say.
    std::string modelType() const;

    // "cls_token" and its like, as text or as {"content": text}; empty when neither file names it.
    std::optional<std::string> special(const char* name) const;
    std::vector<std::string> additionalSpecials() const;

private:
    std::filesystem::path m_folder;
    std::string m_where;
    Json m_config;
    Json m_map;
};

// Fills the limits and what goes with them: from tokenizer_config.json, and from `file`, a tokenizer.json, where there is
// one. tokenizer_config.json has the last word on sides, the smaller length holds.
void readLimits(const TokenizerSettings& settings, const Json* file, Pipeline& parts, const std::string& where);

// The id of an added token or a piece.
std::optional<std::int32_t> idOfText(const std::string& content, const Pipeline& parts);

// Beginning and end of text as "add_bos_token" (on unless it says otherwise) and "add_eos_token" (off) say.
Templates flaggedTemplates(const TokenizerSettings& settings, const Pipeline& parts);

std::unique_ptr<Tokenizer> openTokenizerJson(const std::filesystem::path& file, const TokenizerSettings& settings);
std::unique_ptr<Tokenizer> openSentencePiece(const std::filesystem::path& file, const TokenizerSettings& settings);
std::unique_ptr<Tokenizer> openVocabTxt(const std::filesystem::path& file, const TokenizerSettings& settings);
std::unique_ptr<Tokenizer> openVocabMerges(const std::filesystem::path& vocab, const std::filesystem::path& merges,
                                           const TokenizerSettings& settings);
// Null when the metadata hold no tokenizer.
std::unique_ptr<Tokenizer> openGgufTokenizer(const GgufMetadata& metadata);

}  // namespace ketscope
