// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/tape.h"

#include <algorithm>

namespace ketscope {

namespace {

// Whether these are all of `size` values that lie one after the other.
bool isWhole(MatrixView values, std::size_t size)
{
    return values.rows * values.columns == size && values.stride == values.columns;
}

}  // namespace

void Tape::hold(const Tensor& tensor)
{
    if (!tensor.empty())
        m_held[tensor.data()] = {tensor.memory(), tensor.size()};
}

const Tape::Held* Tape::holderOf(MatrixView values) const
{
    const auto after = values.empty() ? m_held.begin() : m_held.upper_bound(values.data);
    if (after == m_held.begin())
        return nullptr;
    const auto holder = std::prev(after);
    const auto offset = static_cast<std::size_t>(values.data - holder->first);
    return offset < holder->second.size ? &holder->second : nullptr;
}

void Tape::record(std::function<void(Tape&)> backward)
{
    m_kept.clear();
    m_steps.push_back(std::move(backward));
}

void Tape::record(MatrixView written, std::function<void(Tape&)> backward)
{
    std::erase_if(m_kept, [holder = holderOf(written)](const Kept& kept) { return kept.holder == holder; });
    m_steps.push_back(std::move(backward));
}

std::shared_ptr<const Tensor> Tape::keep(MatrixView values)
{
    constexpr std::size_t kMost = 4;
    const Held* const holder = holderOf(values);
    for (const Kept& kept : m_kept)
        if (kept.where.data == values.data && kept.where.stride == values.stride && kept.where.rows == values.rows
            && kept.where.columns == values.columns)
            return kept.values;
    auto copy = std::make_shared<const Tensor>(copyOf(values));
    if (holder == nullptr)
        return copy;
    if (m_kept.size() >= kMost)
        m_kept.erase(m_kept.begin());
    m_kept.push_back({holder, values, copy});
    return copy;
}

MutableMatrixView Tape::gradients(MatrixView values)
{
    Held* const holder = const_cast<Held*>(holderOf(values));
    if (holder == nullptr)
        return {};
    if (holder->gradients.empty())
        holder->gradients = isWhole(values, holder->size) ? Tensor::zeros({values.rows, values.columns})
                                                          : Tensor::zeros({holder->size});
    return {holder->gradients.data() + (values.data - holder->memory.get()), values.rows, values.columns,
            values.stride};
}

MatrixView Tape::found(MatrixView values) const
{
    const Held* const holder = holderOf(values);
    if (holder == nullptr || holder->gradients.empty())
        return {};
    return {holder->gradients.data() + (values.data - holder->memory.get()), values.rows, values.columns,
            values.stride};
}

Tensor Tape::take(MatrixView values)
{
    Held* const holder = const_cast<Held*>(holderOf(values));
    if (holder == nullptr || holder->gradients.empty())
        return {};
    const std::vector<std::size_t>& shape = holder->gradients.shape();
    if (isWhole(values, holder->size) && shape.size() == 2 && shape[1] == values.columns)
        return std::exchange(holder->gradients, Tensor());
    const MutableMatrixView here = gradients(values);
    Tensor taken = copyOf(here);
    for (std::size_t row = 0; row < here.rows; ++row)
        std::ranges::fill(here.row(row), 0.0F);
    return taken;
}

std::span<float> Tape::parameter(const ParameterPlace& place)
{
    Tensor& gradients = m_parameters[place.name];
    if (gradients.empty())
        gradients = Tensor::zeros(place.shape);
    return gradients.values().subspan(place.first);
}

Tensor& Tape::map(std::size_t stack, std::size_t layer, const std::vector<std::size_t>& shape)
{
    Tensor& gradients = m_maps[{stack, layer}];
    if (gradients.empty())
        gradients = Tensor::zeros(shape);
    return gradients;
}

void Tape::backward(Monitor& monitor)
{
    m_monitor = &monitor;
    m_kept.clear();
    const auto all = static_cast<double>(m_steps.size());
    while (!m_steps.empty()) {
        monitor.check();
        monitor.progress(1.0 - static_cast<double>(m_steps.size()) / all, "Gradients");
        m_steps.back()(*this);
        m_steps.pop_back();  // with what it kept
    }
}

}  // namespace ketscope
