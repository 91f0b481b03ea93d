// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json_fields.h"

namespace ketscope {

// The fields of an object of a recipe, which may have no others.
class StrictFields : public JsonFields {
public:
    StrictFields(const Json& json, const std::string& where, std::initializer_list<std::string_view> known)
        : JsonFields(json, where), m_where(where)
    {
        for (const auto& [key, value] : json.items())
            if (std::ranges::find(known, key) == known.end()) {
                std::string list;
                for (const std::string_view each : known)
                    list += (list.empty() ? "" : ", ") + std::string(each);
                refuse({where, "the keys " + list, "\"" + printable(key, 40) + "\"", ""});
            }
    }

    std::size_t count(const char* name, std::size_t byDefault, std::size_t least = 1) const
    {
        const std::size_t value = has(name) ? whole<std::size_t>(name) : byDefault;
        if (value < least || value > kMost)
            refuse({m_where + ", \"" + name + "\"",
                    "a whole number from " + std::to_string(least) + " to " + std::to_string(kMost),
                    std::to_string(value), ""});
        return value;
    }
    double number(const char* name, double byDefault, double least, double most) const
    {
        return has(name) ? numberIn(name, least, most) : byDefault;
    }
    std::string textOr(const char* name, const std::string& byDefault) const
    {
        return has(name) ? text(name) : byDefault;
    }

private:
    static constexpr std::size_t kMost = 1'000'000'000;

    std::string m_where;
};

}  // namespace ketscope
