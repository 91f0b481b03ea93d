// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

namespace ketscope {

// One way in which a part of a document can be set: what it takes of the page, and how much it is worth to avoid, in
// pages.
struct SetChoice {
    double height = 0.0;
    double cost = 0.0;
};

// Parts `first` … first + choices.size() − 1, each as that of its choices; `left` is free below them.
struct SetPage {
    std::size_t first = 0;
    std::vector<std::size_t> choices;
    double left = 0.0;
};

// Which parts share a page and how each is set, so that pages, the costs of choices and room left over are least
// together. Parts stay whole and in order; one that fits no page has a page of its own, as the lowest of its choices.
// The first page has `firstRoom`, the others `room`. Every part needs a choice.
std::vector<SetPage> setPages(const std::vector<std::vector<SetChoice>>& parts, double firstRoom, double room);

}  // namespace ketscope
