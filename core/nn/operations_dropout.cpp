// SPDX-License-Identifier: GPL-3.0-or-later
// What a training pass leaves out.
#include "core/nn/kernels.h"
#include "core/nn/operations.h"

#include <algorithm>

namespace ketscope {

// Nothing where nothing is left out.
Tensor Operations::dropoutMask(double rate, std::size_t rows, std::size_t columns) const
{
    if (rate == 0.0)
        return {};
    Tensor factors({rows, columns});
    dropoutFactors(rate, m_tape->dropout().key, m_tape->nextMask(), factors.values());
    return factors;
}

Tensor Operations::residualMask(std::size_t rows, std::size_t columns, double Dropout::*whole) const
{
    Tensor factors = dropoutMask(m_tape->dropout().residuals, rows, columns);
    const double rate = whole == nullptr ? 0.0 : m_tape->dropout().*whole;
    if (rate == 0.0)
        return factors;
    const Tensor one = dropoutMask(rate, 1, 1);
    if (factors.empty()) {
        factors = Tensor({rows, columns});
        std::ranges::fill(factors.values(), 1.0F);
    }
    for (float& factor : factors.values())
        factor *= one.data()[0];
    return factors;
}

void Operations::dropOut(double rate, MutableMatrixView values) const
{
    if (m_tape == nullptr || rate == 0.0)
        return;
    const auto factors = std::make_shared<const Tensor>(dropoutMask(rate, values.rows, values.columns));
    const auto thin = [factors](MutableMatrixView what) {
        for (std::size_t row = 0; row < what.rows; ++row)
            kernels().scale(factors->matrix().row(row).data(), what.columns, what.row(row).data());
    };
    thin(values);
    writes(values);
    m_tape->record(values, [thin, values](Tape& tape) {
        if (!tape.found(values).empty())
            thin(tape.gradients(values));
    });
}

}  // namespace ketscope
