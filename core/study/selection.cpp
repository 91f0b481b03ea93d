// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/selection.h"

#include "core/formats/json_fields.h"

namespace ketscope {

Json toJson(const Selection& s)
{
    return {{"stack", s.stack}, {"layer", s.layer}, {"head", s.head}, {"query", s.query}, {"key", s.key}};
}

Selection selectionFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    return {fields.whole<std::size_t>("stack"), fields.whole<std::size_t>("layer"), fields.whole<std::size_t>("head"),
            fields.whole<std::size_t>("query"), fields.whole<std::size_t>("key")};
}

}  // namespace ketscope
