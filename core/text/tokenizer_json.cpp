// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer_json.h"

#include "core/base/error.h"
#include "core/text/byte_pair_encoding.h"
#include "core/text/wordpiece.h"

namespace ketscope {

namespace {

constexpr std::size_t kMostComponents = 64;

Merge readMerge(const Json& value, const std::string& where)
{
    if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string())
        return {value[0].get<std::string>(), value[1].get<std::string>()};
    if (!value.is_string())
        refuse({where, "merges of two pieces", printable(value.dump(), 60), ""});
    return mergeOfLine(value.get_ref<const std::string&>(), where);
}

void refuseWhatBpeLacks(const Json& model, const std::string& where)
{
    if (const std::string prefix = jsonText(model, "continuing_subword_prefix", "", where); !prefix.empty())
        refuse({where, "a BPE model without 'continuing_subword_prefix'", "'" + printable(prefix, 60) + "'",
                "Choose another model."});
    const Json dropout = model.value("dropout", Json());
    if (!dropout.is_null() && dropout != 0.0)
        refuse({where, "a BPE model without 'dropout'", printable(dropout.dump(), 60), ""});
}

std::optional<std::int32_t> unknownId(const Json& model, const Vocabulary& vocabulary, const std::string& where)
{
    const std::string name = jsonText(model, "unk_token", "", where);
    if (name.empty())
        return std::nullopt;
    const auto id = vocabulary.find(name);
    if (!id)
        refuse({where, "the unknown token in the vocabulary", "no '" + printable(name, 60) + "'", ""});
    return id;
}

std::unique_ptr<WordModel> readBpe(const Json& model, bool bytes, std::shared_ptr<const Vocabulary> vocabulary,
                                   const std::string& where)
{
    refuseWhatBpeLacks(model, where);
    const Json& list = jsonMember(model, "merges", where);
    if (!list.is_array())
        refuse({where, "a list 'merges'", list.type_name(), ""});
    std::vector<Merge> merges;
    merges.reserve(list.size());
    for (const Json& merge : list)
        merges.push_back(readMerge(merge, where));
    BytePairOptions options;
    options.byteLevel = bytes;
    options.wordEnd = jsonText(model, "end_of_word_suffix", "", where);
    options.byteFallback = jsonFlag(model, "byte_fallback", false, where);
    options.unknown = unknownId(model, *vocabulary, where);
    options.fuseUnknown = jsonFlag(model, "fuse_unk", false, where);
    options.ignoreMerges = jsonFlag(model, "ignore_merges", false, where);
    return makeBytePairEncoding(std::move(vocabulary), merges, std::move(options), where);
}

std::unique_ptr<WordModel> readWordPiece(const Json& model, std::shared_ptr<const Vocabulary> vocabulary,
                                         const std::string& where)
{
    WordPieceOptions options;
    const auto unknown = unknownId(model, *vocabulary, where);
    if (!unknown)
        refuse({where, "an unknown token 'unk_token'", "none", ""});
    options.unknown = *unknown;
    options.continuation = jsonText(model, "continuing_subword_prefix", "##", where);
    options.longestWord = jsonCount(model, "max_input_chars_per_word", 100, where);
    return makeWordPiece(std::move(vocabulary), options);
}

// Old files do not say the type of their model; its members do.
std::string modelKind(const Json& model, const std::string& where)
{
    const std::string kind = componentKind(model, where);
    if (!kind.empty())
        return kind;
    return model.contains("merges") ? "BPE" : model.contains("max_input_chars_per_word") ? "WordPiece" : "";
}

void readModel(const Json& root, bool bytes, Pipeline& parts, const std::string& where)
{
    const Json& model = jsonMember(root, "model", where);
    const std::string kind = modelKind(model, where);
    if (kind != "BPE" && kind != "WordPiece")
        refuseKind(where, "model", kind);
    if (bytes && kind == "WordPiece")
        refuseKind(where, "combination of model and pre-tokenizer", "WordPiece with ByteLevel");
    parts.vocabulary = std::make_shared<Vocabulary>(vocabularyFromJson(jsonMember(model, "vocab", where), where));
    parts.model =
        kind == "BPE" ? readBpe(model, bytes, parts.vocabulary, where) : readWordPiece(model, parts.vocabulary, where);
}

void readAddedTokens(const Json& root, Pipeline& parts, const std::string& where)
{
    const Json list = root.value("added_tokens", Json::array());
    if (!list.is_array())
        refuse({where, "a list 'added_tokens'", list.type_name(), ""});
    for (const Json& entry : list)
        parts.added.push_back(readAddedToken(entry, idFromJson(jsonMember(entry, "id", where), where), where));
}

std::optional<std::int32_t> paddingId(const Json& root, const TokenizerSettings& settings, const Pipeline& parts,
                                      const std::string& where)
{
    if (const auto name = settings.special("pad_token"))
        return idOfText(*name, parts);
    const Json padding = root.value("padding", Json());
    return padding.is_null() ? std::nullopt
                             : std::optional(knownId(jsonMember(padding, "pad_id", where), parts, where));
}

// Llama's tokenizer class goes by its flags, whatever the file's own template says.
void readLlamaTemplates(const TokenizerSettings& settings, Pipeline& parts)
{
    const Json& config = settings.config();
    if (settings.tokenizerClass() == "LlamaTokenizer"
        && (config.contains("add_bos_token") || config.contains("add_eos_token")))
        parts.templates = flaggedTemplates(settings, parts);
}

std::vector<const Json*> flattened(const Json& component, const char* members, const std::string& where)
{
    if (componentKind(component, where) != "Sequence")
        return {&component};
    const Json& list = jsonMember(component, members, where);
    if (!list.is_array())
        refuse({where, std::string("a list '") + members + "'", list.type_name(), ""});
    std::vector<const Json*> parts;
    for (const Json& member : list) {
        const auto inner = flattened(member, members, where);
        parts.insert(parts.end(), inner.begin(), inner.end());
        if (parts.size() > kMostComponents)
            refuse({where, "at most " + std::to_string(kMostComponents) + " '" + members + "'", "more", ""});
    }
    return parts;
}

}  // namespace

std::string componentKind(const Json& component, const std::string& where)
{
    return jsonText(component, "type", "", where);
}

std::vector<const Json*> componentsOf(const Json& root, const char* part, const char* members, const std::string& where)
{
    const auto found = root.find(part);
    return found == root.end() || found->is_null() ? std::vector<const Json*>() : flattened(*found, members, where);
}

void refuseKind(const std::string& where, const std::string& component, const std::string& kind)
{
    refuse({where, "a " + component + " that is known here", "'" + printable(kind, 60) + "'",
            "Choose a model with WordPiece or BPE."});
}

std::unique_ptr<Tokenizer> openTokenizerJson(const std::filesystem::path& file, const TokenizerSettings& settings)
{
    const std::string where = file.string();
    const Json root = readJsonFile(file);
    if (!root.is_object())
        refuse({where, "a JSON object", root.type_name(), ""});
    Pipeline parts;
    readNormalizers(root, parts, where);
    readModel(root, readPreTokenizers(root, parts, where), parts, where);
    readAddedTokens(root, parts, where);
    readPostProcessors(root, parts, where);
    readLlamaTemplates(settings, parts);
    parts.padding = paddingId(root, settings, parts, where);
    readLimits(settings, &root, parts, where);
    return makeTokenizer(std::move(parts), where);
}

}  // namespace ketscope
