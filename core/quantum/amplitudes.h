// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/buffer.h"

#include <complex>
#include <span>

namespace ketscope {

// An owned array of amplitudes in 64-byte aligned, recycled memory. Moves; copies only when asked to. Contents are
// undefined after construction.
template <typename Real> class BasicAmplitudes {
public:
    BasicAmplitudes() = default;
    explicit BasicAmplitudes(std::size_t count)
        : m_count(count), m_data(allocateFloats(count * sizeof(std::complex<Real>) / sizeof(float)))
    {
    }

    std::size_t size() const { return m_count; }
    std::complex<Real>* data() { return reinterpret_cast<std::complex<Real>*>(m_data.get()); }
    const std::complex<Real>* data() const { return reinterpret_cast<const std::complex<Real>*>(m_data.get()); }
    std::span<std::complex<Real>> values() { return {data(), m_count}; }
    std::span<const std::complex<Real>> values() const { return {data(), m_count}; }
    // As (re, im), (re, im), …, which is how std::complex is stored.
    Real* reals() { return reinterpret_cast<Real*>(m_data.get()); }
    const Real* reals() const { return reinterpret_cast<const Real*>(m_data.get()); }

private:
    std::size_t m_count = 0;
    std::shared_ptr<float> m_data;
};

using Amplitudes = BasicAmplitudes<double>;
using SingleAmplitudes = BasicAmplitudes<float>;

}  // namespace ketscope
