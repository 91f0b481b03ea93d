// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"
#include "core/quantum/gate_application.h"
#include "core/quantum/state_kernels.h"
#include "core/quantum/state_plan.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

// A state of more than `block` qubits is worked on in two passes: blocks of neighbouring amplitudes for the low bits, which
// stay in the first-level cache, then the high bits: of the whole state while that fits the second-level cache (up to
// `whole` qubits), else of columns of 2^column amplitudes out of every block. All of it as numbers of bits; amplitudes in
// single precision take half the memory.
template <typename Real> struct Sizes {
    static constexpr std::size_t kMore = sizeof(Real) == sizeof(double) ? 0 : 1;
    static constexpr std::size_t kBlock = 11 + kMore;
    static constexpr std::size_t kLargeBlock = 12 + kMore;  // of `whole` qubits and more: one pass fewer over high bits
    static constexpr std::size_t kWhole = 16 + kMore;
    static constexpr std::size_t kColumn = 3 + kMore;
};

constexpr std::size_t kTableBits = 6;

// So many amplitudes are as much work as one element of parallelFor(): below 16 qubits waking another thread for every
// layer costs more than it saves (bench/state_vectors_bench.cpp).
constexpr std::size_t kAmplitudesOfElement = 4;

// How many bits the first of two tables of factors stands for.
std::size_t tableBits(std::size_t qubits)
{
    return qubits < 8 ? std::max((qubits + 1) / 2, std::min<std::size_t>(qubits, 2)) : kTableBits;
}

// Entry i is the XOR (or product, below) of what belongs to the bits that are set in i.
void fillXors(std::span<const std::uint32_t> parts, std::uint32_t start, std::vector<std::uint32_t>& table)
{
    table.resize(std::size_t{1} << parts.size());
    table[0] = start;
    for (std::size_t bit = 0; bit < parts.size(); ++bit)
        for (std::size_t i = 0, count = std::size_t{1} << bit; i < count; ++i)
            table[i + count] = table[i] ^ parts[bit];
}

void fillProducts(std::span<const std::array<Complex, 2>> phases, std::vector<Complex>& table)
{
    table.resize(std::size_t{1} << phases.size());
    table[0] = 1.0;
    for (std::size_t bit = 0; bit < phases.size(); ++bit)
        for (std::size_t i = 0, count = std::size_t{1} << bit; i < count; ++i) {
            table[i + count] = product(table[i], phases[bit][1]);
            table[i] = product(table[i], phases[bit][0]);
        }
}

// Where each amplitude comes from, as low[i % 2^bits] XOR high[i / 2^bits]. Filled again only where layers differ.
struct Sources {
    void fill(const StateLayer& layer, std::size_t bits)
    {
        if (low.size() == std::size_t{1} << bits && parts == layer.sourceOfBit && low[0] == layer.sourceOfZero)
            return;
        parts = layer.sourceOfBit;
        fillXors(std::span(parts).first(bits), layer.sourceOfZero, low);
        fillXors(std::span(parts).subspan(bits), 0, high);
    }

    std::vector<std::uint32_t> parts;
    std::vector<std::uint32_t> low;
    std::vector<std::uint32_t> high;
};

// The phases of a layer, in the form that the kernels take; found in double precision.
template <typename Real> struct Phases {
    void fill(const StateLayer& layer, std::size_t bits)
    {
        count = std::size_t{1} << bits;
        fillProducts(std::span(layer.phases).subspan(bits), products);
        high.assign(products.begin(), products.end());
        fillProducts(std::span(layer.phases).first(bits), products);
        same.resize(2 * count);
        cross.resize(2 * count);
        for (std::size_t i = 0; i < count; ++i) {
            same[2 * i] = same[2 * i + 1] = static_cast<Real>(products[i].real());
            cross[2 * i] = static_cast<Real>(-products[i].imag());
            cross[2 * i + 1] = static_cast<Real>(products[i].imag());
        }
    }

    // From the run of `count` amplitudes with this number on.
    const Real* highFrom(std::size_t run) const { return reinterpret_cast<const Real*>(high.data() + run); }

    std::size_t count = 0;
    std::vector<Complex> products;
    std::vector<Real> same;
    std::vector<Real> cross;
    std::vector<std::complex<Real>> high;
};

// Kept from one layer to the next.
template <typename Real> struct Tables {
    Sources sources;
    Phases<Real> phases;
};

template <typename Real>
void runSmall(const StateLayer& layer, std::size_t qubits, BasicAmplitudes<Real>& state, BasicAmplitudes<Real>& spare,
              Tables<Real>& tables)
{
    const KetscopeStateKernelsOf<Real>& kernel = stateKernelsOf<Real>();
    const std::size_t bits = tableBits(qubits);
    if (layer.moves) {
        tables.sources.fill(layer, bits);
        const Sources& sources = tables.sources;
        kernel.gather(state.reals(), spare.reals(), state.size(), sources.low.data(), sources.low.size(),
                      sources.high.data());
        std::swap(state, spare);
    }
    kernel.rotate(state.reals(), state.size(), layer.gates.data(), layer.gates.size());
    if (layer.turns) {
        tables.phases.fill(layer, bits);
        const Phases<Real>& phases = tables.phases;
        kernel.phase(state.reals(), state.size(), phases.same.data(), phases.cross.data(), phases.count,
                     phases.highFrom(0));
    }
}

// Moves, gates on low bits, and the phases unless gates on high bits come before them.
template <typename Real>
void runBlocks(const StateLayer& layer, std::size_t blockBits, std::size_t lowGates, bool turnNow,
               BasicAmplitudes<Real>& state, BasicAmplitudes<Real>& spare, Tables<Real>& tables)
{
    const KetscopeStateKernelsOf<Real>& kernel = stateKernelsOf<Real>();
    const std::size_t size = std::size_t{1} << blockBits;
    const std::size_t runs = size >> kTableBits;
    tables.sources.fill(layer, kTableBits);
    if (turnNow)
        tables.phases.fill(layer, kTableBits);
    const Sources& sources = tables.sources;
    const Phases<Real>& phases = tables.phases;
    Real* target = layer.moves ? spare.reals() : state.reals();
    parallelFor(state.size() / size, size / kAmplitudesOfElement, [&](std::size_t block) {
        Real* at = target + 2 * block * size;
        if (layer.moves)
            kernel.gather(state.reals(), at, size, sources.low.data(), sources.low.size(),
                          sources.high.data() + block * runs);
        kernel.rotate(at, size, layer.gates.data(), lowGates);
        if (turnNow)
            kernel.phase(at, size, phases.same.data(), phases.cross.data(), phases.count,
                         phases.highFrom(block * runs));
    });
    if (layer.moves)
        std::swap(state, spare);
}

// Gates on high bits, then the phases.
template <typename Real>
void runColumns(const StateLayer& layer, std::size_t blockBits, std::size_t lowGates, BasicAmplitudes<Real>& state,
                Tables<Real>& tables)
{
    const KetscopeStateKernelsOf<Real>& kernel = stateKernelsOf<Real>();
    constexpr std::size_t kWidth = std::size_t{1} << Sizes<Real>::kColumn;
    const std::size_t rows = state.size() >> blockBits;
    std::vector<KetscopeQubitGate> gates(layer.gates.begin() + static_cast<std::ptrdiff_t>(lowGates),
                                         layer.gates.end());
    for (KetscopeQubitGate& gate : gates)
        gate.bit -= static_cast<unsigned>(blockBits - Sizes<Real>::kColumn);
    tables.phases.fill(layer, blockBits);
    const Phases<Real>& phases = tables.phases;
    parallelFor((std::size_t{1} << blockBits) / kWidth, rows * kWidth / kAmplitudesOfElement, [&](std::size_t column) {
        BasicAmplitudes<Real> local(rows * kWidth);
        std::complex<Real>* at = state.data() + column * kWidth;
        for (std::size_t row = 0; row < rows; ++row)
            std::copy_n(at + (row << blockBits), kWidth, local.data() + row * kWidth);
        kernel.rotate(local.reals(), local.size(), gates.data(), gates.size());
        if (layer.turns)
            kernel.phase(local.reals(), local.size(), phases.same.data() + 2 * column * kWidth,
                         phases.cross.data() + 2 * column * kWidth, kWidth, phases.highFrom(0));
        for (std::size_t row = 0; row < rows; ++row)
            std::copy_n(local.data() + row * kWidth, kWidth, at + (row << blockBits));
    });
}

template <typename Real>
void runWhole(const StateLayer& layer, std::size_t lowGates, BasicAmplitudes<Real>& state, Tables<Real>& tables)
{
    const KetscopeStateKernelsOf<Real>& kernel = stateKernelsOf<Real>();
    kernel.rotate(state.reals(), state.size(), layer.gates.data() + lowGates, layer.gates.size() - lowGates);
    if (!layer.turns)
        return;
    tables.phases.fill(layer, kTableBits);
    const Phases<Real>& phases = tables.phases;
    kernel.phase(state.reals(), state.size(), phases.same.data(), phases.cross.data(), phases.count,
                 phases.highFrom(0));
}

template <typename Real>
void runLarge(const StateLayer& layer, BasicAmplitudes<Real>& state, BasicAmplitudes<Real>& spare, Tables<Real>& tables)
{
    using Bits = Sizes<Real>;
    const bool fits = state.size() <= std::size_t{1} << Bits::kWhole;
    const std::size_t blockBits = state.size() < std::size_t{1} << Bits::kWhole ? Bits::kBlock : Bits::kLargeBlock;
    const auto firstHigh =
        std::ranges::find_if(layer.gates, [=](const KetscopeQubitGate& gate) { return gate.bit >= blockBits; });
    const auto lowGates = static_cast<std::size_t>(firstHigh - layer.gates.begin());
    const bool hasHighGates = lowGates < layer.gates.size();
    if (layer.moves || lowGates > 0 || (layer.turns && !hasHighGates))
        runBlocks(layer, blockBits, lowGates, layer.turns && !hasHighGates, state, spare, tables);
    if (!hasHighGates)
        return;
    if (fits)
        runWhole(layer, lowGates, state, tables);
    else
        runColumns(layer, blockBits, lowGates, state, tables);
}

}  // namespace

template <typename Real> void runLayers(const std::vector<StateLayer>& layers, BasicAmplitudes<Real>& state)
{
    const auto qubits = static_cast<std::size_t>(std::countr_zero(state.size()));
    BasicAmplitudes<Real> spare;
    Tables<Real> tables;
    if (std::ranges::any_of(layers, &StateLayer::moves))
        spare = BasicAmplitudes<Real>(state.size());
    for (const StateLayer& layer : layers) {
        if (qubits <= Sizes<Real>::kBlock)
            runSmall(layer, qubits, state, spare, tables);
        else
            runLarge(layer, state, spare, tables);
        for (const Operation& operation : layer.others)
            applyGate(operation, operation.angle.offset, state.values());
    }
}

template void runLayers(const std::vector<StateLayer>&, Amplitudes&);
template void runLayers(const std::vector<StateLayer>&, SingleAmplitudes&);

namespace {

// The states of a batch one by one, for the few gates without a batch kernel.
template <typename Real> void applyToBatch(const Operation& operation, std::size_t amplitudes, Real* state)
{
    constexpr std::size_t kLanes = kStateLanesOf<Real>;
    std::vector<Complex> single(amplitudes);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        Real* at = state + lane;
        for (std::size_t b = 0; b < amplitudes; ++b)
            single[b] = {at[2 * b * kLanes], at[(2 * b + 1) * kLanes]};
        applyGate(operation, operation.angle.offset, single);
        for (std::size_t b = 0; b < amplitudes; ++b) {
            at[2 * b * kLanes] = static_cast<Real>(single[b].real());
            at[(2 * b + 1) * kLanes] = static_cast<Real>(single[b].imag());
        }
    }
}

}  // namespace

template <typename Real>
void runLayersOnBatch(const std::vector<StateLayer>& layers, std::size_t qubits, Real* state, Real* spare)
{
    const KetscopeStateKernelsOf<Real>& kernel = stateKernelsOf<Real>();
    const std::size_t amplitudes = std::size_t{1} << qubits;
    const std::size_t bits = tableBits(qubits);
    Tables<Real> tables;
    Real* from = state;
    Real* to = spare;
    for (const StateLayer& layer : layers) {
        if (layer.moves) {
            tables.sources.fill(layer, bits);
            const Sources& sources = tables.sources;
            kernel.gatherBatch(from, to, amplitudes, sources.low.data(), sources.low.size(), sources.high.data());
            std::swap(from, to);
        }
        kernel.rotateBatch(from, amplitudes, layer.gates.data(), layer.gates.size());
        if (layer.turns) {
            tables.phases.fill(layer, bits);
            const Phases<Real>& phases = tables.phases;
            kernel.phaseBatch(from, amplitudes, phases.same.data(), phases.cross.data(), phases.count,
                              phases.highFrom(0));
        }
        for (const Operation& operation : layer.others)
            applyToBatch(operation, amplitudes, from);
    }
    if (from != state)
        std::memcpy(state, from, amplitudes * 2 * kStateLanesOf<Real> * sizeof(Real));
}

template void runLayersOnBatch(const std::vector<StateLayer>&, std::size_t, double*, double*);
template void runLayersOnBatch(const std::vector<StateLayer>&, std::size_t, float*, float*);

}  // namespace ketscope
