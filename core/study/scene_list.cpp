// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/scene_list.h"

#include "core/base/error.h"
#include "core/formats/mapped_file.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20U;

// The name of the picture that an entry is of; empty where it has none, or one that is not beside the list.
fs::path pictureOf(const Json& entry)
{
    const auto image = entry.is_object() ? entry.find("image") : entry.end();
    const fs::path name = image != entry.end() && image->is_string() ? image->get<std::string>() : std::string();
    return name.has_parent_path() ? fs::path() : name;
}

}  // namespace

Json readSceneList(const fs::path& folder)
{
    const fs::path file = folder / kSceneList;
    const MappedFile mapped(file, kMostBytes);
    Json list = parseJson(mapped.text(), file.string());
    if (!list.is_array())
        refuse({file.string(), "a list", list.type_name(), "See samples/scenes/scenes.json."});
    for (const Json& entry : list)
        if (pictureOf(entry).empty())
            refuse({file.string(), "the name of a picture beside it as \"image\" in every entry",
                    printable(entry.dump(-1, ' ', false, Json::error_handler_t::replace), 80), ""});
    return list;
}

Json sceneOf(const fs::path& picture)
{
    std::error_code error;
    if (!fs::is_regular_file(picture.parent_path() / kSceneList, error))
        return {};
    for (Json& entry : readSceneList(picture.parent_path()))
        if (pictureOf(entry) == picture.filename())
            return std::move(entry);
    return {};
}

}  // namespace ketscope
