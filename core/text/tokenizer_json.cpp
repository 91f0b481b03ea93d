// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/text/byte_level_bpe.h"
#include "core/text/tokenizer_files.h"
#include "core/text/wordpiece.h"

namespace ketscope {

namespace {

constexpr std::size_t kMaximumSpecialIds = 64;  // of one entry of a template

[[noreturn]] void refuseKind(const std::string& where, const std::string& component, const std::string& kind)
{
    refuse({where, "a " + component + " that is known here", "'" + printable(kind, 60) + "'",
            "Choose a model with WordPiece or byte-level BPE."});
}

std::string kindOf(const Json& component, const std::string& where) { return jsonText(component, "type", "", where); }

// The members of a "Sequence"; the component itself otherwise. Pointers into `component`.
std::vector<const Json*> flattened(const Json& component, const char* members, const std::string& where)
{
    if (kindOf(component, where) != "Sequence")
        return {&component};
    const Json& list = jsonMember(component, members, where);
    if (!list.is_array())
        refuse({where, std::string("a list '") + members + "'", list.type_name(), ""});
    std::vector<const Json*> parts;
    for (const Json& member : list) {
        const auto inner = flattened(member, members, where);
        parts.insert(parts.end(), inner.begin(), inner.end());
    }
    return parts;
}

// The components of a part of the pipeline; none when the file leaves it out.
std::vector<const Json*> componentsOf(const Json& root, const char* part, const char* members, const std::string& where)
{
    const auto found = root.find(part);
    return found == root.end() || found->is_null() ? std::vector<const Json*>() : flattened(*found, members, where);
}

NormalStep normalStep(const Json& component, const std::string& where)
{
    const std::string kind = kindOf(component, where);
    if (kind == "BertNormalizer") {
        BertNormalization options;
        options.cleanText = jsonFlag(component, "clean_text", true, where);
        options.spaceIdeographs = jsonFlag(component, "handle_chinese_chars", true, where);
        options.lowercase = jsonFlag(component, "lowercase", true, where);
        options.stripAccents = jsonFlag(component, "strip_accents", options.lowercase, where);
        return [options](Glyphs& text) { bertNormalize(text, options); };
    }
    if (kind == "Lowercase")
        return lowercase;
    if (kind == "StripAccents")
        return dropMarks;
    constexpr std::pair<const char*, NormalForm> kForms[] = {
        {"NFC", NormalForm::Nfc}, {"NFD", NormalForm::Nfd}, {"NFKC", NormalForm::Nfkc}, {"NFKD", NormalForm::Nfkd}};
    for (const auto& [name, form] : kForms)
        if (kind == name)
            return [form](Glyphs& text) { normalize(text, form); };
    refuseKind(where, "normalizer", kind);
}

// Returns whether bytes are what the words are made of.
bool addSplits(const Json& root, Pipeline& parts, const std::string& where)
{
    bool bytes = false;
    for (const Json* component : componentsOf(root, "pre_tokenizer", "pretokenizers", where)) {
        const std::string kind = kindOf(*component, where);
        if (bytes)
            refuseKind(where, "pre-tokenizer after ByteLevel", kind);
        if (kind == "BertPreTokenizer") {
            parts.splits.push_back(bertSplit);
        } else if (kind == "WhitespaceSplit") {
            parts.splits.push_back(whiteSpaceSplit);
        } else if (kind == "ByteLevel") {
            bytes = true;
            parts.prefixSpace = jsonFlag(*component, "add_prefix_space", true, where);
            if (parts.prefixSpace && !parts.splits.empty())
                refuseKind(where, "pre-tokenizer before a ByteLevel with add_prefix_space", "Sequence");
            if (jsonFlag(*component, "use_regex", true, where))
                parts.splits.push_back(gpt2Split);
        } else {
            refuseKind(where, "pre-tokenizer", kind);
        }
    }
    return bytes;
}

Merge readMerge(const Json& value, const std::string& where)
{
    if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string())
        return {value[0].get<std::string>(), value[1].get<std::string>()};
    const std::string line = value.is_string() ? value.get<std::string>() : std::string();
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos)
        refuse({where, "merges of two pieces", printable(value.dump(), 60), ""});
    return {line.substr(0, space), line.substr(space + 1)};
}

void refuseSuffixes(const Json& model, const std::string& where)
{
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
        if (const std::string affix = jsonText(model, key, "", where); !affix.empty())
            refuse({where, std::string("a BPE model without '") + key + "'", "'" + printable(affix, 60) + "'",
                    "Choose a model with WordPiece or byte-level BPE."});
    if (jsonFlag(model, "byte_fallback", false, where))
        refuse(
            {where, "a BPE model without 'byte_fallback'", "true", "Choose a model with WordPiece or byte-level BPE."});
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

std::unique_ptr<WordModel> readBpe(const Json& model, std::shared_ptr<const Vocabulary> vocabulary,
                                   const std::string& where)
{
    refuseSuffixes(model, where);
    const Json& list = jsonMember(model, "merges", where);
    if (!list.is_array())
        refuse({where, "a list 'merges'", list.type_name(), ""});
    std::vector<Merge> merges;
    merges.reserve(list.size());
    for (const Json& merge : list)
        merges.push_back(readMerge(merge, where));
    BytePairOptions options;
    options.unknown = unknownId(model, *vocabulary, where);
    options.fuseUnknown = jsonFlag(model, "fuse_unk", false, where);
    options.ignoreMerges = jsonFlag(model, "ignore_merges", false, where);
    return makeByteLevelBpe(std::move(vocabulary), merges, options, where);
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
    const std::string kind = kindOf(model, where);
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
    if (bytes != (kind == "BPE"))
        refuseKind(where, "combination of model and pre-tokenizer",
                   kind + (bytes ? " with" : " without") + " ByteLevel");
    parts.vocabulary = std::make_shared<Vocabulary>(vocabularyFromJson(jsonMember(model, "vocab", where), where));
    parts.model = bytes ? readBpe(model, parts.vocabulary, where) : readWordPiece(model, parts.vocabulary, where);
}

void readAddedTokens(const Json& root, Pipeline& parts, const std::string& where)
{
    const Json list = root.value("added_tokens", Json::array());
    if (!list.is_array())
        refuse({where, "a list 'added_tokens'", list.type_name(), ""});
    for (const Json& entry : list)
        parts.added.push_back(readAddedToken(entry, idFromJson(jsonMember(entry, "id", where), where), where));
}

bool isKnownId(std::int32_t id, const Pipeline& parts)
{
    return parts.vocabulary->piece(id) != nullptr
           || std::any_of(parts.added.begin(), parts.added.end(),
                          [id](const AddedToken& token) { return token.id == id; });
}

std::int32_t knownId(const Json& value, const Pipeline& parts, const std::string& where)
{
    const std::int32_t id = idFromJson(value, where);
    if (!isKnownId(id, parts))
        refuse({where, "special tokens in the vocabulary", "id " + std::to_string(id), ""});
    return id;
}

int segmentOf(const Json& item, const std::string& where)
{
    const std::size_t segment = jsonCount(item, "type_id", 0, where);
    if (segment > 1)
        refuse({where, "type_id 0 or 1", std::to_string(segment), ""});
    return static_cast<int>(segment);
}

void appendSpecials(const Json& item, const Json& component, const Pipeline& parts, const std::string& where,
                    Template& items)
{
    const std::string name = jsonText(item, "id", "", where);
    const Json& entry = jsonMember(jsonMember(component, "special_tokens", where), name.c_str(), where);
    const Json& ids = jsonMember(entry, "ids", where);
    if (!ids.is_array() || ids.empty() || ids.size() > kMaximumSpecialIds)
        refuse({where, "a short list 'ids' for '" + printable(name, 60) + "'", printable(ids.dump(), 60), ""});
    for (const Json& id : ids)
        items.push_back({TemplateItem::What::Special, knownId(id, parts, where), segmentOf(item, where)});
}

Template readTemplate(const Json& component, const char* key, const Pipeline& parts, const std::string& where)
{
    const Json& list = jsonMember(component, key, where);
    if (!list.is_array() || list.size() > kMaximumSpecialIds)
        refuse({where, std::string("a short list '") + key + "'", printable(list.dump(), 60), ""});
    Template items;
    std::string sequences;
    for (const Json& item : list) {
        if (item.is_object() && item.contains("SpecialToken")) {
            appendSpecials(item["SpecialToken"], component, parts, where, items);
            continue;
        }
        const Json& sequence = jsonMember(item, "Sequence", where);
        const std::string id = jsonText(sequence, "id", "", where);
        sequences += id;
        items.push_back(
            {id == "A" ? TemplateItem::What::Text : TemplateItem::What::Pair, 0, segmentOf(sequence, where)});
    }
    const bool pair = std::string_view(key) == "pair";
    if (sequences != (pair ? "AB" : "A"))
        refuse({where, std::string("a template '") + key + (pair ? "' of A, then B" : "' of A"),
                "'" + printable(sequences, 20) + "'", ""});
    return items;
}

// ["[SEP]", 102]
std::int32_t namedId(const Json& component, const char* key, const Pipeline& parts, const std::string& where)
{
    const Json& value = jsonMember(component, key, where);
    if (!value.is_array() || value.size() != 2)
        refuse({where, std::string("a token and its id for '") + key + "'", printable(value.dump(), 60), ""});
    return knownId(value[1], parts, where);
}

void readPostProcessors(const Json& root, Pipeline& parts, const std::string& where)
{
    bool found = false;
    for (const Json* component : componentsOf(root, "post_processor", "processors", where)) {
        const std::string kind = kindOf(*component, where);
        if (kind == "ByteLevel")  // changes offsets only, and those are counted here in our own way
            continue;
        if (found)
            refuseKind(where, "second post-processor", kind);
        found = true;
        if (kind == "TemplateProcessing")
            parts.templates = {readTemplate(*component, "single", parts, where),
                               readTemplate(*component, "pair", parts, where)};
        else if (kind == "BertProcessing")
            parts.templates =
                bertTemplates(namedId(*component, "cls", parts, where), namedId(*component, "sep", parts, where));
        else if (kind == "RobertaProcessing")
            parts.templates =
                robertaTemplates(namedId(*component, "cls", parts, where), namedId(*component, "sep", parts, where));
        else
            refuseKind(where, "post-processor", kind);
    }
}

std::optional<std::int32_t> paddingId(const Json& root, const TokenizerSettings& settings, const Pipeline& parts,
                                      const std::string& where)
{
    if (const auto name = settings.special("pad_token")) {
        for (const AddedToken& token : parts.added)
            if (token.content == *name)
                return token.id;
        return parts.vocabulary->find(*name);
    }
    const Json padding = root.value("padding", Json());
    return padding.is_null() ? std::nullopt
                             : std::optional(knownId(jsonMember(padding, "pad_id", where), parts, where));
}

}  // namespace

std::unique_ptr<Tokenizer> openTokenizerJson(const std::filesystem::path& file, const TokenizerSettings& settings)
{
    const std::string where = file.string();
    const Json root = readJsonFile(file);
    if (!root.is_object())
        refuse({where, "a JSON object", root.type_name(), ""});
    Pipeline parts;
    for (const Json* component : componentsOf(root, "normalizer", "normalizers", where))
        parts.normalization.push_back(normalStep(*component, where));
    readModel(root, addSplits(root, parts, where), parts, where);
    readAddedTokens(root, parts, where);
    readPostProcessors(root, parts, where);
    parts.padding = paddingId(root, settings, parts, where);
    return makeTokenizer(std::move(parts), where);
}

}  // namespace ketscope
