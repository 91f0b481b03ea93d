// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/plan.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

namespace ketscope {

namespace {

constexpr std::size_t kMaximumIndex = 10000;

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

// "key=value" with neither side empty.
std::pair<std::string_view, std::string_view> splitAssignment(std::string_view part, const std::string& spec)
{
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == part.size())
        refuse({"\"" + spec + "\"", "name=value", "\"" + std::string(part) + "\"",
                "The form is id:param=value,…@stack=text;layers=4-5;heads=0,3."});
    return {part.substr(0, equals), part.substr(equals + 1)};
}

std::size_t parseIndex(std::string_view text, std::string_view what)
{
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > kMaximumIndex)
        refuse({std::string(what), "whole numbers and ranges such as 4-5,7", "\"" + std::string(text) + "\"", ""});
    return value;
}

// Name and value of a part, whose name must not be among `known` yet.
std::pair<std::string_view, std::string_view> newAssignment(std::string_view part, const std::string& spec,
                                                            std::set<std::string_view>& known)
{
    const auto assignment = splitAssignment(part, spec);
    if (!known.insert(assignment.first).second)
        refuse({"\"" + spec + "\"", "every name once", "\"" + std::string(assignment.first) + "\" twice", ""});
    return assignment;
}

void setWhere(PlanEntry& entry, std::string_view name, std::string_view value, const std::string& spec)
{
    if (name == "stack")
        entry.stack = value;
    else if (name == "layers")
        entry.layers = parseIndexList(value, "layers");
    else if (name == "heads")
        entry.heads = parseIndexList(value, "heads");
    else
        refuse({"\"" + spec + "\"", "stack, layers or heads after @", "\"" + std::string(name) + "\"", ""});
}

std::vector<std::size_t> allBelow(std::size_t count)
{
    std::vector<std::size_t> indices(count);
    for (std::size_t i = 0; i < count; ++i)
        indices[i] = i;
    return indices;
}

// The indices of an entry that a stack has; all of its own when the entry names none.
std::vector<std::size_t> insideOf(const std::vector<std::size_t>& indices, std::size_t count)
{
    std::vector<std::size_t> inside = indices.empty() ? allBelow(count) : indices;
    std::erase_if(inside, [count](std::size_t index) { return index >= count; });
    return inside;
}

void checkInside(const std::vector<std::size_t>& indices, std::size_t count, const std::string& what)
{
    for (const std::size_t index : indices)
        if (index >= count)
            refuse({what, "0 to " + std::to_string(count - 1) + " in this model", std::to_string(index),
                    "Layers and heads are counted from 0."});
}

}  // namespace

std::string absenceOf(const std::string& stack, const ModelInfo& model)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMeanings = {
        {{"text", "attention within the text alone"},
         {"vision", "attention within the image alone"},
         {"joint", "attention over text and image together"},
         {"cross", "cross-attention"}}};
    const auto meaning = std::ranges::find(kMeanings, stack, [](const auto& row) { return row.first; });
    return meaning == kMeanings.end() ? "" : model.title + " has no " + std::string(meaning->second) + ".";
}

std::vector<std::size_t> parseIndexList(std::string_view text, std::string_view what)
{
    std::set<std::size_t> indices;
    for (const std::string_view part : split(text, ',')) {
        const std::size_t dash = part.find('-');
        const std::size_t first = parseIndex(part.substr(0, dash), what);
        const std::size_t last = dash == std::string_view::npos ? first : parseIndex(part.substr(dash + 1), what);
        if (last < first)
            refuse({std::string(what), "a range from low to high", "\"" + std::string(part) + "\"", ""});
        for (std::size_t index = first; index <= last; ++index)
            indices.insert(index);
    }
    return {indices.begin(), indices.end()};
}

std::string formatIndexList(const std::vector<std::size_t>& indices)
{
    std::string text;
    for (std::size_t i = 0; i < indices.size();) {
        std::size_t last = i;
        while (last + 1 < indices.size() && indices[last + 1] == indices[last] + 1)
            ++last;
        text += (text.empty() ? "" : ",") + std::to_string(indices[i]);
        if (last > i)
            text += "-" + std::to_string(indices[last]);
        i = last + 1;
    }
    return text;
}

PlanEntry parseSpec(std::string_view text)
{
    const std::string spec(text);
    const std::size_t at = text.find('@');
    const std::string_view what = text.substr(0, at);
    const std::size_t colon = what.find(':');
    PlanEntry entry;
    entry.mechanism = &mechanism(what.substr(0, colon));
    entry.parameters = entry.mechanism->defaults();
    std::set<std::string_view> changed;
    std::set<std::string_view> placed;
    if (colon != std::string_view::npos)
        for (const std::string_view part : split(what.substr(colon + 1), ',')) {
            const auto [name, value] = newAssignment(part, spec, changed);
            entry.parameters.setText(name, value);
        }
    if (at != std::string_view::npos)
        for (const std::string_view part : split(text.substr(at + 1), ';')) {
            const auto [name, value] = newAssignment(part, spec, placed);
            setWhere(entry, name, value, spec);
        }
    return entry;
}

std::string formatSpec(const PlanEntry& entry)
{
    std::string spec = entry.mechanism->info().id;
    const Parameters defaults = entry.mechanism->defaults();
    char separator = ':';
    for (const Parameter& parameter : entry.parameters.definitions()) {
        if (entry.parameters.real(parameter.id) == defaults.real(parameter.id))
            continue;
        spec += separator + parameter.id + "=" + entry.parameters.text(parameter.id);
        separator = ',';
    }
    separator = '@';
    const auto add = [&](const char* name, const std::string& value) {
        if (value.empty())
            return;
        spec += separator + std::string(name) + "=" + value;
        separator = ';';
    };
    add("stack", entry.stack);
    add("layers", formatIndexList(entry.layers));
    add("heads", formatIndexList(entry.heads));
    return spec;
}

namespace {

// The stacks that an entry is for.
std::vector<std::size_t> stacksOf(const PlanEntry& entry, const ModelInfo& model)
{
    if (entry.stack.empty())
        return allBelow(model.stacks.size());
    std::string known;
    for (std::size_t s = 0; s < model.stacks.size(); ++s) {
        if (model.stacks[s].name == entry.stack)
            return {s};
        known += (known.empty() ? "" : ", ") + model.stacks[s].name;
    }
    refuse({"stack", "a stack of this model: " + known, "\"" + entry.stack + "\"", absenceOf(entry.stack, model)});
}

// Some mechanisms need queries and keys of the same tokens.
void checkCrossing(const PlanEntry& entry, const StackInfo& stack)
{
    if (stack.queries != stack.keys && !entry.mechanism->properties(entry.parameters).crossAttention)
        refuse({"plan", "a mechanism for queries and keys of different tokens on stack " + stack.name,
                formatSpec({entry.mechanism, entry.parameters, {}, {}, {}}),
                "Name another stack, such as @stack=text."});
}

}  // namespace

HeadPlan resolve(const Plan& plan, const ModelInfo& model, std::uint64_t seed)
{
    std::vector<HeadPlan::StackShape> shapes;
    for (const StackInfo& stack : model.stacks)
        shapes.push_back({stack.layers, stack.heads, stack.own, stack.ownHeads});
    HeadPlan resolved(shapes, seed);
    for (const PlanEntry& entry : plan.entries) {
        const auto assignment =
            std::make_shared<const HeadAssignment>(HeadAssignment{entry.mechanism, entry.parameters});
        const std::vector<std::size_t> stacks = stacksOf(entry, model);
        std::size_t layers = 0;
        std::size_t heads = 0;
        for (const std::size_t s : stacks) {
            layers = std::max(layers, shapes[s].layers);
            heads = std::max(heads, shapes[s].heads);
        }
        for (const std::size_t s : stacks)
            checkCrossing(entry, model.stacks[s]);
        checkInside(entry.layers, layers, "layers");
        checkInside(entry.heads, heads, "heads");
        for (const std::size_t s : stacks)
            for (const std::size_t layer : insideOf(entry.layers, shapes[s].layers))
                for (const std::size_t head : insideOf(entry.heads, shapes[s].heads))
                    resolved.assign(s, layer, head, assignment);
    }
    return resolved;
}

Json toJson(const Plan& plan)
{
    Json list = Json::array();
    for (const PlanEntry& entry : plan.entries)
        list.push_back(formatSpec(entry));
    return list;
}

Plan planFromJson(const Json& json, const std::string& where)
{
    if (!json.is_array())
        refuse({where, "a list of plan entries", json.type_name(), ""});
    Plan plan;
    for (const Json& entry : json) {
        if (!entry.is_string())
            refuse({where, "plan entries as text", entry.type_name(), ""});
        plan.entries.push_back(parseSpec(entry.get_ref<const std::string&>()));
    }
    return plan;
}

}  // namespace ketscope
