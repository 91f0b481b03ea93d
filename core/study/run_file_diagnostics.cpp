// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file_diagnostics.h"

#include "core/base/error.h"

#include <charconv>

namespace ketscope {

namespace {

constexpr std::size_t kMostHeads = 4096;
constexpr std::size_t kMostValues = std::size_t{1} << 28;

std::string numbered(const std::string& word, std::size_t index)
{
    const std::string digits = std::to_string(index);
    return word + "_" + (digits.size() < 2 ? "0" : "") + digits;
}

// The index in "head_02"; refuses anything else, and indices from `count` on.
std::size_t indexIn(const std::string& name, const std::string& word, std::size_t count, const std::string& group)
{
    std::size_t index = 0;
    const char* first = name.data() + std::min(name.size(), word.size() + 1);
    const auto [end, error] = std::from_chars(first, name.data() + name.size(), index);
    if (error != std::errc() || end != name.data() + name.size() || index >= count || name != numbered(word, index))
        refuse({group, numbered(word, 0) + " to " + numbered(word, count - 1), printable(name, 60),
                "See the run-file layout in the documentation."});
    return index;
}

Diagnostic readOne(const Hdf5File& file, const std::string& group, const std::string& id)
{
    const std::string path = group + "/" + id;
    Diagnostic one;
    one.info = {id, file.textAttribute(path, "title").value_or(id), file.textAttribute(path, "unit").value_or("")};
    one.values = std::make_shared<const Tensor>(file.readFloats(path, kMostValues));
    return one;
}

}  // namespace

void writeDiagnostics(Hdf5File& file, const std::string& stackGroup, const StackTrace& stack)
{
    for (std::size_t layer = 0; layer < stack.diagnostics.size(); ++layer)
        for (const HeadDiagnostics& head : stack.diagnostics[layer])
            for (const Diagnostic& one : head.list) {
                const std::string path = stackGroup + "/diagnostics/" + numbered("layer", layer) + "/"
                                         + numbered("head", head.head) + "/" + one.info.id;
                file.writeFloats(path, one.values->shape(), one.values->values());
                file.setText(path, "title", one.info.title);
                file.setText(path, "unit", one.info.unit);
            }
}

void readDiagnostics(const Hdf5File& file, const std::string& stackGroup, std::size_t layers, StackTrace& stack)
{
    stack.diagnostics.resize(layers);
    const std::string all = stackGroup + "/diagnostics";
    if (!file.exists(all))
        return;
    for (const std::string& layerName : file.members(all)) {
        const std::size_t layer = indexIn(layerName, "layer", layers, all);
        const std::string group = all + "/" + layerName;
        for (const std::string& headName : file.members(group)) {
            HeadDiagnostics head{indexIn(headName, "head", kMostHeads, group), {}};
            for (const std::string& id : file.members(group + "/" + headName))
                head.list.push_back(readOne(file, group + "/" + headName, id));
            stack.diagnostics[layer].push_back(std::move(head));
        }
    }
}

}  // namespace ketscope
