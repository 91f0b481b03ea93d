// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the two halves of Hdf5File, reading and writing, share.

#include "core/base/error.h"
#include "core/formats/hdf5.h"

#include <hdf5.h>
#include <utility>

namespace ketscope {

// A library handle that closes itself.
class Handle {
public:
    Handle(hid_t id, herr_t (*close)(hid_t)) : m_id(id), m_close(close) {}
    Handle(Handle&& other) noexcept : m_id(std::exchange(other.m_id, -1)), m_close(other.m_close) {}
    Handle& operator=(Handle&& other) noexcept
    {
        std::swap(m_id, other.m_id);
        std::swap(m_close, other.m_close);
        return *this;
    }
    ~Handle() { reset(); }

    operator hid_t() const { return m_id; }
    bool valid() const { return m_id >= 0; }
    herr_t reset()
    {
        const hid_t id = std::exchange(m_id, -1);
        return id >= 0 ? m_close(id) : 0;
    }

private:
    hid_t m_id;
    herr_t (*m_close)(hid_t);
};

// What the library said last, in its own words.
std::string libraryMessage();
// No error stacks on the terminal, no plugins.
void quietLibrary();

struct Hdf5File::State {
    std::filesystem::path file;
    std::uint64_t bytes = 0;  // of the file, when reading
    bool writing = false;
    Handle id{-1, H5Fclose};

    [[noreturn]] void report(const std::string& object, const std::string& expected, const std::string& found) const
    {
        const std::string where = object.empty() ? file.string() : file.string() + ", " + object;
        throw Error(
            writing ? ErrorKind::Failure : ErrorKind::Input,
            {where, expected, found,
             writing ? "Check the free space and the permissions." : "The file is damaged or of another kind."});
    }
    void need(herr_t status, const std::string& object, const std::string& expected) const
    {
        if (status < 0)
            report(object, expected, libraryMessage());
    }
    // Every step of `path` must be a plain link: nothing may lead outside the file.
    bool linked(const std::string& path) const;
    bool is(H5I_type_t kind, const std::string& path) const;
    Handle dataset(const std::string& path) const;
    std::vector<hsize_t> extents(hid_t dataset, const std::string& path) const;
    std::size_t checkedCount(hid_t dataset, const std::string& path, std::size_t limit) const;
    Handle memoryType(H5T_class_t kind, hid_t dataset, const std::string& path) const;
    Handle create(const std::string& path, hid_t type, const std::vector<std::size_t>& shape) const;
    void setNumbers(const std::string& object, const std::string& name, hid_t space,
                    std::span<const double> values) const;
};

}  // namespace ketscope
