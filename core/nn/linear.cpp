// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/linear.h"

#include "core/attention/rows.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/tensor.h"
#include "core/nn/product.h"

#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>

namespace ketscope {

namespace {

using dnnl::memory;
using Dimension = memory::dim;

// One tile of work: kRowTile rows of the input by one column tile of the weights. Fixed, so that the arithmetic does not
// depend on the number of threads; wide enough for the product to run at full speed.
constexpr std::size_t kRowTile = 128;
constexpr std::size_t kColumnUnit = 64;
constexpr std::size_t kColumnTiles = 4;
constexpr std::size_t kWidestTile = 256;
constexpr std::size_t kWhole = 16384;  // weights of a layer that is one tile: less is not worth a second thread

Dimension dimension(std::size_t value) { return static_cast<Dimension>(value); }

// While it lives, oneDNN works in the calling thread alone and plans its work for one thread.
class OneThread {
public:
    OneThread() : m_before(omp_get_max_threads()) { omp_set_num_threads(1); }
    ~OneThread() { omp_set_num_threads(m_before); }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    int m_before;
};

// Never destroyed, as threads may still have streams of it while the program ends.
const dnnl::engine& engine()
{
    static const dnnl::engine& s_engine = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
    return s_engine;
}

dnnl::stream& streamOfThread()
{
    thread_local dnnl::stream stream(engine());
    return stream;
}

// What a product's code depends on.
struct Shape {
    std::size_t rows, inputs, outputs;
    bool bias;

    auto operator<=>(const Shape&) const = default;
};

memory::desc plain(std::size_t rows, std::size_t columns, std::size_t rowStride, std::size_t columnStride)
{
    return {{dimension(rows), dimension(columns)},
            memory::data_type::f32,
            memory::dims{dimension(rowStride), dimension(columnStride)}};
}

dnnl::matmul::primitive_desc describe(const Shape& shape, const memory::desc& weights)
{
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const memory::desc in = plain(shape.rows, shape.inputs, shape.inputs, 1);
    const memory::desc out = plain(shape.rows, shape.outputs, shape.outputs, 1);
    if (!shape.bias)
        return {dnnl::matmul::desc(in, weights, out), attributes, engine()};
    return {dnnl::matmul::desc(in, weights, plain(1, shape.outputs, shape.outputs, 1), out), attributes, engine()};
}

// The layout that the library wants the weights of a tile in.
memory::desc packedLayout(std::size_t inputs, std::size_t outputs)
{
    static std::mutex s_mutex;
    static std::map<std::pair<std::size_t, std::size_t>, memory::desc> s_layouts;
    const std::lock_guard lock(s_mutex);
    const auto known = s_layouts.find({inputs, outputs});
    if (known != s_layouts.end())
        return known->second;
    const OneThread one;
    const memory::desc any({dimension(inputs), dimension(outputs)}, memory::data_type::f32, memory::format_tag::any);
    const Shape shape{kRowTile, inputs, outputs, true};
    return s_layouts[{inputs, outputs}] = describe(shape, any).weights_desc();
}

struct Product {
    explicit Product(const dnnl::matmul::primitive_desc& description)
        : run(description), in(description.src_desc()), out(description.dst_desc()),
          scratch(description.scratchpad_desc())
    {
    }

    dnnl::matmul run;
    memory::desc in, out, scratch;
};

// Products by shape: layers share them, and generating the code of one takes longer than running it once.
std::shared_ptr<const Product> productFor(const Shape& shape, const memory::desc& weights)
{
    constexpr std::size_t kMost = 1024;
    static std::mutex s_mutex;
    static std::map<Shape, std::shared_ptr<const Product>> s_products;
    const std::lock_guard lock(s_mutex);
    const auto found = s_products.find(shape);
    if (found != s_products.end())
        return found->second;
    const OneThread one;
    if (s_products.size() >= kMost)
        s_products.clear();
    return s_products[shape] = std::make_shared<const Product>(describe(shape, weights));
}

enum class Scratch { Input, Output, Library };

float* scratchOfThread(Scratch purpose, std::size_t size)
{
    thread_local std::array<Tensor, 3> scratch;
    Tensor& tensor = scratch[static_cast<std::size_t>(purpose)];
    if (tensor.size() < size)
        tensor = Tensor({size});
    return tensor.data();
}

memory wrap(const memory::desc& description, const float* values)
{
    return {description, engine(), const_cast<float*>(values)};
}

}  // namespace

struct Linear::Packed {
    struct Tile {
        std::size_t first;  // output
        std::size_t width;
        std::size_t offset;  // into weights
        memory::desc layout;
    };

    std::size_t inputs = 0;
    std::size_t outputs = 0;
    Activation activation = Activation::None;
    std::vector<Tile> tiles;
    Tensor weights;
    std::vector<float> bias;
    mutable std::once_flag turnedOnce;
    mutable PackedMatrix turned;  // of layers that keep it, for passes that are run backwards
    mutable std::once_flag straightOnce;
    mutable PackedMatrix straight;  // likewise, for all passes

    Packed(std::size_t in, std::size_t out, std::span<const float> biases, Activation act);
    void cutIntoTiles();
    void pack(MatrixView from, WeightLayout layout);
    void pack(const WeightRows& read);
    void packTile(const Tile& tile, const float* from, std::size_t inputStride, std::size_t outputStride);
    const float* denseRows(MatrixView in) const;
    void runTile(const Tile& tile, const Product& product, MatrixView in, MutableMatrixView out, bool sum) const;
    void runTiles(MatrixView in, MutableMatrixView out, bool sum) const;
    Tensor unpacked() const;
    bool keepsMore() const;
    void run(MatrixView in, MutableMatrixView out) const;
    void activate(MutableMatrixView values, Tensor* slopes) const;
    void addTurned(MatrixView gradients, MutableMatrixView into) const;
};

Linear::Packed::Packed(std::size_t in, std::size_t out, std::span<const float> biases, Activation act)
    : inputs(in), outputs(out), activation(act), bias(biases.begin(), biases.end())
{
    if (inputs == 0 || outputs == 0 || (!bias.empty() && bias.size() != outputs))
        fail({"linear layer", "weights and a bias that fit", "other shapes", "Report this."});
    cutIntoTiles();
}

void Linear::Packed::cutIntoTiles()
{
    const std::size_t least = inputs * outputs <= kWhole ? 1 : kColumnTiles;
    const std::size_t count = std::max(least, (outputs + kWidestTile - 1) / kWidestTile);
    const std::size_t even = (outputs + count - 1) / count;
    const std::size_t width = (even + kColumnUnit - 1) / kColumnUnit * kColumnUnit;
    std::size_t size = 0;
    for (std::size_t first = 0; first < outputs; first += width) {
        const std::size_t here = std::min(width, outputs - first);
        const memory::desc layout =
            tiles.empty() || tiles.back().width != here ? packedLayout(inputs, here) : tiles.back().layout;
        tiles.push_back({first, here, size, layout});
        constexpr std::size_t kLine = 16;  // floats of a cache line: tiles start aligned
        size += (layout.get_size() / sizeof(float) + kLine - 1) / kLine * kLine;
    }
    weights = Tensor({size});
}

void Linear::Packed::packTile(const Tile& tile, const float* from, std::size_t inputStride, std::size_t outputStride)
{
    const OneThread one;
    memory in = wrap(plain(inputs, tile.width, inputStride, outputStride), from);
    memory out = wrap(tile.layout, weights.data() + tile.offset);
    dnnl::reorder(in, out).execute(streamOfThread(), in, out);
    streamOfThread().wait();
}

void Linear::Packed::pack(MatrixView from, WeightLayout layout)
{
    const bool outputRows = layout == WeightLayout::OutputInput;
    parallelFor(tiles.size(), inputs * tiles.front().width, [&](std::size_t index) {
        const Tile& tile = tiles[index];
        packTile(tile, from.data + tile.first * (outputRows ? from.stride : 1), outputRows ? 1 : from.stride,
                 outputRows ? from.stride : 1);
    });
}

void Linear::Packed::pack(const WeightRows& read)
{
    parallelFor(tiles.size(), inputs * tiles.front().width, [&](std::size_t index) {
        const Tile& tile = tiles[index];
        const std::span<float> rows(scratchOfThread(Scratch::Input, tile.width * inputs), tile.width * inputs);
        read(tile.first, rows);
        packTile(tile, rows.data(), 1, inputs);
    });
}

// The library's fast products take and give only matrices without gaps between rows.
const float* Linear::Packed::denseRows(MatrixView in) const
{
    if (in.stride == inputs)
        return in.data;
    float* dense = scratchOfThread(Scratch::Input, in.rows * inputs);
    copyRows(in, {dense, in.rows, inputs});
    return dense;
}

void Linear::Packed::runTile(const Tile& tile, const Product& product, MatrixView in, MutableMatrixView out,
                             bool sum) const
{
    const OneThread one;
    const bool direct = !sum && out.stride == tile.width;
    float* result = direct ? out.data : scratchOfThread(Scratch::Output, in.rows * tile.width);
    float* work = scratchOfThread(Scratch::Library, product.scratch.get_size() / sizeof(float) + 1);
    std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, wrap(product.in, denseRows(in))},
                                                 {DNNL_ARG_WEIGHTS, wrap(tile.layout, weights.data() + tile.offset)},
                                                 {DNNL_ARG_DST, wrap(product.out, result)},
                                                 {DNNL_ARG_SCRATCHPAD, wrap(product.scratch, work)}};
    if (!bias.empty())
        arguments.emplace(DNNL_ARG_BIAS, wrap(plain(1, tile.width, tile.width, 1), bias.data() + tile.first));
    product.run.execute(streamOfThread(), arguments);
    streamOfThread().wait();
    if (direct)
        return;
    const MatrixView found(result, in.rows, tile.width);
    const MutableMatrixView to = out.middleColumns(tile.first, tile.width);
    if (sum)
        return ketscope::addTo(found, to);
    copyRows(found, to);
}

void Linear::Packed::runTiles(MatrixView in, MutableMatrixView out, bool sum) const
{
    const std::size_t rowTiles = (in.rows + kRowTile - 1) / kRowTile;
    struct Work {
        const Tile* tile;
        std::size_t firstRow;
        std::size_t rows;
        std::shared_ptr<const Product> product;
    };
    std::vector<Work> work;
    for (const Tile& tile : tiles) {
        for (std::size_t row = 0; row < rowTiles; ++row) {
            const std::size_t rows = std::min(kRowTile, in.rows - row * kRowTile);
            const bool same = !work.empty() && work.back().rows == rows && work.back().tile->width == tile.width;
            work.push_back(
                {&tile, row * kRowTile, rows,
                 same ? work.back().product : productFor({rows, inputs, tile.width, !bias.empty()}, tile.layout)});
        }
    }
    parallelFor(work.size(), inputs * tiles.front().width, [&](std::size_t index) {
        const Work& one = work[index];
        runTile(*one.tile, *one.product, in.middleRows(one.firstRow, one.rows), out.middleRows(one.firstRow, one.rows),
                sum);
    });
}

// The weights as a matrix (outputs, inputs).
Tensor Linear::Packed::unpacked() const
{
    Tensor rows({outputs, inputs});
    parallelFor(tiles.size(), inputs * tiles.front().width, [&](std::size_t index) {
        const OneThread one;
        const Tile& tile = tiles[index];
        memory in = wrap(tile.layout, weights.data() + tile.offset);
        memory out = wrap(plain(inputs, tile.width, 1, inputs), rows.matrix().row(tile.first).data());
        dnnl::reorder(in, out).execute(streamOfThread(), in, out);
        streamOfThread().wait();
    });
    return rows;
}

// Whether a layer is so small that it keeps its weights once more for each way that passes need them: in training every
// example asks for them, and the library's preparations for a call are longer than such a product.
bool Linear::Packed::keepsMore() const
{
    constexpr std::size_t kMost = std::size_t{1} << 18U;
    return inputs * outputs <= kMost;
}

// out ← in · weights + bias.
void Linear::Packed::run(MatrixView in, MutableMatrixView out) const
{
    if (!keepsMore())
        return runTiles(in, out, false);
    std::call_once(straightOnce, [this] { straight = PackedMatrix::transposed(unpacked().matrix()); });
    for (std::size_t row = 0; row < out.rows; ++row)
        if (bias.empty())
            std::ranges::fill(out.row(row), 0.0F);
        else
            std::memcpy(out.row(row).data(), bias.data(), bias.size() * sizeof(float));
    addProduct(in, straight, out);
}

// Also fills `slopes` where it is not null.
void Linear::Packed::activate(MutableMatrixView values, Tensor* slopes) const
{
    parallelFor(values.rows, values.columns, [&](std::size_t row) {
        kernels().activate(activation, values.row(row).data(), values.columns,
                           slopes == nullptr ? nullptr : slopes->matrix().row(row).data());
    });
}

// into += gradients · weights.
void Linear::Packed::addTurned(MatrixView gradients, MutableMatrixView into) const
{
    if (!keepsMore())
        return addProduct(gradients, unpacked().matrix(), into);
    std::call_once(turnedOnce, [this] { turned = PackedMatrix::of(unpacked().matrix()); });
    addProduct(gradients, turned, into);
}

Linear::Linear(MatrixView weights, std::span<const float> bias, WeightLayout layout, Activation activation)
{
    const bool outputRows = layout == WeightLayout::OutputInput;
    auto packed = std::make_unique<Packed>(outputRows ? weights.columns : weights.rows,
                                           outputRows ? weights.rows : weights.columns, bias, activation);
    packed->pack(weights, layout);
    m_packed = std::move(packed);
}

Linear::Linear(std::size_t inputs, std::size_t outputs, const WeightRows& read, std::span<const float> bias,
               Activation activation)
{
    auto packed = std::make_unique<Packed>(inputs, outputs, bias, activation);
    packed->pack(read);
    m_packed = std::move(packed);
}

Linear::Linear(std::size_t inputs, std::size_t outputs, std::function<Linear()> pack)
    : m_source{inputs, outputs, std::move(pack)}
{
}

Linear::~Linear() = default;
Linear::Linear(Linear&&) noexcept = default;
Linear& Linear::operator=(Linear&&) noexcept = default;

std::size_t Linear::inputs() const { return m_packed ? m_packed->inputs : m_source.inputs; }
std::size_t Linear::outputs() const { return m_packed ? m_packed->outputs : m_source.outputs; }

void Linear::apply(MatrixView in, MutableMatrixView out) const
{
    if (!m_packed)
        return m_source.pack().apply(in, out);
    m_packed->run(in, out);
    if (m_packed->activation != Activation::None)
        m_packed->activate(out, nullptr);
}

Tensor Linear::applyKeeping(MatrixView in, MutableMatrixView out) const
{
    if (!m_packed)
        return m_source.pack().applyKeeping(in, out);
    m_packed->run(in, out);
    if (m_packed->activation == Activation::None)
        return {};
    Tensor slopes({in.rows, outputs()});
    m_packed->activate(out, &slopes);
    return slopes;
}

void Linear::addTo(MatrixView in, MutableMatrixView out) const
{
    if (!m_packed)
        return m_source.pack().addTo(in, out);
    if (m_packed->activation != Activation::None)
        fail({"linear layer", "no activation before a residual", "one", "Report this."});
    if (!m_packed->keepsMore())
        return m_packed->runTiles(in, out, true);
    Tensor part({in.rows, outputs()});
    m_packed->run(in, part.matrix());
    ketscope::addTo(part.matrix(), out);
}

namespace {

void addToPart(MatrixView in, MatrixView g, WeightLayout layout, const LinearGradients::Part& into)
{
    const bool turned = layout == WeightLayout::InputOutput;
    if (!into.weight.empty() && turned)
        addTurnedProduct(in, g, {into.weight.data(), in.columns, g.columns});
    else if (!into.weight.empty())
        addTurnedProduct(g, in, {into.weight.data(), g.columns, in.columns});
    for (std::size_t row = 0; row < g.rows && !into.bias.empty(); ++row)
        kernels().add(g.row(row).data(), into.bias.size(), into.bias.data());
}

}  // namespace

void Linear::backward(MatrixView in, const Tensor& slopes, MatrixView gradients, const LinearGradients& into) const
{
    if (!m_packed)
        return m_source.pack().backward(in, slopes, gradients, into);
    Tensor inner;
    if (!slopes.empty()) {
        inner = copyOf(gradients);
        kernels().scale(slopes.data(), slopes.size(), inner.data());
    }
    const MatrixView g = slopes.empty() ? gradients : inner.matrix();
    if (!into.in.empty())
        m_packed->addTurned(g, into.in);
    std::size_t first = 0;
    for (std::size_t part = 0; part < into.parts.size(); ++part) {
        const LinearPart& where = m_parts.at(part);
        addToPart(in, g.middleColumns(first, where.outputs), where.layout, into.parts[part]);
        first += where.outputs;
    }
}

}  // namespace ketscope
