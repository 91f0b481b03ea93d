// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/projected_head.h"
#include "core/quantum/pauli.h"

#include <optional>

namespace ketscope {

// The values of QISA as its paper has them: v_l = uᵀP_l u of u = Lx, which is neither normalised nor run through a circuit.
class QuadraticValues {
public:
    // `map` L (D, D), none = the identity; strings on qubits with 2ⁿ ≥ D. `precomputed`: as xᵀ(LᵀP_lL)x.
    QuadraticValues(std::optional<Dense> map, std::vector<PauliString> strings, bool precomputed);

    // (tokens, strings)
    Dense apply(const Dense& tokens) const;
    // Given dL/dv: dL/dx (tokens, D), and adds dL/dL to `mapGradient` (D, D) unless null.
    Dense backward(const Dense& tokens, const Dense& gradients, Dense* mapGradient) const;

private:
    Dense mapped(const Dense& tokens) const;  // u, padded with zeros to 2ⁿ

    std::optional<Dense> m_map;
    std::vector<PauliString> m_strings;
    bool m_precomputed;
};

}  // namespace ketscope
