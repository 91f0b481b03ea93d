// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/attention_checks.h"

#include "core/measures/number_text.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr int kDigits = 3;

struct Worst {
    double value = 0.0;
    std::size_t layer = 0;
    std::size_t head = 0;
    std::size_t query = 0;

    std::string where() const
    {
        return "layer " + std::to_string(layer) + ", head " + std::to_string(head) + ", row " + std::to_string(query);
    }
};

class Doubts {
public:
    explicit Doubts(bool probabilities) : m_probabilities(probabilities) {}

    void look(std::span<const float> row, const Worst& place)
    {
        ++m_rows;
        double sum = 0.0;
        bool finite = true;
        for (const float weight : row) {
            finite = finite && std::isfinite(weight);
            sum += static_cast<double>(weight);
            if (m_probabilities && weight < 0.0F)
                note(m_negative, m_lowest, weight < m_lowest.value, static_cast<double>(weight), place);
        }
        if (!finite)
            note(m_infinite, m_firstInfinite, m_infinite == 0, 0.0, place);
        else if (m_probabilities && std::abs(sum - 1.0) > kRowSumTolerance)
            note(m_uneven, m_worstSum, std::abs(sum - 1.0) > std::abs(m_worstSum.value - 1.0) || m_uneven == 0, sum,
                 place);
    }

    std::vector<std::string> lines(const std::string& stack) const
    {
        std::vector<std::string> out;
        const std::string of = " of " + std::to_string(m_rows) + " rows ";
        if (m_infinite > 0)
            out.push_back(stack + ": " + std::to_string(m_infinite) + of
                          + "have weights that are not finite, the first in " + m_firstInfinite.where());
        if (m_negative > 0)
            out.push_back(stack + ": " + std::to_string(m_negative) + (m_negative == 1 ? " weight is" : " weights are")
                          + " negative, the lowest " + shortText(m_lowest.value, kDigits) + " in " + m_lowest.where());
        if (m_uneven > 0)
            out.push_back(stack + ": " + std::to_string(m_uneven) + of + "do not sum to one; the worst, "
                          + m_worstSum.where() + ", sums to " + shortText(m_worstSum.value, kDigits));
        return out;
    }

private:
    static void note(std::size_t& count, Worst& worst, bool worse, double value, const Worst& place)
    {
        ++count;
        if (worse) {
            worst = place;
            worst.value = value;
        }
    }

    bool m_probabilities;
    std::size_t m_rows = 0;
    std::size_t m_infinite = 0;
    std::size_t m_negative = 0;
    std::size_t m_uneven = 0;
    Worst m_firstInfinite;
    Worst m_lowest;
    Worst m_worstSum;
};

}  // namespace

std::vector<std::string> attentionDoubts(const StackTrace& stack, const std::vector<std::uint8_t>& real,
                                         bool probabilities)
{
    Doubts doubts(probabilities);
    for (std::size_t layer = 0; layer < stack.attention.size(); ++layer) {
        if (stack.attention[layer] == nullptr)
            continue;
        const Tensor& maps = *stack.attention[layer];
        for (std::size_t head = 0; head < maps.shape()[0]; ++head) {
            const MatrixView map = maps.matrix({head});
            for (std::size_t query = 0; query < map.rows; ++query)
                if (real.empty() || real[query] != 0)
                    doubts.look(map.row(query), {0.0, layer, head, query});
        }
    }
    return doubts.lines(stack.name);
}

}  // namespace ketscope
