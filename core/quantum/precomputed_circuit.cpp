// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/precomputed_circuit.h"

#include "core/quantum/state_batch.h"

#include <algorithm>
#include <bit>
#include <deque>
#include <mutex>
#include <unordered_map>

namespace ketscope {

namespace {

using Eigen::Index;
using Pointer = std::shared_ptr<const PrecomputedCircuit>;

Pointer precompute(const Circuit& circuit, std::span<const double> angles, std::span<const PauliString> strings)
{
    const std::size_t size = std::size_t{1} << circuit.qubits();
    const auto rows = static_cast<Index>(size);
    StateBatch columns(circuit.qubits(), size);
    std::vector<double> basis(size);
    for (std::size_t b = 0; b < size; ++b) {
        basis[b] = 1.0;
        columns.write(b, basis, {});
        basis[b] = 0.0;
    }
    columns.apply(circuit, angles);
    auto made = std::make_shared<PrecomputedCircuit>();
    made->real.resize(rows, rows);
    made->imaginary.resize(rows, rows);
    PrecomputedCircuit::Matrix real(rows, rows);  // of Uᵀ, then of (PU)ᵀ
    PrecomputedCircuit::Matrix imaginary(rows, rows);
    const auto read = [&](const StateBatch& batch) {
        for (Index b = 0; b < rows; ++b)
            batch.read(static_cast<std::size_t>(b), {real.row(b).data(), size}, {imaginary.row(b).data(), size});
    };
    read(columns);
    made->real = real.transpose();
    made->imaginary = imaginary.transpose();
    const std::vector<double> ones(strings.empty() ? 0 : size, 1.0);
    for (const PauliString& string : strings) {
        read(columns.observed(std::span(&string, 1), ones));
        made->observables.emplace_back(made->real.transpose() * real.transpose()
                                       + made->imaginary.transpose() * imaginary.transpose());
    }
    return made;
}

// Circuits that were found, the oldest first to go.
class Remembered {
public:
    Pointer find(const Circuit& circuit, std::span<const double> angles, std::span<const PauliString> strings)
    {
        const std::uint64_t key = keyOf(circuit, angles, strings);
        {
            const std::lock_guard lock(m_mutex);
            const auto known = m_entries.find(key);
            if (known != m_entries.end() && known->second.isOf(circuit, angles, strings))
                return known->second.made;
        }
        Pointer made = precompute(circuit, angles, strings);
        remember(key, {circuit, {angles.begin(), angles.end()}, {strings.begin(), strings.end()}, made});
        return made;
    }

private:
    struct Entry {
        Circuit circuit;
        std::vector<double> angles;
        std::vector<PauliString> strings;
        Pointer made;

        bool isOf(const Circuit& other, std::span<const double> otherAngles,
                  std::span<const PauliString> otherStrings) const
        {
            return std::ranges::equal(angles, otherAngles) && std::ranges::equal(strings, otherStrings)
                   && circuit == other;
        }
        std::size_t bytes() const
        {
            return (2 + made->observables.size()) * static_cast<std::size_t>(made->real.size()) * sizeof(double);
        }
    };

    static std::uint64_t keyOf(const Circuit& circuit, std::span<const double> angles,
                               std::span<const PauliString> strings)
    {
        std::uint64_t key = 0xcbf29ce484222325U;  // FNV-1a, a word at a time
        const auto add = [&](std::uint64_t word) { key = (key ^ word) * 0x100000001b3U ^ (key >> 29); };
        add(circuit.qubits());
        add(circuit.operations().size());
        for (const double angle : angles)
            add(std::bit_cast<std::uint64_t>(angle));
        for (const PauliString& string : strings) {
            add(string.x);
            add(string.z);
        }
        return key;
    }

    void remember(std::uint64_t key, Entry entry)
    {
        const std::size_t bytes = entry.bytes();
        const std::lock_guard lock(m_mutex);
        if (bytes > kRememberedBytes || !m_entries.try_emplace(key, std::move(entry)).second)
            return;
        m_order.push_back(key);
        m_bytes += bytes;
        while (m_bytes > kRememberedBytes) {
            const auto oldest = m_entries.find(m_order.front());
            m_bytes -= oldest->second.bytes();
            m_entries.erase(oldest);
            m_order.pop_front();
        }
    }

    std::mutex m_mutex;
    std::unordered_map<std::uint64_t, Entry> m_entries;
    std::deque<std::uint64_t> m_order;
    std::size_t m_bytes = 0;
};

}  // namespace

std::shared_ptr<const PrecomputedCircuit> precomputedCircuit(const Circuit& circuit, std::span<const double> angles,
                                                             std::span<const PauliString> strings)
{
    static Remembered remembered;
    return remembered.find(circuit, angles, strings);
}

}  // namespace ketscope
