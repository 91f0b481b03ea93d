// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/hdf5_state.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::size_t kChunkElements = std::size_t{1} << 18;
constexpr std::size_t kPlainElements = 256;  // smaller arrays are stored as they are

}  // namespace

Hdf5File Hdf5File::create(const std::filesystem::path& file)
{
    auto state = std::make_unique<State>();
    state->file = file;
    state->writing = true;
    quietLibrary();
    state->id = Handle(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    if (!state->id.valid())
        state->report("", "a file that can be written", libraryMessage());
    return Hdf5File(std::move(state));
}

Handle Hdf5File::State::create(const std::string& path, hid_t type, const std::vector<std::size_t>& shape) const
{
    const std::vector<hsize_t> extents(shape.begin(), shape.end());
    std::size_t count = 1;
    for (const std::size_t extent : shape)
        count *= extent;
    const Handle space(extents.empty() ? H5Screate(H5S_SCALAR)
                                       : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                       H5Sclose);
    const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_char_encoding(links, H5T_CSET_UTF8);
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (count > kPlainElements && H5Tget_class(type) != H5T_STRING) {
        // Chunks: whole trailing axes as long as they stay small, so that one head's map is one chunk.
        std::vector<hsize_t> chunk(extents.size(), 1);
        std::size_t elements = 1;
        for (std::size_t axis = extents.size(); axis-- > 0 && elements < kChunkElements;) {
            chunk[axis] = std::min<hsize_t>(extents[axis], std::max<hsize_t>(1, kChunkElements / elements));
            elements *= chunk[axis];
        }
        H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
        H5Pset_shuffle(properties);
        H5Pset_deflate(properties, 4);
    }
    Handle set(H5Dcreate2(id, path.c_str(), type, space, links, properties, H5P_DEFAULT), H5Dclose);
    if (!set.valid())
        report(path, "a new dataset", libraryMessage());
    return set;
}

void Hdf5File::writeFloats(const std::string& dataset, const std::vector<std::size_t>& shape,
                           std::span<const float> values)
{
    const Handle set = m_state->create(dataset, H5T_IEEE_F32LE, shape);
    m_state->need(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), dataset,
                  "data written");
}

void Hdf5File::writeFloats(const std::string& dataset, const std::vector<std::size_t>& shape,
                           const std::function<void(const PutBlock& put)>& produce)
{
    const Handle set = m_state->create(dataset, H5T_IEEE_F32LE, shape);
    const Handle into(H5Dget_space(set), H5Sclose);
    std::vector<hsize_t> start(shape.size(), 0);
    std::vector<hsize_t> count(shape.begin(), shape.end());
    produce([&](std::span<const std::size_t> at, std::span<const float> values) {
        std::ranges::copy(at, start.begin());
        std::fill_n(count.begin(), at.size(), hsize_t{1});
        const Handle from(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
        m_state->need(H5Sselect_hyperslab(into, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), dataset,
                      "a writable block");
        m_state->need(H5Dwrite(set, H5T_NATIVE_FLOAT, from, into, H5P_DEFAULT, values.data()), dataset, "data written");
    });
}

void Hdf5File::writeFloatBlocks(const std::string& dataset, const std::vector<TensorPointer>& blocks)
{
    std::vector<std::size_t> shape = {blocks.size()};
    shape.insert(shape.end(), blocks.front()->shape().begin(), blocks.front()->shape().end());
    writeFloats(dataset, shape, [&](const PutBlock& put) {
        for (std::size_t block = 0; block < blocks.size(); ++block)
            put({&block, 1}, blocks[block]->values());
    });
}

void Hdf5File::writeIntegers(const std::string& dataset, const std::vector<std::size_t>& shape,
                             const std::vector<std::int64_t>& values)
{
    const Handle set = m_state->create(dataset, H5T_STD_I64LE, shape);
    m_state->need(H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), dataset,
                  "data written");
}

void Hdf5File::writeBytes(const std::string& dataset, const std::vector<std::size_t>& shape,
                          std::span<const std::uint8_t> values)
{
    const Handle set = m_state->create(dataset, H5T_STD_U8LE, shape);
    m_state->need(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), dataset,
                  "data written");
}

namespace {

Handle textType()
{
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

}  // namespace

void Hdf5File::writeStrings(const std::string& dataset, const std::vector<std::string>& values)
{
    const Handle type = textType();
    const Handle set = m_state->create(dataset, type, {values.size()});
    std::vector<const char*> texts;
    for (const std::string& value : values)
        texts.push_back(value.c_str());
    m_state->need(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), dataset, "text written");
}

void Hdf5File::copyFrom(const Hdf5File& other, const std::string& group)
{
    const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_char_encoding(links, H5T_CSET_UTF8);
    m_state->need(H5Ocopy(other.m_state->id, "/", m_state->id, group.c_str(), H5P_DEFAULT, links), group,
                  "a copy of " + other.m_state->file.string());
}

void Hdf5File::makeGroup(const std::string& group)
{
    if (exists(group))
        return;
    const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    const Handle made(H5Gcreate2(m_state->id, group.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    if (!made.valid())
        m_state->report(group, "a new group", libraryMessage());
}

void Hdf5File::setText(const std::string& object, const std::string& name, const std::string& value)
{
    const Handle type = textType();
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle made(H5Acreate_by_name(m_state->id, object.c_str(), name.c_str(), type, space, H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    const char* text = value.c_str();
    m_state->need(made.valid() ? H5Awrite(made, type, &text) : -1, object + " attribute " + name, "text written");
}

void Hdf5File::setNumber(const std::string& object, const std::string& name, double value)
{
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    m_state->setNumbers(object, name, space, {&value, 1});
}

void Hdf5File::setWhole(const std::string& object, const std::string& name, std::uint64_t value)
{
    if (value < std::uint64_t{1} << 53)
        return setNumber(object, name, static_cast<double>(value));
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle made(H5Acreate_by_name(m_state->id, object.c_str(), name.c_str(), H5T_STD_U64LE, space, H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    m_state->need(made.valid() ? H5Awrite(made, H5T_NATIVE_UINT64, &value) : -1, object + " attribute " + name,
                  "number written");
}

void Hdf5File::setNumbers(const std::string& object, const std::string& name, std::span<const double> values)
{
    const hsize_t count = values.size();
    const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
    m_state->setNumbers(object, name, space, values);
}

void Hdf5File::State::setNumbers(const std::string& object, const std::string& name, hid_t space,
                                 std::span<const double> values) const
{
    const bool whole = std::ranges::all_of(
        values, [](double value) { return value == std::floor(value) && std::abs(value) < 0x1p53; });
    const Handle made(H5Acreate_by_name(id, object.c_str(), name.c_str(), whole ? H5T_STD_I64LE : H5T_IEEE_F64LE, space,
                                        H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    need(made.valid() ? H5Awrite(made, H5T_NATIVE_DOUBLE, values.data()) : -1, object + " attribute " + name,
         "number written");
}

}  // namespace ketscope
