// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/formats/json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ketscope {

// Reads the fields of one JSON object, naming what is missing or wrong.
class JsonFields {
public:
    JsonFields(const Json& json, std::string where) : m_json(json), m_where(std::move(where))
    {
        if (!json.is_object())
            refuse({m_where, "an object", json.type_name(), ""});
    }

    bool has(const char* name) const { return m_json.contains(name); }

    const Json& at(const char* name) const
    {
        if (!has(name))
            refuse({m_where, std::string("a field \"") + name + "\"", "none", ""});
        return m_json.at(name);
    }

    std::string text(const char* name) const
    {
        const Json& value = at(name);
        if (!value.is_string())
            wrong(name, "text", value);
        return value.get<std::string>();
    }

    std::vector<std::string> texts(const char* name) const
    {
        const Json& array = at(name);
        if (!array.is_array() || !std::ranges::all_of(array, [](const Json& value) { return value.is_string(); }))
            wrong(name, "a list of texts", array);
        return array.get<std::vector<std::string>>();
    }

    template <typename T> T whole(const char* name) const { return wholeOf<T>(at(name), name); }

    template <typename T> std::vector<T> list(const char* name) const
    {
        std::vector<T> values;
        const Json& array = at(name);
        if (!array.is_array())
            wrong(name, "a list", array);
        for (const Json& value : array)
            values.push_back(wholeOf<T>(value, name));
        return values;
    }

    // The place of a text in `known`.
    std::size_t oneOf(const char* name, std::span<const std::string_view> known) const
    {
        const std::string value = text(name);
        std::string list;
        for (std::size_t i = 0; i < known.size(); ++i) {
            if (known[i] == value)
                return i;
            list += (i == 0 ? "" : i + 1 == known.size() ? " or " : ", ") + std::string(known[i]);
        }
        refuse({m_where + ", \"" + name + "\"", list, "\"" + printable(value, 40) + "\"", ""});
    }

    bool flag(const char* name) const
    {
        if (!at(name).is_boolean())
            wrong(name, "true or false", at(name));
        return at(name).get<bool>();
    }

    double numberIn(const char* name, double least, double most) const
    {
        const Json& value = at(name);
        if (!value.is_number() || !(value.get<double>() >= least && value.get<double>() <= most))
            wrong(name, ("a number from " + Json(least).dump() + " to " + Json(most).dump()).c_str(), value);
        return value.get<double>();
    }

private:
    template <typename T> T wholeOf(const Json& value, const char* name) const
    {
        const bool fits =
            value.is_number_unsigned()
                ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())
                : value.is_number_integer()
                      && std::is_signed_v<
                          T> && value.get<std::int64_t>() >= static_cast<std::int64_t>(std::numeric_limits<T>::min());
        if (!fits)
            wrong(name, "a whole number in range", value);
        return value.get<T>();
    }

    [[noreturn]] void wrong(const char* name, const char* expected, const Json& found) const
    {
        refuse({m_where + ", \"" + name + "\"", expected, found.dump().substr(0, 60), ""});
    }

    const Json& m_json;
    std::string m_where;
};

}  // namespace ketscope
