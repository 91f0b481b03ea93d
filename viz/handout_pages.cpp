// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/handout_pages.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace ketscope {

namespace {

constexpr double kPage = 1.0;       // what a page costs
constexpr double kEmptyPage = 0.8;  // what one without anything on it would cost more

struct Plan {
    double cost = std::numeric_limits<double>::infinity();
    std::vector<std::size_t> choices;
    double left = 0.0;
};

// Best choices for parts that share a page, by going through all of them; none where they do not fit.
class OnePage {
public:
    OnePage(const std::vector<std::vector<SetChoice>>& parts, std::size_t first, std::size_t last, double room)
        : m_parts(parts), m_first(first), m_last(last), m_room(room)
    {
        choose(first, room, kPage);
    }

    const Plan& best() const { return m_best; }

private:
    void choose(std::size_t part, double left, double cost)
    {
        if (left < 0.0 || cost >= m_best.cost)
            return;
        if (part == m_last) {
            const double empty = left / m_room;
            if (cost + kEmptyPage * empty * empty < m_best.cost)
                m_best = {cost + kEmptyPage * empty * empty, m_choices, left};
            return;
        }
        for (std::size_t choice = 0; choice < m_parts[part].size(); ++choice) {
            m_choices.push_back(choice);
            choose(part + 1, left - m_parts[part][choice].height, cost + m_parts[part][choice].cost);
            m_choices.pop_back();
        }
    }

    const std::vector<std::vector<SetChoice>>& m_parts;
    std::size_t m_first, m_last;
    double m_room;
    std::vector<std::size_t> m_choices;
    Plan m_best;
};

Plan lowest(const std::vector<SetChoice>& part)
{
    const auto low = std::ranges::min_element(part, {}, &SetChoice::height);
    return {kPage + low->cost, {static_cast<std::size_t>(low - part.begin())}, 0.0};
}

}  // namespace

std::vector<SetPage> setPages(const std::vector<std::vector<SetChoice>>& parts, double firstRoom, double room)
{
    struct Step {
        double cost = std::numeric_limits<double>::infinity();
        std::size_t from = 0;
        Plan page;
    };
    std::vector<Step> best(parts.size() + 1);
    best[0].cost = 0.0;
    for (std::size_t last = 1; last <= parts.size(); ++last)
        for (std::size_t first = last; first-- > 0;) {
            Plan page = OnePage(parts, first, last, first == 0 ? firstRoom : room).best();
            if (page.choices.empty()) {
                if (first + 1 != last)
                    break;
                page = lowest(parts[first]);
            }
            if (best[first].cost + page.cost < best[last].cost)
                best[last] = {best[first].cost + page.cost, first, std::move(page)};
        }
    std::vector<SetPage> pages;
    for (std::size_t last = parts.size(); last > 0; last = best[last].from)
        pages.insert(pages.begin(), {best[last].from, best[last].page.choices, best[last].page.left});
    return pages;
}

}  // namespace ketscope
