// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/zip_text.h"

#include "core/base/error.h"

#include <algorithm>
#include <memory>
#include <zip.h>

namespace ketscope {

namespace {

constexpr zip_uint64_t kMostBytes = zip_uint64_t{256} << 20;
constexpr zip_int64_t kMostEntries = 1 << 20;

struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

Archive open(const std::filesystem::path& file)
{
    int code = 0;
    zip_t* const archive = zip_open(file.c_str(), ZIP_RDONLY, &code);
    if (archive != nullptr)
        return Archive(archive);
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    refuse({file.string(), "a ZIP archive", reason, ""});
}

std::string readOne(zip_t* archive, const std::string& where, const std::string& name)
{
    zip_stat_t stat;
    zip_stat_init(&stat);
    constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat(archive, name.c_str(), 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded)
        refuse({where, "a member " + printable(name), "none of that name", ""});
    if (stat.size > kMostBytes || stat.encryption_method != ZIP_EM_NONE)
        refuse({where + ", " + printable(name), "at most 256 MiB that are not encrypted",
                stat.size > kMostBytes ? std::to_string(stat.size) + " bytes" : "an encrypted member", ""});
    std::string bytes(static_cast<std::size_t>(stat.size), '\0');
    zip_file_t* const file = zip_fopen(archive, name.c_str(), 0);
    const zip_int64_t count = file == nullptr ? -1 : zip_fread(file, bytes.data(), bytes.size());
    // Closing reports a checksum that does not fit.
    const int closed = file == nullptr ? 1 : zip_fclose(file);
    if (count != static_cast<zip_int64_t>(bytes.size()) || closed != 0)
        refuse({where + ", " + printable(name), "readable data", "damaged data", "Download the archive again."});
    return bytes;
}

}  // namespace

std::vector<std::string> readZipMembers(const std::filesystem::path& file, const std::string& member)
{
    const Archive archive = open(file);
    std::vector<std::string> names = {member};
    if (member.ends_with('/')) {
        names.clear();
        const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
        for (zip_int64_t i = 0; i < std::min(count, kMostEntries); ++i) {
            const char* const name = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
            const std::string found = name == nullptr ? "" : name;
            if (found.starts_with(member) && !found.ends_with('/'))
                names.push_back(found);
        }
        std::ranges::sort(names);
        if (names.empty())
            refuse({file.string(), "files in " + printable(member), "none", ""});
    }
    std::vector<std::string> contents;
    for (const std::string& name : names)
        contents.push_back(readOne(archive.get(), file.string(), name));
    return contents;
}

}  // namespace ketscope
