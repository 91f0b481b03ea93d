// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ketscope {

// What a lesson can ask about the window: numbers, and words such as the name of a perspective.
using LessonValue = std::variant<double, std::string>;
using LessonValues = std::map<std::string, LessonValue, std::less<>>;

// Values as they were when the step began have this before their name.
inline constexpr std::string_view kAtStart = "start.";

// Comparisons that all have to hold: "parameter.m <= 32 and perspective = entropy". On the left a name, on the right a
// number, a word, a "text", or a name with an optional + - * and a number: "head.entropy.b > start.head.entropy.b +
// 0.05". Operators: = != < <= > >=. A name without a value, or a number that is not finite, makes it false.
class Condition {
public:
    Condition() = default;  // always holds
    // Throws Error (Input) that names `where` and the part that is wrong. `known`: whether a name (without "start.")
    // can be asked for.
    static Condition parse(std::string_view text, const std::string& where,
                           const std::function<bool(std::string_view)>& known);

    bool holds(const LessonValues& values) const;
    bool isEmpty() const { return m_clauses.empty(); }
    // Every name in it, with its "start.".
    std::vector<std::string> names() const;

private:
    enum class Operator { Equal, Unequal, Less, LessOrEqual, Greater, GreaterOrEqual };
    struct Clause {
        std::string name;
        Operator comparison = Operator::Equal;
        LessonValue constant = 0.0;  // added to `other` where there is one
        std::string other = {};
        double factor = 1.0;  // of `other`
    };
    static Clause parseClause(const std::vector<std::string>& words, const std::string& where,
                              const std::function<bool(std::string_view)>& known);
    static bool holds(const Clause& clause, const LessonValues& values);

    std::vector<Clause> m_clauses;
};

// The names between braces of "Entropy fell from {start.head.entropy.b:2} to {head.entropy.b:2} nats.". Throws Error
// (Input) for braces that do not match, unknown names and decimals other than 0 … 6.
std::vector<std::string> namesInText(std::string_view text, const std::string& where,
                                     const std::function<bool(std::string_view)>& known);
// The text with those values; "–" where there is none. Two decimals unless said; a real minus sign.
std::string filled(std::string_view text, const LessonValues& values);

}  // namespace ketscope
