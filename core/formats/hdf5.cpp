// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/hdf5_state.h"

namespace ketscope {

namespace fs = std::filesystem;

namespace {

herr_t firstMessage(unsigned depth, const H5E_error2_t* error, void* text)
{
    if (depth == 0 && error->desc != nullptr)
        *static_cast<std::string*>(text) = error->desc;
    return 0;
}

// Deflate cannot do better than about 1 : 1032; a dataset that claims more was not written by anyone honest.
constexpr std::uint64_t kMaximumRatio = 1100;
constexpr hsize_t kMaximumMembers = 100000;

}  // namespace

std::string libraryMessage()
{
    std::string text;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, firstMessage, &text);
    return text.empty() ? "an unreadable structure" : text;
}

void quietLibrary()
{
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5PLset_loading_state(0);
}

bool Hdf5File::State::linked(const std::string& path) const
{
    for (std::size_t end = path.find('/', 1); !path.empty(); end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        H5L_info_t info;
        if (part != "/"
            && (H5Lexists(id, part.c_str(), H5P_DEFAULT) <= 0 || H5Lget_info(id, part.c_str(), &info, H5P_DEFAULT) < 0
                || info.type != H5L_TYPE_HARD))
            return false;
        if (end == std::string::npos)
            break;
    }
    return true;
}

Handle Hdf5File::State::dataset(const std::string& path) const
{
    if (!linked(path))
        report(path, "a dataset in this file", "none");
    Handle set(H5Dopen2(id, path.c_str(), H5P_DEFAULT), H5Dclose);
    if (!set.valid())
        report(path, "a dataset", libraryMessage());
    const Handle properties(H5Dget_create_plist(set), H5Pclose);
    if (!properties.valid() || H5Pget_external_count(properties) != 0 || H5Pget_layout(properties) == H5D_VIRTUAL)
        report(path, "data inside the file", "external or virtual storage");
    for (int i = 0; i < H5Pget_nfilters(properties); ++i) {
        unsigned flags = 0;
        std::size_t count = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &count, nullptr, 0, nullptr, nullptr);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
            report(path, "deflate, shuffle or fletcher32 filters", "filter " + std::to_string(filter));
    }
    return set;
}

std::vector<hsize_t> Hdf5File::State::extents(hid_t set, const std::string& path) const
{
    const Handle space(H5Dget_space(set), H5Sclose);
    const int rank = space.valid() ? H5Sget_simple_extent_ndims(space) : -1;
    if (rank < 0 || rank > 8)
        report(path, "an array of at most 8 axes", rank < 0 ? libraryMessage() : std::to_string(rank));
    std::vector<hsize_t> shape(static_cast<std::size_t>(rank));
    need(H5Sget_simple_extent_dims(space, shape.data(), nullptr), path, "array extents");
    return shape;
}

std::size_t Hdf5File::State::checkedCount(hid_t set, const std::string& path, std::size_t limit) const
{
    std::uint64_t count = 1;
    for (const hsize_t extent : extents(set, path))
        if (__builtin_mul_overflow(count, extent, &count))
            report(path, "an array that fits in memory", "extents whose product overflows");
    const Handle type(H5Dget_type(set), H5Tclose);
    const std::uint64_t size = H5Tget_size(type);
    const std::uint64_t most = bytes * kMaximumRatio;
    if (count > limit || size == 0 || count > most / size)
        report(path,
               "at most " + std::to_string(std::min<std::uint64_t>(limit, most / std::max<std::uint64_t>(size, 1)))
                   + " elements in a file of this size",
               std::to_string(count));
    return count;
}

Handle Hdf5File::State::memoryType(H5T_class_t kind, hid_t set, const std::string& path) const
{
    Handle type(H5Dget_type(set), H5Tclose);
    const H5T_class_t found = type.valid() ? H5Tget_class(type) : H5T_NO_CLASS;
    const bool number = found == H5T_INTEGER || found == H5T_FLOAT;
    if (kind == H5T_STRING ? found != H5T_STRING : kind == H5T_FLOAT ? !number : found != H5T_INTEGER)
        report(path, kind == H5T_STRING ? "text" : kind == H5T_FLOAT ? "numbers" : "whole numbers", "another type");
    return type;
}

Hdf5File::Hdf5File(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;
Hdf5File& Hdf5File::operator=(Hdf5File&&) noexcept = default;
Hdf5File::~Hdf5File() = default;

Hdf5File Hdf5File::open(const fs::path& file)
{
    auto state = std::make_unique<State>();
    state->file = file;
    std::error_code error;
    if (!fs::is_regular_file(file, error))
        refuse(
            {file.string(), "an HDF5 file", fs::exists(file, error) ? "something else" : "nothing", "Check the path."});
    state->bytes = fs::file_size(file, error);
    quietLibrary();
    state->id = Handle(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    if (!state->id.valid())
        state->report("", "a complete HDF5 file", libraryMessage());
    return Hdf5File(std::move(state));
}

void Hdf5File::close()
{
    if (m_state->writing)
        m_state->need(H5Fflush(m_state->id, H5F_SCOPE_LOCAL), "", "all data written");
    m_state->need(m_state->id.reset(), "", "all data written");
}

bool Hdf5File::exists(const std::string& path) const { return m_state->linked(path); }

bool Hdf5File::State::is(H5I_type_t kind, const std::string& path) const
{
    if (!linked(path))
        return false;
    const Handle object(H5Oopen(id, path.c_str(), H5P_DEFAULT), H5Oclose);
    return object.valid() && H5Iget_type(object) == kind;
}

bool Hdf5File::isDataset(const std::string& path) const { return m_state->is(H5I_DATASET, path); }

bool Hdf5File::isGroup(const std::string& path) const { return m_state->is(H5I_GROUP, path); }

bool Hdf5File::isNumeric(const std::string& dataset) const
{
    const Handle set = m_state->dataset(dataset);
    const Handle type(H5Dget_type(set), H5Tclose);
    const H5T_class_t found = type.valid() ? H5Tget_class(type) : H5T_NO_CLASS;
    return found == H5T_INTEGER || found == H5T_FLOAT;
}

std::vector<std::string> Hdf5File::members(const std::string& group) const
{
    const Handle object(H5Oopen(m_state->id, group.c_str(), H5P_DEFAULT), H5Oclose);
    H5G_info_t info;
    if (!m_state->linked(group) || !object.valid() || H5Gget_info(object, &info) < 0)
        m_state->report(group, "a group", "none");
    if (info.nlinks > kMaximumMembers)
        m_state->report(group, "at most " + std::to_string(kMaximumMembers) + " members", std::to_string(info.nlinks));
    std::vector<std::string> names;
    for (hsize_t i = 0; i < info.nlinks; ++i) {
        const ssize_t length = H5Lget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
        m_state->need(length < 0 ? -1 : 0, group, "readable member names");
        std::string name(static_cast<std::size_t>(length), '\0');
        H5Lget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size() + 1, H5P_DEFAULT);
        if (exists((group == "/" ? "" : group) + "/" + name))
            names.push_back(std::move(name));
    }
    return names;
}

std::vector<std::size_t> Hdf5File::shape(const std::string& dataset) const
{
    const Handle set = m_state->dataset(dataset);
    const std::vector<hsize_t> extents = m_state->extents(set, dataset);
    return {extents.begin(), extents.end()};
}

Tensor Hdf5File::readFloats(const std::string& dataset, std::size_t limit) const
{
    const Handle set = m_state->dataset(dataset);
    const Handle type = m_state->memoryType(H5T_FLOAT, set, dataset);
    m_state->checkedCount(set, dataset, limit);
    Tensor values(shape(dataset));
    m_state->need(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), dataset,
                  "readable data");
    return values;
}

Tensor Hdf5File::readFloatsAt(const std::string& dataset, const std::vector<std::size_t>& at) const
{
    const Handle set = m_state->dataset(dataset);
    const Handle type = m_state->memoryType(H5T_FLOAT, set, dataset);
    m_state->checkedCount(set, dataset, kMaximumElements);
    std::vector<hsize_t> count = m_state->extents(set, dataset);
    std::vector<hsize_t> start(count.size(), 0);
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
        if (axis >= count.size() || at[axis] >= count[axis])
            m_state->report(dataset, "an index inside the array", std::to_string(at[axis]));
        start[axis] = at[axis];
        count[axis] = 1;
    }
    Tensor values({count.begin() + static_cast<std::ptrdiff_t>(at.size()), count.end()});
    const Handle from(H5Dget_space(set), H5Sclose);
    const Handle into(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
    m_state->need(H5Sselect_hyperslab(from, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), dataset,
                  "a readable block");
    m_state->need(H5Dread(set, H5T_NATIVE_FLOAT, into, from, H5P_DEFAULT, values.data()), dataset, "readable data");
    return values;
}

std::vector<std::int64_t> Hdf5File::readIntegers(const std::string& dataset) const
{
    const Handle set = m_state->dataset(dataset);
    const Handle type = m_state->memoryType(H5T_INTEGER, set, dataset);
    std::vector<std::int64_t> values(m_state->checkedCount(set, dataset, kMaximumElements));
    m_state->need(H5Dread(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), dataset,
                  "readable data");
    return values;
}

std::vector<std::uint8_t> Hdf5File::readBytes(const std::string& dataset, std::size_t limit) const
{
    const Handle set = m_state->dataset(dataset);
    const Handle type = m_state->memoryType(H5T_INTEGER, set, dataset);
    if (H5Tget_size(type) != 1)
        m_state->report(dataset, "bytes", "wider numbers");
    std::vector<std::uint8_t> values(m_state->checkedCount(set, dataset, limit));
    m_state->need(H5Dread(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), dataset,
                  "readable data");
    return values;
}

std::vector<std::string> Hdf5File::readStrings(const std::string& dataset) const
{
    const Handle set = m_state->dataset(dataset);
    const Handle type = m_state->memoryType(H5T_STRING, set, dataset);
    const std::size_t count = m_state->checkedCount(set, dataset, m_state->bytes);
    std::vector<std::string> values(count);
    if (H5Tis_variable_str(type) > 0) {
        std::vector<char*> texts(count, nullptr);
        const Handle space(H5Dget_space(set), H5Sclose);
        m_state->need(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), dataset, "readable text");
        for (std::size_t i = 0; i < count; ++i)
            values[i] = texts[i] == nullptr ? "" : texts[i];
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts.data());
        return values;
    }
    const std::size_t size = H5Tget_size(type);
    std::vector<char> bytes(count * size);
    m_state->need(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), dataset, "readable text");
    for (std::size_t i = 0; i < count; ++i)
        values[i].assign(bytes.data() + i * size, strnlen(bytes.data() + i * size, size));
    return values;
}

std::optional<std::string> Hdf5File::textAttribute(const std::string& object, const std::string& name) const
{
    if (!m_state->linked(object) || H5Aexists_by_name(m_state->id, object.c_str(), name.c_str(), H5P_DEFAULT) <= 0)
        return std::nullopt;
    const Handle attribute(H5Aopen_by_name(m_state->id, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose);
    const Handle type(attribute.valid() ? H5Aget_type(attribute) : -1, H5Tclose);
    const Handle space(attribute.valid() ? H5Aget_space(attribute) : -1, H5Sclose);
    const std::string where = object + " attribute " + name;
    if (!type.valid() || H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1)
        m_state->report(where, "one text", "another type");
    if (H5Tis_variable_str(type) > 0) {
        char* text = nullptr;
        m_state->need(H5Aread(attribute, type, &text), where, "readable text");
        std::string value = text == nullptr ? "" : text;
        H5free_memory(text);
        return value;
    }
    const std::size_t size = H5Tget_size(type);
    if (size > m_state->bytes && !m_state->writing)
        m_state->report(where, "a text inside the file", std::to_string(size) + " bytes");
    std::string value(size, '\0');
    m_state->need(H5Aread(attribute, type, value.data()), where, "readable text");
    value.resize(strnlen(value.data(), size));
    return value;
}

std::optional<double> Hdf5File::numberAttribute(const std::string& object, const std::string& name) const
{
    const std::vector<double> values = numbersAttribute(object, name, 1);
    return values.empty() ? std::nullopt : std::optional(values.front());
}

std::vector<double> Hdf5File::numbersAttribute(const std::string& object, const std::string& name,
                                               std::size_t count) const
{
    if (!m_state->linked(object) || H5Aexists_by_name(m_state->id, object.c_str(), name.c_str(), H5P_DEFAULT) <= 0)
        return {};
    const Handle attribute(H5Aopen_by_name(m_state->id, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose);
    const Handle space(attribute.valid() ? H5Aget_space(attribute) : -1, H5Sclose);
    std::vector<double> values(count);
    if (!space.valid() || H5Sget_simple_extent_npoints(space) != static_cast<hssize_t>(count)
        || H5Aread(attribute, H5T_NATIVE_DOUBLE, values.data()) < 0)
        m_state->report(object + " attribute " + name, count == 1 ? "one number" : std::to_string(count) + " numbers",
                        "something else");
    return values;
}

}  // namespace ketscope
