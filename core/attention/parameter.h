// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

enum class ParameterKind { Integer, Real, Choice, Flag };

// One parameter of a mechanism. The control panel, the command line, files and the contract tests are made from this.
class Parameters;

struct Parameter {
    std::string id;           // "m": stable, used in SPECs and files
    std::string title;        // "Random features"
    std::string symbol = {};  // "m", "σ": shown beside the title and in captions; may be empty
    std::string help;         // one or two sentences, with the unit
    ParameterKind kind = ParameterKind::Real;
    double minimum = 0.0;
    double maximum = 1.0;
    double initial = 0.0;  // for a choice: the index into `choices`; for a flag: 0 or 1
    bool logarithmic = false;
    std::vector<std::string> choices = {};       // ids, for example "naive"
    std::vector<std::string> choiceTitles = {};  // "Naive (independent shots)"
    // For choices that reproduce published code: what is wrong with it, one line; "" for correct ones. Empty = all correct.
    std::vector<std::string> choiceFaults = {};
    std::string shownWhen = {};                 // id of a choice or flag parameter that must have …
    std::vector<std::string> shownWhenIn = {};  // … one of these values ("on" for a flag); always shown when empty
    std::string group = {};  // heading in panels and lists, "Noise"; parameters of a group stand together
    // A condition on several others, beside shownWhen; null = none. In words, values that would meet it first:
    // "values=circuit or version=v2".
    bool (*shownIf)(const Parameters&) = nullptr;
    std::string shownIfWords = {};
    bool causalOnly = false;  // has no effect without a causal mask
};

// Values for every parameter of one mechanism, always complete and inside their ranges.
class Parameters {
public:
    Parameters() = default;
    // The defaults of `definitions`, which must outlive this object (mechanisms live for the whole program).
    explicit Parameters(const std::vector<Parameter>& definitions);

    double real(std::string_view id) const;
    std::int64_t integer(std::string_view id) const;
    const std::string& choice(std::string_view id) const;
    bool flag(std::string_view id) const;

    // Sets one value. Throws Error (Input) naming the parameter, its range and what was given.
    void set(std::string_view id, double value);
    void setText(std::string_view id, std::string_view text);  // "128", "systematic", "on"/"off"

    // The value as setText reads it back exactly: "128", "0.1", "naive", "on".
    std::string text(std::string_view id) const;

    // Whether `parameter` has a meaning with the other values as they are (see Parameter::shownWhen and shownIf).
    bool isShown(const Parameter& parameter) const;

    const std::vector<Parameter>& definitions() const { return *m_definitions; }
    bool operator==(const Parameters& other) const { return m_values == other.m_values; }

private:
    const Parameter& definition(std::string_view id) const;

    const std::vector<Parameter>* m_definitions = nullptr;
    std::map<std::string, double, std::less<>> m_values;
};

// A number in the shortest form that reads back to the same double: "128", "0.1", "1e-06". C locale.
std::string shortestNumber(double value);

}  // namespace ketscope
