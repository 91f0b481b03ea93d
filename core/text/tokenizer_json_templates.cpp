// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/text/tokenizer_json.h"

namespace ketscope {

namespace {

constexpr std::size_t kMostItems = 64;  // of a template, and ids of one of its entries

bool isKnownId(std::int32_t id, const Pipeline& parts)
{
    return parts.vocabulary->piece(id) != nullptr
           || std::any_of(parts.added.begin(), parts.added.end(),
                          [id](const AddedToken& token) { return token.id == id; });
}

void appendSpecials(const Json& item, const Json& component, const Pipeline& parts, const std::string& where,
                    Template& items)
{
    const std::string name = jsonText(item, "id", "", where);
    const Json& entry = jsonMember(jsonMember(component, "special_tokens", where), name.c_str(), where);
    const Json& ids = jsonMember(entry, "ids", where);
    if (!ids.is_array() || ids.empty() || ids.size() > kMostItems)
        refuse({where, "a short list 'ids' for '" + printable(name, 60) + "'", printable(ids.dump(), 60), ""});
    for (const Json& id : ids)
        items.push_back({TemplateItem::What::Special, knownId(id, parts, where), segmentOf(item, "type_id", where)});
}

Template readTemplate(const Json& component, const char* key, const Pipeline& parts, const std::string& where)
{
    const Json& list = jsonMember(component, key, where);
    if (!list.is_array() || list.size() > kMostItems)
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
        items.push_back({id == "A" ? TemplateItem::What::Text : TemplateItem::What::Pair, 0,
                         segmentOf(sequence, "type_id", where)});
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

}  // namespace

std::int32_t knownId(const Json& value, const Pipeline& parts, const std::string& where)
{
    const std::int32_t id = idFromJson(value, where);
    if (!isKnownId(id, parts))
        refuse({where, "special tokens in the vocabulary", "id " + std::to_string(id), ""});
    return id;
}

int segmentOf(const Json& object, const char* key, const std::string& where)
{
    const std::size_t segment = jsonCount(object, key, 0, where);
    if (segment > 1)
        refuse({where, std::string(key) + " 0 or 1", std::to_string(segment), ""});
    return static_cast<int>(segment);
}

void readPostProcessors(const Json& root, Pipeline& parts, const std::string& where)
{
    bool found = false;
    for (const Json* component : componentsOf(root, "post_processor", "processors", where)) {
        const std::string kind = componentKind(*component, where);
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

}  // namespace ketscope
