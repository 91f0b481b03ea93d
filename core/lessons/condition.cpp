// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/condition.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 6> kOperators = {"=", "!=", "<", "<=", ">", ">="};
constexpr int kMostDecimals = 6;
constexpr int kUsualDecimals = 2;

std::optional<double> numberIn(std::string_view text)
{
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

// Words between spaces; what is between quotation marks is one word, with its first mark kept.
std::vector<std::string> wordsIn(std::string_view text, const std::string& where)
{
    std::vector<std::string> words;
    for (std::size_t at = text.find_first_not_of(' '); at != std::string_view::npos;
         at = text.find_first_not_of(' ', at)) {
        const bool quoted = text[at] == '"';
        const std::size_t end = quoted ? text.find('"', at + 1) : text.find(' ', at);
        if (quoted && end == std::string_view::npos)
            refuse({where, "a second quotation mark", "none", ""});
        words.emplace_back(text.substr(at, end == std::string_view::npos ? end : end - at));
        at = end == std::string_view::npos ? text.size() : end + 1;
    }
    return words;
}

std::string_view withoutStart(std::string_view name)
{
    return name.starts_with(kAtStart) ? name.substr(kAtStart.size()) : name;
}

// One "{name:decimals}" of a text.
struct Slot {
    std::size_t begin = 0, end = 0;  // of the braces
    std::string_view name;
    std::string_view decimals = {};
};

std::vector<Slot> slotsIn(std::string_view text)
{
    std::vector<Slot> slots;
    for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
        const std::size_t end = text.find('}', at);
        if (end == std::string_view::npos)
            break;
        const std::string_view inside = text.substr(at + 1, end - at - 1);
        const std::size_t colon = inside.find(':');
        slots.push_back({at, end + 1, inside.substr(0, colon),
                         colon == std::string_view::npos ? std::string_view() : inside.substr(colon + 1)});
    }
    return slots;
}

std::string numberText(double value, int decimals)
{
    if (!std::isfinite(value))
        return "–";
    const double scale = std::pow(10.0, decimals);
    if (std::round(value * scale) == 0.0)
        value = 0.0;  // no "−0.00"
    std::array<char, 64> buffer;
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value), std::chars_format::fixed, decimals)
            .ptr;
    return (value < 0.0 ? "−" : "") + std::string(buffer.data(), end);
}

}  // namespace

Condition Condition::parse(std::string_view text, const std::string& where,
                           const std::function<bool(std::string_view)>& known)
{
    Condition condition;
    std::vector<std::string> clause;
    std::vector<std::string> words = wordsIn(text, where);
    words.emplace_back("and");
    for (std::string& word : words) {
        if (word != "and") {
            clause.push_back(std::move(word));
            continue;
        }
        condition.m_clauses.push_back(parseClause(clause, where, known));
        clause.clear();
    }
    return condition;
}

Condition::Clause Condition::parseClause(const std::vector<std::string>& words, const std::string& where,
                                         const std::function<bool(std::string_view)>& known)
{
    std::string whole;
    for (const std::string& word : words)
        whole += (whole.empty() ? "" : " ") + word;
    const auto wrong = [&](const std::string& expected) { refuse({where, expected, '"' + whole + '"', ""}); };
    if (words.size() != 3 && words.size() != 5)
        wrong("\"name operator value\", joined by \"and\"");
    const auto isName = [&](const std::string& word) { return known(withoutStart(word)); };
    if (!isName(words[0]))
        wrong("a name that lessons know");
    const auto found = std::ranges::find(kOperators, words[1]);
    if (found == kOperators.end())
        wrong("an operator: = != < <= > >=");
    Clause clause{words[0], static_cast<Operator>(found - kOperators.begin())};
    if (isName(words[2])) {
        clause.other = words[2];
    } else if (const auto number = numberIn(words[2])) {
        clause.constant = *number;
    } else {
        if (words[2].find('.') != std::string::npos && words[2].front() != '"')
            wrong("a name that lessons know, a number or a word on the right");
        if (clause.comparison > Operator::Unequal)
            wrong("a number or a name after this operator");
        clause.constant = words[2].front() == '"' ? words[2].substr(1) : words[2];
    }
    if (words.size() == 5) {
        const auto number = numberIn(words[4]);
        if (clause.other.empty() || (words[3] != "+" && words[3] != "-" && words[3] != "*") || !number)
            wrong("a name, one of + - * and a number on the right");
        if (words[3] == "*")
            clause.factor = *number;
        else
            clause.constant = words[3] == "+" ? *number : -*number;
    }
    return clause;
}

bool Condition::holds(const LessonValues& values) const
{
    return std::ranges::all_of(m_clauses, [&](const Clause& clause) { return holds(clause, values); });
}

bool Condition::holds(const Clause& clause, const LessonValues& values)
{
    const auto left = values.find(clause.name);
    LessonValue right = clause.constant;
    if (!clause.other.empty()) {
        const auto other = values.find(clause.other);
        if (other == values.end())
            return false;
        right = other->second;
        if (double* number = std::get_if<double>(&right))
            *number = *number * clause.factor + std::get<double>(clause.constant);
    }
    if (left == values.end() || left->second.index() != right.index())
        return false;
    if (const std::string* word = std::get_if<std::string>(&left->second))
        return (*word == std::get<std::string>(right)) == (clause.comparison == Operator::Equal);
    const double a = std::get<double>(left->second), b = std::get<double>(right);
    if (!std::isfinite(a) || !std::isfinite(b))
        return false;
    switch (clause.comparison) {
    case Operator::Equal: return a == b;
    case Operator::Unequal: return a != b;
    case Operator::Less: return a < b;
    case Operator::LessOrEqual: return a <= b;
    case Operator::Greater: return a > b;
    case Operator::GreaterOrEqual: return a >= b;
    }
    return false;
}

std::vector<std::string> Condition::names() const
{
    std::vector<std::string> names;
    for (const Clause& clause : m_clauses) {
        names.push_back(clause.name);
        if (!clause.other.empty())
            names.push_back(clause.other);
    }
    return names;
}

std::vector<std::string> namesInText(std::string_view text, const std::string& where,
                                     const std::function<bool(std::string_view)>& known)
{
    if (std::ranges::count(text, '{') != std::ranges::count(text, '}'))
        refuse({where, "a } for every {", '"' + printable(std::string(text), 60) + '"', ""});
    std::vector<std::string> names;
    for (const Slot& slot : slotsIn(text)) {
        const auto decimals = slot.decimals.empty() ? kUsualDecimals : numberIn(slot.decimals).value_or(-1.0);
        if (!known(withoutStart(slot.name)) || decimals < 0 || decimals > kMostDecimals
            || decimals != std::floor(decimals))
            refuse({where, "{name} or {name:decimals} with a name that lessons know",
                    '"' + std::string(text.substr(slot.begin, slot.end - slot.begin)) + '"', ""});
        names.emplace_back(slot.name);
    }
    return names;
}

std::string filled(std::string_view text, const LessonValues& values)
{
    std::string result;
    std::size_t from = 0;
    for (const Slot& slot : slotsIn(text)) {
        result += text.substr(from, slot.begin - from);
        from = slot.end;
        const auto found = values.find(slot.name);
        if (found == values.end())
            result += "–";
        else if (const std::string* word = std::get_if<std::string>(&found->second))
            result += *word;
        else
            result += numberText(std::get<double>(found->second),
                                 slot.decimals.empty() ? kUsualDecimals : static_cast<int>(*numberIn(slot.decimals)));
    }
    return result + std::string(text.substr(from));
}

}  // namespace ketscope
