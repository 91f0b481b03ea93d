// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/batch.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/study/path_kind.h"
#include "core/study/run_file_model.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLineBytes = 64 * 1024;

std::string numbered(std::size_t number)
{
    const std::string digits = std::to_string(number);
    return std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

void checkCount(const fs::path& inputs, std::size_t count, const char* what)
{
    if (count == 0)
        refuse({inputs.string(), std::string("at least one ") + what, "none", ""});
    if (count > kMaximumBatch)
        refuse({inputs.string(), "at most " + std::to_string(kMaximumBatch) + " inputs", "more", "Split it."});
}

std::vector<BatchItem> linesOf(const fs::path& file, const Study& study, const ModelInfo& model)
{
    if (model.vocabularySize == 0)
        refuse({file.string(), "a model that reads text", model.title, "Name a folder of pictures."});
    std::ifstream in(file);
    if (!in)
        refuse({file.string(), "a file that can be read", "none", "Check its permissions."});
    std::vector<BatchItem> items;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (line.size() > kLineBytes)
            refuse({file.string() + ", line " + std::to_string(number), "at most 64 KiB",
                    std::to_string(line.size() / 1024) + " KiB", ""});
        if (line.find_first_not_of(" \t") == std::string::npos)
            continue;
        Study made = study;
        made.input.tokenIds.clear();
        made.input.attentionMask.clear();
        made.input.tokenTypes.clear();
        made.input.labels.clear();
        made.input.text = line;
        items.push_back({numbered(number), std::move(made)});
        checkCount(file, items.size(), "line of text");
    }
    checkCount(file, items.size(), "line of text");
    return items;
}

std::vector<BatchItem> picturesOf(const fs::path& folder, const Study& study, const ModelInfo& model)
{
    if (!model.image)
        refuse({folder.string(), "a model that looks at pictures", model.title, "Name a text file."});
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file() && kindOfPath(entry.path()) == PathKind::Image) {
            files.push_back(entry.path());
            checkCount(folder, files.size(), "picture");
        }
    checkCount(folder, files.size(), "picture");
    std::ranges::sort(files);
    std::vector<BatchItem> items;
    std::set<std::string> names;
    for (const fs::path& file : files) {
        if (!names.insert(file.stem().string()).second)
            refuse({folder.string(), "one picture of each name", "two called \"" + file.stem().string() + "\"",
                    "Rename one of them."});
        Study made = study;
        made.input.image = PictureInput{file.string(), nullptr};
        made.input.pixelValues.clear();
        items.push_back({file.stem().string(), std::move(made)});
    }
    return items;
}

}  // namespace

std::vector<BatchItem> batchItems(const fs::path& inputs, const Study& study, const ModelInfo& model)
{
    std::error_code ignored;
    if (fs::is_directory(inputs, ignored))
        return picturesOf(inputs, study, model);
    if (fs::is_regular_file(inputs, ignored))
        return linesOf(inputs, study, model);
    refuse({inputs.string(), "a text file or a folder of pictures", "none", "Check the path."});
}

Shard parseShard(std::string_view text)
{
    Shard shard;
    const char* end = text.data() + text.size();
    const auto index = std::from_chars(text.data(), end, shard.index);
    const bool slash = index.ec == std::errc() && index.ptr != end && *index.ptr == '/';
    const auto count = slash ? std::from_chars(index.ptr + 1, end, shard.count) : index;
    if (!slash || count.ec != std::errc() || count.ptr != end || shard.index < 1 || shard.index > shard.count)
        refuse({"--shard", "i/n with 1 ≤ i ≤ n, for example 2/8", "\"" + std::string(text) + "\"", ""});
    return shard;
}

std::vector<BatchItem> shardOf(std::vector<BatchItem> items, const Shard& shard)
{
    std::vector<BatchItem> part;
    for (std::size_t i = shard.index - 1; i < items.size(); i += shard.count)
        part.push_back(std::move(items[i]));
    return part;
}

void joinRuns(const std::vector<fs::path>& runs, const fs::path& file, Monitor& monitor)
{
    std::set<std::string> names;
    AtomicFile atomic(file);
    Hdf5File joined = Hdf5File::create(atomic.path());
    joined.setText("/", "format", std::string(kJoinedFormat));
    joined.setNumber("/", "version", 1);
    joined.makeGroup("/runs");
    for (std::size_t i = 0; i < runs.size(); ++i) {
        monitor.check();
        monitor.progress(static_cast<double>(i) / static_cast<double>(runs.size()), runs[i].filename().string());
        const std::string name = runs[i].stem().string();
        const Hdf5File run = Hdf5File::open(runs[i]);
        if (run.textAttribute("/", "format") != kRunFormat)
            refuse({runs[i].string(), "a run file", "another HDF5 file", "Make one with ketscope run --out."});
        if (!names.insert(name).second)
            refuse({runs[i].string(), "one run of each name", "two called \"" + name + "\"", "Rename one of them."});
        joined.copyFrom(run, "/runs/" + name);
    }
    joined.close();
    atomic.commit();
}

}  // namespace ketscope
