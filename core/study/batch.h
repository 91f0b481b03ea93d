// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// One of many inputs that the same study is made of.
struct BatchItem {
    std::string name;  // unique, fit for a file name: "0007" for the seventh line, "scene-03" for a picture
    Study study;
};

// Every line of a text file, empty ones left out, in place of the study's text; or every picture of a folder, by name, in
// place of its picture. Throws Error (Input): neither of both, nothing in it, more than kMaximumBatch, two pictures of one
// name, a model that takes no such input.
std::vector<BatchItem> batchItems(const std::filesystem::path& inputs, const Study& study, const ModelInfo& model);

inline constexpr std::size_t kMaximumBatch = 1000000;

// Part `index` (from 1) of `count`.
struct Shard {
    std::size_t index = 1;
    std::size_t count = 1;
};

// "2/8". Throws Error (Input).
Shard parseShard(std::string_view text);
// Every count-th item, so that all shards together are all items and none is in two.
std::vector<BatchItem> shardOf(std::vector<BatchItem> items, const Shard& shard);

// Several run files in one: /runs/<name of the file>/… as each of them is. Written beside the target and renamed when
// complete. Throws Error: Input for files that are no run files or share a name, Failure when it cannot be written.
void joinRuns(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& file, Monitor& monitor);

}  // namespace ketscope
