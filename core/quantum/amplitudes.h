// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/buffer.h"

#include <complex>
#include <span>

namespace ketscope {

// An owned array of amplitudes in 64-byte aligned, recycled memory. Moves; copies only when asked to. Contents are
// undefined after construction.
class Amplitudes {
public:
    Amplitudes() = default;
    explicit Amplitudes(std::size_t count)
        : m_count(count), m_data(allocateFloats(count * sizeof(std::complex<double>) / sizeof(float)))
    {
    }

    std::size_t size() const { return m_count; }
    std::complex<double>* data() { return reinterpret_cast<std::complex<double>*>(m_data.get()); }
    const std::complex<double>* data() const { return reinterpret_cast<const std::complex<double>*>(m_data.get()); }
    std::span<std::complex<double>> values() { return {data(), m_count}; }
    std::span<const std::complex<double>> values() const { return {data(), m_count}; }
    // As (re, im), (re, im), …, which is how std::complex is stored.
    double* reals() { return reinterpret_cast<double*>(m_data.get()); }
    const double* reals() const { return reinterpret_cast<const double*>(m_data.get()); }

private:
    std::size_t m_count = 0;
    std::shared_ptr<float> m_data;
};

}  // namespace ketscope
