// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"

#include <cstddef>
#include <optional>
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

// What is under the pointer, in whichever view: every view marks what it has of it, and no study keeps it. Layer and head
// come together; query and key are tokens of the selected stack, token and patch those of an alignment.
struct Pointed {
    std::optional<std::size_t> layer = {};
    std::optional<std::size_t> head = {};
    std::optional<std::size_t> query = {};
    std::optional<std::size_t> key = {};
    std::optional<std::size_t> token = {};
    std::optional<std::size_t> patch = {};

    bool operator==(const Pointed&) const = default;
};

Json toJson(const Selection& selection);
// Throws Error (Input) naming the field that is missing or wrong.
Selection selectionFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
