// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"

#include <cstddef>
#include <string>

namespace ketscope {

// Stack, layer, head, query and key: one, shared by all views.
struct Selection {
    std::size_t stack = 0;
    std::size_t layer = 0;
    std::size_t head = 0;
    std::size_t query = 0;
    std::size_t key = 0;

    bool operator==(const Selection&) const = default;
};

Json toJson(const Selection& selection);
// Throws Error (Input) naming the field that is missing or wrong.
Selection selectionFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
