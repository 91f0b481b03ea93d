// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/npz.h"

#include "core/base/error.h"

#include <algorithm>
#include <map>
#include <zip.h>

namespace ketscope {

namespace {

constexpr zip_int64_t kMostEntries = 4096;
// Deflate cannot do better than about 1 : 1032; an entry that claims more was not written by anyone honest.
constexpr std::uint64_t kMaximumRatio = 1100;
constexpr std::uint64_t kSmallEntry = 4096;

struct Entry {
    zip_uint64_t index = 0;
    std::uint64_t bytes = 0;
};

}  // namespace

struct NpzFile::State {
    std::string file;
    zip_t* archive = nullptr;
    std::map<std::string, Entry> entries;
    std::vector<std::string> names;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State()
    {
        if (archive != nullptr)
            zip_discard(archive);
    }

    [[noreturn]] void wrong(const std::string& name, const std::string& expected, const std::string& found) const
    {
        refuse({name.empty() ? file : file + ", " + name, expected, found,
                "Save the arrays again with numpy.savez or numpy.savez_compressed."});
    }

    void open()
    {
        int code = 0;
        archive = zip_open(file.c_str(), ZIP_RDONLY, &code);
        if (archive != nullptr)
            return;
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        const std::string reason = zip_error_strerror(&error);
        zip_error_fini(&error);
        wrong("", "a ZIP file of NumPy arrays", reason);
    }

    void addEntry(zip_uint64_t index)
    {
        zip_stat_t stat;
        zip_stat_init(&stat);
        constexpr zip_uint64_t kNeeded =
            ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
        if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & kNeeded) != kNeeded)
            wrong("", "readable entries", zip_strerror(archive));
        std::string name = stat.name;
        if (!name.ends_with(".npy"))
            return;
        name.resize(name.size() - 4);
        name = printable(name);
        if (stat.encryption_method != ZIP_EM_NONE)
            wrong(name, "an entry that is not encrypted", "an encrypted one");
        if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
            wrong(name, "a stored or deflated entry", "compression method " + std::to_string(stat.comp_method));
        if (stat.comp_size > stat.size + kSmallEntry || stat.size / kMaximumRatio > stat.comp_size)
            wrong(name, "sizes that belong together",
                  std::to_string(stat.comp_size) + " bytes that unpack to " + std::to_string(stat.size));
        if (!entries.emplace(name, Entry{index, stat.size}).second)
            wrong(name, "each array once", "it twice");
        names.push_back(name);
    }

    // The size is only what the file's own directory says: memory grows with what really comes out.
    std::vector<std::byte> unpack(const std::string& name, std::uint64_t count) const
    {
        constexpr std::uint64_t kStep = std::uint64_t{16} << 20;
        const Entry& entry = entries.at(name);
        const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> stream(zip_fopen_index(archive, entry.index, 0),
                                                                       zip_fclose);
        if (!stream)
            wrong(name, "a readable entry", zip_strerror(archive));
        std::vector<std::byte> bytes;
        while (bytes.size() < count) {
            const std::size_t at = bytes.size();
            const auto step = static_cast<std::size_t>(std::min(kStep, count - at));
            bytes.resize(at + step);
            const zip_int64_t got = zip_fread(stream.get(), bytes.data() + at, step);
            if (got <= 0)
                wrong(name, std::to_string(entry.bytes) + " bytes of data",
                      got < 0 ? zip_file_strerror(stream.get()) : std::to_string(at));
            bytes.resize(at + static_cast<std::size_t>(got));
        }
        if (count == entry.bytes)
            checkEnd(name, stream.get());
        return bytes;
    }

    // There is nothing more; asking for it makes the library check the sum.
    void checkEnd(const std::string& name, zip_file_t* stream) const
    {
        std::byte extra{};
        const zip_int64_t rest = zip_fread(stream, &extra, 1);
        if (rest != 0)
            wrong(name, "data that agree with their sum", rest < 0 ? zip_file_strerror(stream) : "more than announced");
    }
};

NpzFile::NpzFile(const std::filesystem::path& file) : m_state(std::make_unique<State>())
{
    m_state->file = file.string();
    m_state->open();
    const zip_int64_t count = zip_get_num_entries(m_state->archive, 0);
    if (count < 0 || count > kMostEntries)
        m_state->wrong("", "at most " + std::to_string(kMostEntries) + " entries", std::to_string(count));
    for (zip_int64_t i = 0; i < count; ++i)
        m_state->addEntry(static_cast<zip_uint64_t>(i));
    std::sort(m_state->names.begin(), m_state->names.end());
}

NpzFile::NpzFile(NpzFile&&) noexcept = default;
NpzFile& NpzFile::operator=(NpzFile&&) noexcept = default;
NpzFile::~NpzFile() = default;

const std::vector<std::string>& NpzFile::names() const { return m_state->names; }

std::uint64_t NpzFile::size(const std::string& name) const { return m_state->entries.at(name).bytes; }

std::vector<std::byte> NpzFile::read(const std::string& name) const { return m_state->unpack(name, size(name)); }

std::vector<std::byte> NpzFile::readStart(const std::string& name, std::size_t limit) const
{
    return m_state->unpack(name, std::min<std::uint64_t>(size(name), limit));
}

}  // namespace ketscope
