// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/text/byte_pair_encoding.h"
#include "core/text/tokenizer_files.h"
#include "core/text/word_patterns.h"
#include "core/text/wordpiece.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

// Special tokens of a class of tokenizers, used where the model's files do not name their own.
struct Defaults {
    const char* name;
    const char* content;
    bool leftSpace = false;  // takes the white space before it
};
using DefaultTable = std::span<const Defaults>;

constexpr Defaults kBertDefaults[] = {{"unk_token", "[UNK]"},
                                      {"sep_token", "[SEP]"},
                                      {"pad_token", "[PAD]"},
                                      {"cls_token", "[CLS]"},
                                      {"mask_token", "[MASK]"}};
constexpr Defaults kGpt2Defaults[] = {
    {"unk_token", "<|endoftext|>"}, {"bos_token", "<|endoftext|>"}, {"eos_token", "<|endoftext|>"}, {"pad_token", ""}};
constexpr Defaults kRobertaDefaults[] = {{"unk_token", "<unk>"},        {"bos_token", "<s>"}, {"eos_token", "</s>"},
                                         {"sep_token", "</s>"},         {"cls_token", "<s>"}, {"pad_token", "<pad>"},
                                         {"mask_token", "<mask>", true}};

constexpr Defaults kClipDefaults[] = {{"unk_token", "<|endoftext|>"},
                                      {"bos_token", "<|startoftext|>"},
                                      {"eos_token", "<|endoftext|>"},
                                      {"pad_token", "<|endoftext|>"}};
constexpr Defaults kGptDefaults[] = {{"unk_token", "<unk>"}, {"pad_token", ""}};

// A model folder's special and added tokens by name and by id.
class ClassicTokens {
public:
    ClassicTokens(const Vocabulary& vocabulary, const TokenizerSettings& settings, DefaultTable defaults,
                  const fs::path& folder)
        : m_vocabulary(vocabulary)
    {
        readDecoder(settings);
        readAddedFile(folder / "added_tokens.json");
        for (const Defaults& row : defaults) {
            const std::string content = settings.special(row.name).value_or(row.content);
            m_names[row.name] = content;
            addSpecial(content, row.leftSpace);
        }
        for (const std::string& content : settings.additionalSpecials())
            addSpecial(content, false);
    }

    // Id of "cls_token" and its like, when there is one.
    std::optional<std::int32_t> named(const char* name) const { return idOf(m_names.at(name)); }

    std::int32_t needed(const char* name, const std::string& where) const
    {
        const auto id = named(name);
        if (!id)
            refuse({where, std::string("the ") + name + " '" + printable(m_names.at(name), 60) + "' in the vocabulary",
                    "none", "Check that the vocabulary belongs to the model."});
        return *id;
    }

    std::deque<AddedToken> take()
    {
        std::deque<AddedToken> tokens;
        for (auto& [id, token] : m_tokens)
            tokens.push_back(std::move(token));
        return tokens;
    }

private:
    std::optional<std::int32_t> idOf(const std::string& content) const
    {
        for (const auto& [id, token] : m_tokens)
            if (token.content == content)
                return id;
        return m_vocabulary.find(content);
    }

    // A token that is in no file has no row in the model's embedding either: it is left out.
    void addSpecial(const std::string& content, bool leftSpace)
    {
        const auto id = idOf(content);
        if (!id)
            return;
        AddedToken& token =
            m_tokens.try_emplace(*id, AddedToken{content, *id, false, leftSpace, false, false, true}).first->second;
        token.special = true;
    }

    void readDecoder(const TokenizerSettings& settings)
    {
        const Json decoder = settings.config().value("added_tokens_decoder", Json::object());
        if (!decoder.is_object())
            refuse({settings.where(), "an object 'added_tokens_decoder'", decoder.type_name(), ""});
        for (const auto& [key, entry] : decoder.items()) {
            std::int32_t id = -1;
            const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
            if (error != std::errc() || end != key.data() + key.size() || id < 0 || id >= kMaximumId)
                refuse({settings.where(), "ids as keys of 'added_tokens_decoder'", "'" + printable(key, 60) + "'", ""});
            m_tokens.emplace(id, readAddedToken(entry, id, settings.where()));
        }
    }

    void readAddedFile(const fs::path& file)
    {
        std::error_code ignored;
        if (!fs::exists(file, ignored))
            return;
        const Json added = readJsonFile(file);
        if (!added.is_object())
            refuse({file.string(), "a JSON object", added.type_name(), ""});
        for (const auto& [content, value] : added.items()) {
            const std::int32_t id = idFromJson(value, file.string());
            m_tokens.try_emplace(id, AddedToken{content, id, false, false, false, true, false});
        }
    }

    const Vocabulary& m_vocabulary;
    std::map<std::int32_t, AddedToken> m_tokens;
    std::map<std::string, std::string, std::less<>> m_names;
};

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> names)
{
    return std::find(names.begin(), names.end(), text) != names.end();
}

[[noreturn]] void refuseClass(const TokenizerSettings& settings, const std::string& name)
{
    refuse({settings.where(), "a tokenizer class that is known here", "'" + printable(name, 60) + "'",
            "Add the model's tokenizer.json to the folder."});
}

BertNormalization bertOptions(const TokenizerSettings& settings)
{
    const Json& config = settings.config();
    const std::string where = settings.where();
    if (!jsonFlag(config, "do_basic_tokenize", true, where))
        refuse(
            {where, "a tokenizer with 'do_basic_tokenize'", "false", "Add the model's tokenizer.json to the folder."});
    BertNormalization options;
    options.lowercase = jsonFlag(config, "do_lower_case", true, where);
    options.stripAccents = jsonFlag(config, "strip_accents", options.lowercase, where);
    options.spaceIdeographs = jsonFlag(config, "tokenize_chinese_chars", true, where);
    return options;
}

std::vector<Merge> readMerges(const fs::path& file)
{
    const MappedFile mapped(file, kMaximumTextBytes);
    std::vector<Merge> merges;
    std::size_t number = 0;
    for (const std::string_view line : linesOf(mapped.text(), file.string())) {
        ++number;
        if (line.empty() || line.starts_with("#version"))
            continue;
        merges.push_back(mergeOfLine(line, file.string() + " line " + std::to_string(number)));
    }
    return merges;
}

// The four kinds of tokenizer that vocab.json and merges.txt may belong to.
enum class MergesKind { Gpt2, Roberta, Clip, Gpt };

// The model's own word for it decides; without one, the pieces do: only CLIP and GPT-1 mark the ends of words.
MergesKind mergesKind(const TokenizerSettings& settings, const Vocabulary& vocabulary, const std::vector<Merge>& merges)
{
    constexpr std::tuple<const char*, const char*, MergesKind> kKnown[] = {
        {"GPT2Tokenizer", "gpt2", MergesKind::Gpt2},
        {"RobertaTokenizer", "roberta", MergesKind::Roberta},
        {"CLIPTokenizer", "clip", MergesKind::Clip},
        {"OpenAIGPTTokenizer", "openai-gpt", MergesKind::Gpt}};
    const std::string name = settings.tokenizerClass();
    for (const auto& [known, model, kind] : kKnown)
        if (name == known)
            return kind;
    if (!name.empty())
        refuseClass(settings, name);
    const std::string type = settings.modelType();
    for (const auto& [known, model, kind] : kKnown)
        if (type == model)
            return kind;
    if (vocabulary.find("<|startoftext|>"))
        return MergesKind::Clip;
    const bool marked =
        std::any_of(merges.begin(), merges.end(), [](const Merge& merge) { return merge.second.ends_with("</w>"); });
    return marked ? MergesKind::Gpt : MergesKind::Gpt2;
}

DefaultTable defaultsOf(MergesKind kind)
{
    switch (kind) {
    case MergesKind::Gpt2: return kGpt2Defaults;
    case MergesKind::Roberta: return kRobertaDefaults;
    case MergesKind::Clip: return kClipDefaults;
    case MergesKind::Gpt: break;
    }
    return kGptDefaults;
}

// GPT-2 has a beginning of text where the model asks for it, GPT-1 nothing.
Templates mergesTemplates(MergesKind kind, const ClassicTokens& tokens, const TokenizerSettings& settings,
                          const std::string& where)
{
    if (kind == MergesKind::Roberta)
        return robertaTemplates(tokens.needed("cls_token", where), tokens.needed("sep_token", where));
    if (kind == MergesKind::Clip)
        return robertaTemplates(tokens.needed("bos_token", where), tokens.needed("eos_token", where));
    if (kind == MergesKind::Gpt2 && jsonFlag(settings.config(), "add_bos_token", false, settings.where()))
        return framedTemplates(tokens.needed("bos_token", settings.where()), std::nullopt);
    return {};
}

// How text becomes words: GPT-1 as BERT does it, CLIP composed and in lower case, the others as it is written.
void addWords(MergesKind kind, const TokenizerSettings& settings, Pipeline& parts)
{
    if (kind == MergesKind::Gpt) {
        parts.normalization.push_back([](Glyphs& text) { bertNormalize(text, {}); });
        parts.splits.push_back(bertSplit);
    } else if (kind == MergesKind::Clip) {
        parts.normalization.push_back([](Glyphs& text) { normalize(text, NormalForm::Nfc); });
        parts.normalization.push_back(lowercase);
        parts.splits.push_back(splitAt(clipWord, SplitBehavior::Removed, true));
    } else {
        if (jsonFlag(settings.config(), "add_prefix_space", false, settings.where()))
            parts.prefix = WordPrefix{};
        parts.splits.push_back(splitAt(gpt2Word, SplitBehavior::Isolated, false));
    }
}

}  // namespace

std::unique_ptr<Tokenizer> openVocabTxt(const fs::path& file, const TokenizerSettings& settings)
{
    const std::string name = settings.tokenizerClass();
    if (!isOneOf(name, {"", "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer"}))
        refuseClass(settings, name);
    const std::string where = file.string();
    Pipeline parts;
    parts.vocabulary = std::make_shared<Vocabulary>(vocabularyFromLines(file));
    ClassicTokens tokens(*parts.vocabulary, settings, kBertDefaults, file.parent_path());
    parts.normalization.push_back([options = bertOptions(settings)](Glyphs& text) { bertNormalize(text, options); });
    parts.splits.push_back(bertSplit);
    parts.model = makeWordPiece(parts.vocabulary, {tokens.needed("unk_token", where), "##", 100});
    const std::int32_t cls = tokens.needed("cls_token", where);
    parts.templates = bertTemplates(cls, tokens.needed("sep_token", where));
    parts.padding = tokens.named("pad_token");
    parts.added = tokens.take();
    readLimits(settings, nullptr, parts, where);
    return makeTokenizer(std::move(parts), where);
}

std::unique_ptr<Tokenizer> openVocabMerges(const fs::path& vocab, const fs::path& merges,
                                           const TokenizerSettings& settings)
{
    const std::string where = vocab.string();
    Pipeline parts;
    parts.vocabulary = std::make_shared<Vocabulary>(vocabularyFromJson(readJsonFile(vocab), where));
    const std::vector<Merge> list = readMerges(merges);
    const MergesKind kind = mergesKind(settings, *parts.vocabulary, list);
    ClassicTokens tokens(*parts.vocabulary, settings, defaultsOf(kind), vocab.parent_path());
    addWords(kind, settings, parts);
    const bool ends = kind == MergesKind::Clip || kind == MergesKind::Gpt;
    parts.model = makeBytePairEncoding(
        parts.vocabulary, list,
        {.byteLevel = kind != MergesKind::Gpt, .wordEnd = ends ? "</w>" : "", .unknown = tokens.named("unk_token")},
        merges.string());
    parts.templates = mergesTemplates(kind, tokens, settings, where);
    parts.padding = tokens.named("pad_token");
    parts.added = tokens.take();
    readLimits(settings, nullptr, parts, where);
    return makeTokenizer(std::move(parts), where);
}

}  // namespace ketscope
