// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"
#include "core/base/random.h"

#include <cstddef>
#include <span>
#include <vector>

namespace ketscope {

// What of a Schmidt spectrum σ₁ ≥ σ₂ ≥ … is discarded at a bond, beside all that exceeds the largest bond (names as in
// quimb): values below the cutoff (abs), below cutoff · σ₁ (rel), or as many of the smallest as together weigh at most the
// cutoff, Σσ²(discarded)/Σσ² (rsum2). At least one value is kept.
enum class CutoffMode { Absolute, Relative, DiscardedWeight };

struct TruncationRule {
    std::size_t maximumBond = 16;
    double cutoff = 1e-10;
    CutoffMode mode = CutoffMode::DiscardedWeight;
};

// How many of the values, sorted from the largest, the rule keeps.
std::size_t keptValues(std::span<const double> schmidtValues, const TruncationRule& rule);

// A real state of L qubits as a left-canonical chain of site tensors (χ_{b−1}, 2, χ_b), found by TT-SVD (Oseledets, SIAM J.
// Sci. Comput. 33, 2295 (2011)). Truncations are orthogonal projections, so that ‖ψ − ψ̃‖² is the sum of what they discard.
class MatrixProductState {
public:
    // `amplitudes` (2^L, L ≥ 1), qubit 0 the most significant bit; of any norm, which is kept. Throws Error (Failure) when
    // their number is no such power, (Cancelled) when `monitor` says so.
    MatrixProductState(std::span<const double> amplitudes, const TruncationRule& rule,
                       const Monitor& monitor = Monitor());

    std::size_t sites() const { return m_sites.size(); }
    // Of bond b = 0 … sites() − 2, between sites b and b + 1:
    std::size_t bond(std::size_t b) const { return m_sites[b].bond; }
    std::size_t largestBond() const;
    const std::vector<double>& schmidtValues(std::size_t b) const
    {
        return m_sites[b].schmidtValues;
    }                                                                       // before truncation
    double discarded(std::size_t b) const { return m_sites[b].discarded; }  // Σσ²
    double entanglementEntropy(std::size_t b) const;  // −Σσ² ln σ² of the normalised spectrum, nats

    double truncationError() const;                       // ‖ψ − ψ̃‖² = Σ discarded(b)
    double squaredNorm() const { return m_squaredNorm; }  // ‖ψ̃‖² = ‖ψ‖² − truncationError()

    std::size_t parameterCount() const;           // Σ χ_{b−1}·2·χ_b
    std::size_t gaugeFreeParameterCount() const;  // less Σ χ_b², which a change of basis on each bond can choose

    std::vector<double> amplitudes() const;  // (2^L) of ψ̃, of norm ‖ψ̃‖

    // One basis state drawn from |ψ̃|²/‖ψ̃‖² (perfect sampling: Ferris and Vidal, PRB 85, 165146 (2012)); O(L χ²).
    std::size_t sample(RandomStream& stream) const;

private:
    struct Site {
        std::vector<double> tensor;  // (2 χ_{b−1}, χ_b), row-major: row 2a + s for left index a and bit s
        std::size_t bond = 1;        // χ_b; 1 after the last site
        std::vector<double> schmidtValues;
        double discarded = 0.0;
    };

    std::vector<Site> m_sites;
    double m_squaredNorm = 0.0;
};

// The order of the bits of (i, j) in a joint state Σ ψᵢⱼ |i⟩|j⟩: all of i, then all of j; or i₁ j₁ i₂ j₂ …, most significant
// first, the rest of the longer one at the end.
enum class SiteOrder { Block, Interleaved };

// The basis state's number of (i, j) with the given numbers of bits.
std::size_t jointIndex(std::size_t i, std::size_t j, std::size_t iBits, std::size_t jBits, SiteOrder order);

}  // namespace ketscope
