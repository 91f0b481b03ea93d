// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/operations.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nn/kernels.h"
#include "core/nn/product.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

using Kept = std::shared_ptr<const Tensor>;

bool wants(const Tape& tape, const ParameterPlace& place) { return tape.wantsParameters() && !place.name.empty(); }

std::span<float> vectorOf(Tape& tape, const ParameterPlace& place, std::size_t size)
{
    return wants(tape, place) ? tape.parameter(place).first(size) : std::span<float>();
}

// `in` is where the input was, `values` what it was; `slopes` as for Linear::backward().
void linearBackward(Tape& tape, const Linear& layer, MatrixView in, const Tensor& values, const Tensor& slopes,
                    MatrixView gradients)
{
    LinearGradients into;
    into.in = tape.gradients(in);
    for (const LinearPart& part : layer.parts()) {
        if (!tape.wantsParameters())
            break;
        LinearGradients::Part& to = into.parts.emplace_back();
        if (wants(tape, part.weight))
            to.weight = tape.parameter(part.weight).first(part.outputs * layer.inputs());
        to.bias = vectorOf(tape, part.bias, part.outputs);
    }
    layer.backward(values.matrix(), slopes, gradients, into);
}

}  // namespace

Tensor Operations::tensor(std::vector<std::size_t> shape) const
{
    Tensor result(std::move(shape));
    if (m_tape != nullptr)
        m_tape->hold(result);
    return result;
}

Tensor Operations::copyOf(MatrixView values) const
{
    Tensor result = tensor({values.rows, values.columns});
    copy(values, result.matrix());
    return result;
}

// Whether a tape has to know that these values change.
bool Operations::writes(MatrixView values) const
{
    if (m_tape == nullptr)
        return false;
    if (m_tape->variable(values).empty())
        fail({"gradients", "values that the tape holds", "others", "Report this."});
    return true;
}

void Operations::copy(MatrixView in, MutableMatrixView out) const
{
    copyRows(in, out);
    if (!writes(out))
        return;
    m_tape->record(out, [in = m_tape->variable(in), out](Tape& tape) {
        if (const Tensor gradients = tape.take(out); !gradients.empty())
            ketscope::addTo(gradients.matrix(), tape.gradients(in));
    });
}

void Operations::apply(const Linear& layer, MatrixView in, MutableMatrixView out) const
{
    if (m_tape == nullptr)
        return layer.apply(in, out);
    const auto slopes = std::make_shared<const Tensor>(layer.applyKeeping(in, out));
    writes(out);
    m_tape->record(out, [&layer, in = m_tape->variable(in), out, values = m_tape->keep(in), slopes](Tape& tape) {
        if (const Tensor gradients = tape.take(out); !gradients.empty())
            linearBackward(tape, layer, in, *values, *slopes, gradients.matrix());
    });
}

void Operations::addTo(const Linear& layer, MatrixView in, MutableMatrixView out, double Dropout::*whole) const
{
    if (m_tape == nullptr)
        return layer.addTo(in, out);
    Tensor part({in.rows, layer.outputs()});
    if (!layer.applyKeeping(in, part.matrix()).empty())
        fail({"linear layer", "no activation before a residual", "one", "Report this."});
    const auto factors = std::make_shared<const Tensor>(residualMask(in.rows, layer.outputs(), whole));
    if (!factors->empty())
        kernels().scale(factors->data(), factors->size(), part.data());
    ketscope::addTo(part.matrix(), out);
    writes(out);
    m_tape->record(out, [&layer, in = m_tape->variable(in), out, values = m_tape->keep(in), factors](Tape& tape) {
        if (const MatrixView gradients = tape.found(out); !gradients.empty())
            linearBackward(tape, layer, in, *values, *factors, gradients);
    });
}

void Operations::addTo(const std::shared_ptr<const FeedForwardPart>& part, MatrixView in, MutableMatrixView out,
                       const Places* places) const
{
    Tensor given = tensor({out.rows, out.columns});
    const MutableMatrixView values = given.matrix();
    const Kept kept = m_tape == nullptr ? nullptr : m_tape->keep(in);
    part->forward(in, values);
    if (writes(values)) {
        m_tape->record(values, [part, places, in = m_tape->variable(in), values, kept](Tape& tape) {
            const Tensor gradients = tape.take(values);
            if (gradients.empty())
                return;
            std::map<std::string, Tensor, std::less<>> trained;
            const bool wanted = places != nullptr && tape.wantsParameters();
            part->backward(kept->matrix(), gradients.matrix(), tape.gradients(in), wanted ? &trained : nullptr);
            for (const auto& [name, found] : trained)
                if (const auto place = places->find(name); place != places->end())
                    kernels().add(found.data(), found.size(), tape.parameter(place->second).data());
        });
        dropOut(m_tape->dropout().residuals, values);
    }
    add(values, out);
}

void Operations::add(MatrixView in, MutableMatrixView out) const
{
    ketscope::addTo(in, out);
    if (!writes(out))
        return;
    m_tape->record(out, [in = m_tape->variable(in), out](Tape& tape) {
        if (const MatrixView gradients = tape.found(out); !gradients.empty())
            ketscope::addTo(gradients, tape.gradients(in));
    });
}

// `bias`: where the gradients of the norm's bias go, of norms that have one.
template <typename Norm, typename Bias>
void Operations::applyNorm(const Norm& norm, MatrixView in, MutableMatrixView out, const Bias& bias) const
{
    const Kept values = m_tape == nullptr ? nullptr : m_tape->keep(in);  // `out` may be `in`
    norm.apply(in, out);
    if (!writes(out))
        return;
    m_tape->record(out, [&norm, in = m_tape->variable(in), out, values, bias](Tape& tape) {
        if (const Tensor gradients = tape.take(out); !gradients.empty())
            norm.backward(values->matrix(), gradients.matrix(),
                          {tape.gradients(in), vectorOf(tape, norm.weightPlace, norm.weight.size()), bias(tape)});
    });
}

void Operations::apply(const LayerNorm& norm, MatrixView in, MutableMatrixView out) const
{
    applyNorm(norm, in, out, [&norm](Tape& tape) { return vectorOf(tape, norm.biasPlace, norm.bias.size()); });
}

void Operations::apply(const RmsNorm& norm, MatrixView in, MutableMatrixView out) const
{
    applyNorm(norm, in, out, [](Tape&) { return std::span<float>(); });
}

void Operations::apply(const RotaryEmbedding& rotary, MutableMatrixView rows) const
{
    rotary.apply(rows);
    if (!writes(rows))
        return;
    m_tape->record(rows, [&rotary, rows](Tape& tape) {
        if (!tape.found(rows).empty())
            rotary.backward(tape.gradients(rows));
    });
}

void Operations::activate(Activation activation, MutableMatrixView values) const
{
    const Kept before = m_tape == nullptr ? nullptr : m_tape->keep(values);
    for (std::size_t row = 0; row < values.rows; ++row)
        for (float& x : values.row(row))
            x = static_cast<float>(ketscope::activate(activation, static_cast<double>(x)));
    if (!writes(values))
        return;
    m_tape->record(values, [activation, values, before](Tape& tape) {
        if (tape.found(values).empty())
            return;
        const MutableMatrixView gradients = tape.gradients(values);
        for (std::size_t row = 0; row < gradients.rows; ++row)
            for (std::size_t i = 0; i < gradients.columns; ++i)
                gradients(row, i) *=
                    static_cast<float>(slopeOf(activation, static_cast<double>(before->matrix()(row, i))));
    });
}

void Operations::addedRows(const ParameterPlace& place, std::span<const std::int32_t> ids, MutableMatrixView out,
                           bool overwrites) const
{
    if (!writes(out))
        return;
    m_tape->record(out, [place, out, overwrites, which = std::vector(ids.begin(), ids.end())](Tape& tape) {
        const MatrixView gradients = tape.found(out);
        if (!gradients.empty() && wants(tape, place)) {
            const std::span<float> table = tape.parameter(place);
            addToRows(gradients, which, {table.data(), table.size() / out.columns, out.columns});
        }
        if (overwrites)
            tape.take(out);
    });
}

void Operations::lookUp(const WeightTable& table, std::span<const std::int32_t> ids, MutableMatrixView out) const
{
    ketscope::lookUp(table.values, ids, out);
    addedRows(table.place, ids, out, true);
}

void Operations::addLookUp(const WeightTable& table, std::span<const std::int32_t> ids, MutableMatrixView out) const
{
    ketscope::addLookUp(table.values, ids, out);
    addedRows(table.place, ids, out, false);
}

void Operations::addPositions(const WeightTable& table, MutableMatrixView out) const
{
    ketscope::addPositions(table.values, out);
    std::vector<std::int32_t> ids(m_tape == nullptr ? 0 : out.rows);
    std::iota(ids.begin(), ids.end(), 0);
    addedRows(table.place, ids, out, false);
}

void Operations::lookedUp(const ParameterPlace& place, std::span<const std::int32_t> ids, MutableMatrixView out) const
{
    addedRows(place, ids, out, true);
}

void Operations::multiply(MutableMatrixView values, MatrixView factors) const
{
    const Kept before = m_tape == nullptr ? nullptr : m_tape->keep(values);
    const Kept by = m_tape == nullptr ? nullptr : m_tape->keep(factors);
    parallelFor(values.rows, values.columns, [&](std::size_t row) {
        for (std::size_t i = 0; i < values.columns; ++i)
            values(row, i) *= factors(row, i);
    });
    if (!writes(values))
        return;
    m_tape->record(values, [values, factors = m_tape->variable(factors), before, by](Tape& tape) {
        const Tensor gradients = tape.take(values);
        if (gradients.empty())
            return;
        const MutableMatrixView ofValues = tape.gradients(values), ofFactors = tape.gradients(factors);
        for (std::size_t row = 0; row < values.rows; ++row)
            for (std::size_t i = 0; i < values.columns; ++i) {
                const float gradient = gradients.matrix()(row, i);
                ofValues(row, i) += gradient * by->matrix()(row, i);
                if (!ofFactors.empty())
                    ofFactors(row, i) += gradient * before->matrix()(row, i);
            }
    });
}

namespace {

double productOf(std::span<const float> a, std::span<const float> b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Of u = x / |x|: (g − u ⟨u, g⟩) / |x|.
void unitBackward(std::span<const float> x, std::span<const float> gradients, std::span<float> into)
{
    const double length = std::sqrt(productOf(x, x));
    if (length == 0.0)
        return;
    const double along = productOf(x, gradients) / (length * length);
    for (std::size_t i = 0; i < x.size(); ++i)
        into[i] += static_cast<float>((static_cast<double>(gradients[i]) - static_cast<double>(x[i]) * along) / length);
}

}  // namespace

void Operations::makeUnit(MutableMatrixView rows) const
{
    const Kept before = m_tape == nullptr ? nullptr : m_tape->keep(rows);
    for (std::size_t row = 0; row < rows.rows; ++row) {
        const double length = std::sqrt(productOf(rows.row(row), rows.row(row)));
        for (float& value : rows.row(row))
            value = length == 0.0 ? value : static_cast<float>(static_cast<double>(value) / length);
    }
    if (!writes(rows))
        return;
    m_tape->record(rows, [rows, before](Tape& tape) {
        const Tensor gradients = tape.take(rows);
        for (std::size_t row = 0; !gradients.empty() && row < rows.rows; ++row)
            unitBackward(before->matrix().row(row), gradients.matrix().row(row), tape.gradients(rows).row(row));
    });
}

void Operations::scaledProducts(MatrixView a, MatrixView b, const WeightTable& logScale, MutableMatrixView out) const
{
    const float scale = std::exp(logScale.values.values().front());
    for (std::size_t i = 0; i < a.rows; ++i)
        out(0, i) = scale * static_cast<float>(productOf(a.row(i), b.row(0)));
    if (!writes(out))
        return;
    m_tape->record(out, [a = m_tape->variable(a), b = m_tape->variable(b), out, scale, place = logScale.place,
                         left = m_tape->keep(a), right = m_tape->keep(b)](Tape& tape) {
        const Tensor gradients = tape.take(out);
        if (gradients.empty())
            return;
        const MutableMatrixView ofA = tape.gradients(a), ofB = tape.gradients(b);
        const std::span<float> ofScale = vectorOf(tape, place, 1);
        for (std::size_t row = 0; row < left->matrix().rows; ++row) {
            const float gradient = scale * gradients.matrix()(0, row);
            for (std::size_t i = 0; i < right->size(); ++i) {
                if (!ofA.empty())
                    ofA(row, i) += gradient * right->matrix()(0, i);
                if (!ofB.empty())
                    ofB(0, i) += gradient * left->matrix()(row, i);
            }
            if (!ofScale.empty())
                ofScale.front() +=
                    gradient * static_cast<float>(productOf(left->matrix().row(row), right->matrix().row(0)));
        }
    });
}

namespace {

// A mask with values of its own.
struct KeptMask {
    KeptMask(Tape& tape, const AttentionMask& from)
        : mask(from), keyAllowed(from.keyAllowed.begin(), from.keyAllowed.end()),
          additive(from.additive.empty() ? nullptr : tape.keep(from.additive))
    {
        mask.keyAllowed = keyAllowed;
        mask.additive = additive ? additive->matrix() : MatrixView();
    }

    AttentionMask mask;
    std::vector<std::uint8_t> keyAllowed;
    Kept additive;
};

// A layer's attention with operands of its own, which stay when the buffers that it read are used again.
struct KeptLayer {
    KeptLayer(Tape& tape, const LayerAttention& from)
        : layer(from), queries(tape.keep(from.queries)), keys(tape.keep(from.keys)), values(tape.keep(from.values)),
          mask(tape, from.mask)
    {
        layer.queries = queries->matrix();
        layer.keys = keys->matrix();
        layer.values = values->matrix();
        layer.mask = mask.mask;
        for (const AttentionMask& each : from.headMasks)
            headMasks.push_back(std::make_unique<const KeptMask>(tape, each));
        for (const auto& each : headMasks)
            ofHeads.push_back(each->mask);
        layer.headMasks = ofHeads;
        if (!from.input.empty()) {
            input = tape.keep(from.input);
            layer.input = input->matrix();
        }
        if (!from.keyInput.empty()) {
            keyInput = tape.keep(from.keyInput);
            layer.keyInput = keyInput->matrix();
        }
    }
    KeptLayer(const KeptLayer&) = delete;
    KeptLayer& operator=(const KeptLayer&) = delete;
    ~KeptLayer() = default;

    LayerAttention layer;
    Kept queries, keys, values, input, keyInput;
    KeptMask mask;
    std::vector<std::unique_ptr<const KeptMask>> headMasks;
    std::vector<AttentionMask> ofHeads;
};

}  // namespace

namespace {

// The gradients of what training changes in single heads; those of tensors are taken out of `trained`.
void addOwn(Tape& tape, const LayerAttention& layer, const HeadPlan& plan, Operations::TrainedGradients& trained,
            const std::vector<std::map<std::string, double, std::less<>>>& parameters)
{
    for (std::size_t head = 0; head < layer.heads; ++head) {
        const HeadAssignment& what = plan.at(layer.stack, layer.layer, head);
        if (!what.trained)
            continue;
        for (const auto& [name, place] : what.trained->places) {
            if (const auto real = parameters[head].find(name); real != parameters[head].end())
                tape.parameter(place).front() += static_cast<float>(real->second);
            const auto found = trained[head].find(name);
            if (found == trained[head].end() || found->second.empty())
                continue;
            const std::span<float> to = tape.parameter(place);
            for (std::size_t i = 0; i < to.size(); ++i)
                to[i] += found->second.values()[i];
        }
        if (!what.trained->tensors.empty())
            trained[head].clear();
    }
}

}  // namespace

void Operations::addTrained(Tape& tape, const TrainedGradients& trained, const TrainedPlaces& places)
{
    for (std::size_t head = 0; head < trained.size(); ++head)
        for (const auto& [name, gradients] : trained[head]) {
            const auto place = places.find(name);
            if (place == places.end() || gradients.empty())
                continue;
            const std::span<float> to = tape.parameter(place->second).subspan(head * gradients.size());
            for (std::size_t i = 0; i < gradients.size(); ++i)
                to[i] += gradients.values()[i];
        }
}

LayerMaps Operations::attend(const LayerAttention& layer, const HeadPlan& plan, MutableMatrixView context,
                             const Monitor& monitor, bool keepMaps, const TrainedPlaces& places) const
{
    const auto kept = m_tape == nullptr ? nullptr : std::make_shared<const KeptLayer>(*m_tape, layer);
    LayerMaps maps = ketscope::attend(layer, plan, context, monitor);
    if (!writes(context))
        return maps;
    // Where the operands were, which is where their gradients are.
    const auto record = [kept, &plan, context, keepMaps, places, queries = m_tape->variable(layer.queries),
                         keys = m_tape->variable(layer.keys), values = m_tape->variable(layer.values),
                         input = m_tape->variable(layer.input),
                         keyInput = m_tape->variable(layer.keyInput)](Tape& tape) {
        const Tensor gradients = tape.take(context);
        if (gradients.empty())
            return;
        const LayerAttention& of = kept->layer;
        TrainedGradients trained(of.heads);
        std::vector<std::map<std::string, double, std::less<>>> parameters(of.heads);
        LayerGradients into = {.queries = tape.gradients(queries),
                               .keys = tape.gradients(keys),
                               .values = tape.gradients(values),
                               .input = tape.gradients(input),
                               .keyInput = tape.gradients(keyInput)};
        if (keepMaps)
            into.maps = &tape.map(of.stack, of.layer, {of.heads, of.queries.rows, of.keys.rows});
        if (tape.wantsParameters())
            into.trained = &trained;
        if (tape.wantsParameters())
            into.parameters = &parameters;
        attendBackward(of, plan, gradients.matrix(), into, tape.monitor());
        addOwn(tape, of, plan, trained, parameters);
        addTrained(tape, trained, places);
    };
    m_tape->record(context, record);
    return maps;
}

}  // namespace ketscope
