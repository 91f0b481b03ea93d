// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/qisa_counts.h"

#include "core/quantum/state_vector.h"

namespace ketscope {

std::size_t qisaParameterCount(QisaVersion version, std::size_t width, std::size_t headSize, std::size_t layers)
{
    const std::size_t circuit = 3 * qubitsFor(width) * layers;
    const std::size_t linear = 2 * (width * headSize + headSize);
    switch (version) {
    case QisaVersion::V1:
    case QisaVersion::V2: return 3 * circuit;
    case QisaVersion::V3: return linear + circuit;
    case QisaVersion::Paper: break;
    }
    return linear + width * width;
}

std::size_t classicalParameterCount(std::size_t width, std::size_t headSize) { return 3 * width * headSize; }

}  // namespace ketscope
