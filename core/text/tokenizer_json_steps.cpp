// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/text/byte_pair_encoding.h"
#include "core/text/normalizers.h"
#include "core/text/tokenizer_json.h"
#include "core/text/wordpiece.h"

namespace ketscope {

namespace {

constexpr std::size_t kLongestReplacement = 64;  // characters

// {"String": text} or {"Regex": expression}
WordPattern readPattern(const Json& component, const std::string& where)
{
    const Json& pattern = jsonMember(component, "pattern", where);
    const std::string literal = jsonText(pattern, "String", "", where);
    if (!literal.empty())
        return patternOfLiteral(codePoints(literal, where));
    const std::string expression = jsonText(pattern, "Regex", "", where);
    WordPattern known = patternOfExpression(expression);
    if (!known)
        refuse({where, "a regular expression that is known here", "'" + printable(expression, 120) + "'",
                "Choose a model whose tokenizer splits as GPT-2, CLIP, Llama 3 or BERT do."});
    return known;
}

std::u32string shortText(const Json& component, const char* key, const std::string& where)
{
    std::u32string text = codePoints(jsonText(component, key, "", where), where);
    if (text.size() > kLongestReplacement)
        refuse({where, std::string("at most ") + std::to_string(kLongestReplacement) + " characters for '" + key + "'",
                std::to_string(text.size()), ""});
    return text;
}

NormalStep bertStep(const Json& component, const std::string& where)
{
    BertNormalization options;
    options.cleanText = jsonFlag(component, "clean_text", true, where);
    options.spaceIdeographs = jsonFlag(component, "handle_chinese_chars", true, where);
    options.lowercase = jsonFlag(component, "lowercase", true, where);
    options.stripAccents = jsonFlag(component, "strip_accents", options.lowercase, where);
    return [options](Glyphs& text) { bertNormalize(text, options); };
}

NormalStep normalStep(const Json& component, const std::string& where)
{
    const std::string kind = componentKind(component, where);
    if (kind == "BertNormalizer")
        return bertStep(component, where);
    if (kind == "Lowercase")
        return lowercase;
    if (kind == "StripAccents")
        return dropMarks;
    if (kind == "Replace")
        return replaceMatches(readPattern(component, where), shortText(component, "content", where));
    if (kind == "Prepend")
        return prependText(shortText(component, "prepend", where));
    if (kind == "Strip")
        return stripEnds(jsonFlag(component, "strip_left", true, where),
                         jsonFlag(component, "strip_right", true, where));
    constexpr std::pair<const char*, NormalForm> kForms[] = {
        {"NFC", NormalForm::Nfc}, {"NFD", NormalForm::Nfd}, {"NFKC", NormalForm::Nfkc}, {"NFKD", NormalForm::Nfkd}};
    for (const auto& [name, form] : kForms)
        if (kind == name)
            return [form](Glyphs& text) { normalize(text, form); };
    refuseKind(where, "normalizer", kind);
}

SplitBehavior readBehavior(const Json& component, const std::string& where)
{
    const std::string name = jsonText(component, "behavior", "Isolated", where);
    constexpr std::pair<const char*, SplitBehavior> kNames[] = {
        {"Removed", SplitBehavior::Removed},
        {"Isolated", SplitBehavior::Isolated},
        {"MergedWithPrevious", SplitBehavior::MergedWithPrevious},
        {"MergedWithNext", SplitBehavior::MergedWithNext},
        {"Contiguous", SplitBehavior::Contiguous}};
    for (const auto& [known, behavior] : kNames)
        if (name == known)
            return behavior;
    refuse({where, "a split behaviour that is known here", "'" + printable(name, 60) + "'", ""});
}

SplitStep digitSplit(bool individual)
{
    const auto digit = [](GlyphView text, std::size_t at) -> std::size_t { return isNumber(text[at].code) ? 1 : 0; };
    return splitAt(digit, individual ? SplitBehavior::Isolated : SplitBehavior::Contiguous, false);
}

SplitStep punctuationSplit(const Json& component, const std::string& where)
{
    const auto mark = [](GlyphView text, std::size_t at) -> std::size_t {
        return isBertSeparator(text[at].code) ? 1 : 0;
    };
    return splitAt(mark, readBehavior(component, where), false);
}

void readByteLevel(const Json& component, Pipeline& parts, const std::string& where)
{
    if (jsonFlag(component, "add_prefix_space", true, where)) {
        if (!parts.splits.empty())
            refuseKind(where, "pre-tokenizer before a ByteLevel with add_prefix_space", "Sequence");
        parts.prefix = WordPrefix{U' ', false, false};
    }
    if (jsonFlag(component, "use_regex", true, where))
        parts.splits.push_back(splitAt(gpt2Word, SplitBehavior::Isolated, false));
}

// Spaces become a mark, which goes before text and, where the words are split, before each of them.
void readMetaspace(const Json& component, Pipeline& parts, const std::string& where)
{
    if (!parts.splits.empty() || parts.spaceMark)
        refuseKind(where, "pre-tokenizer before Metaspace", "Sequence");
    const std::u32string mark = codePoints(jsonText(component, "replacement", "\u2581", where), where);
    if (mark.size() != 1)
        refuse({where, "one character for 'replacement'", std::to_string(mark.size()), ""});
    parts.spaceMark = mark.front();
    const bool prefixed = jsonFlag(component, "add_prefix_space", true, where);
    const std::string scheme = jsonText(component, "prepend_scheme", prefixed ? "always" : "never", where);
    if (scheme == "always" || scheme == "first")
        parts.prefix = WordPrefix{mark.front(), false, scheme == "first"};
    else if (scheme != "never")
        refuse({where, "always, first or never for 'prepend_scheme'", "'" + printable(scheme, 60) + "'", ""});
    if (jsonFlag(component, "split", true, where))
        parts.splits.push_back(splitAt(patternOfLiteral(mark), SplitBehavior::MergedWithNext, false));
}

SplitStep splitStep(const Json& component, const std::string& kind, const std::string& where)
{
    if (kind == "BertPreTokenizer")
        return bertSplit;
    if (kind == "WhitespaceSplit")
        return whiteSpaceSplit;
    if (kind == "Whitespace")
        return splitAt(patternOfExpression("\\w+|[^\\w\\s]+"), SplitBehavior::Removed, true);
    if (kind == "Split")
        return splitAt(readPattern(component, where), readBehavior(component, where),
                       jsonFlag(component, "invert", false, where));
    if (kind == "Digits")
        return digitSplit(jsonFlag(component, "individual_digits", false, where));
    if (kind == "Punctuation")
        return punctuationSplit(component, where);
    refuseKind(where, "pre-tokenizer", kind);
}

}  // namespace

void readNormalizers(const Json& root, Pipeline& parts, const std::string& where)
{
    for (const Json* component : componentsOf(root, "normalizer", "normalizers", where))
        parts.normalization.push_back(normalStep(*component, where));
}

bool readPreTokenizers(const Json& root, Pipeline& parts, const std::string& where)
{
    bool bytes = false;
    for (const Json* component : componentsOf(root, "pre_tokenizer", "pretokenizers", where)) {
        const std::string kind = componentKind(*component, where);
        if (bytes)
            refuseKind(where, "pre-tokenizer after ByteLevel", kind);
        bytes = kind == "ByteLevel";
        if (bytes)
            readByteLevel(*component, parts, where);
        else if (kind == "Metaspace")
            readMetaspace(*component, parts, where);
        else
            parts.splits.push_back(splitStep(*component, kind, where));
    }
    return bytes;
}

}  // namespace ketscope
