// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"
#include "core/base/version.h"
#include "core/formats/csv.h"
#include "core/formats/hdf5.h"
#include "core/formats/npy.h"
#include "core/study/data_set.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <fstream>

namespace ketscope {

namespace {

constexpr std::size_t kBytesOfField = 8;  // of a CSV file, about

Json describe(const DataSet& data, const Comparison& comparison)
{
    Json axes = Json::array();
    for (const DataAxis& axis : data.axes) {
        Json entry = {{"name", axis.name}, {"extent", axis.extent}};
        if (!axis.labels.empty())
            entry["labels"] = axis.labels;
        axes.push_back(std::move(entry));
    }
    return {{"data", data.id},
            {"unit", data.unit},
            {"axes", std::move(axes)},
            {"model", comparison.model.path.string()},
            {"model_sha256", comparison.weightsSha256},
            {"ketscope_version", versionString()},
            {"study", toJson(comparison.study)}};
}

// Calls `use` with the place and the values of every block, in C order.
void eachBlock(const DataSet& data, Monitor& monitor,
               const std::function<void(std::span<const std::size_t>, std::span<const float>)>& use)
{
    const std::size_t outer = data.axes.size() - data.blockAxes;
    const std::size_t blocks = data.blockSize() == 0 ? 0 : data.size() / data.blockSize();
    std::vector<std::size_t> at(outer, 0);
    std::vector<float> values(data.blockSize());
    for (std::size_t block = 0; block < blocks; ++block) {
        monitor.check();
        monitor.progress(static_cast<double>(block) / static_cast<double>(blocks), "Writing " + data.id);
        data.read(at, values);
        use(at, values);
        for (std::size_t axis = outer; axis-- > 0;) {
            if (++at[axis] < data.axes[axis].extent)
                break;
            at[axis] = 0;
        }
    }
}

void checkWritten(std::ofstream& out, const std::filesystem::path& file)
{
    if (!out.flush())
        fail({file.string(), "room to write data", "that it could not be written", "Free some space."});
}

void writeNpy(const DataSet& data, const Comparison&, const std::filesystem::path& file, Monitor& monitor)
{
    std::ofstream out(file, std::ios::binary);
    std::vector<std::size_t> shape;
    for (const DataAxis& axis : data.axes)
        shape.push_back(axis.extent);
    out << npyHeader(shape);
    eachBlock(data, monitor, [&](std::span<const std::size_t>, std::span<const float> values) {
        out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
    });
    checkWritten(out, file);
}

std::string numberOrNothing(float value)
{
    char text[32];
    return std::isfinite(value) ? std::string(text, std::to_chars(text, std::end(text), value).ptr) : "";
}

// What a line says of a place on an axis: its number, its name, or both.
std::string fieldsOf(const DataAxis& axis, std::size_t place)
{
    const std::string number = std::to_string(place);
    if (axis.labels.empty())
        return number;
    return (axis.numbered ? number + "," : "") + csvField(axis.labels[place]);
}

std::string csvHeader(const DataSet& data)
{
    std::string header;
    for (const DataAxis& axis : data.axes) {
        header += axis.name + ",";
        if (!axis.labels.empty() && axis.numbered)
            header += axis.name + "_text,";
    }
    return header + data.id + "\r\n";
}

void writeCsv(const DataSet& data, const Comparison&, const std::filesystem::path& file, Monitor& monitor)
{
    std::ofstream out(file, std::ios::binary);
    out << csvHeader(data);
    std::vector<std::vector<std::string>> fields;
    for (const DataAxis& axis : data.axes) {
        fields.emplace_back();
        for (std::size_t place = 0; place < axis.extent; ++place)
            fields.back().push_back(fieldsOf(axis, place));
    }
    const std::size_t outer = data.axes.size() - data.blockAxes;
    eachBlock(data, monitor, [&](std::span<const std::size_t> at, std::span<const float> values) {
        std::string start;
        for (std::size_t axis = 0; axis < outer; ++axis)
            start += fields[axis][at[axis]] + ",";
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::string end;
            std::size_t rest = i;
            for (std::size_t axis = data.axes.size(); axis-- > outer; rest /= data.axes[axis].extent)
                end.insert(0, fields[axis][rest % data.axes[axis].extent] + ",");
            out << start << end << numberOrNothing(values[i]) << "\r\n";
        }
    });
    checkWritten(out, file);
}

void writeHdf5(const DataSet& data, const Comparison& comparison, const std::filesystem::path& target, Monitor& monitor)
{
    std::vector<std::size_t> shape;
    for (const DataAxis& axis : data.axes)
        shape.push_back(axis.extent);
    Hdf5File file = Hdf5File::create(target);
    file.writeFloats("/values", shape, [&](const Hdf5File::PutBlock& put) { eachBlock(data, monitor, put); });
    for (const DataAxis& axis : data.axes)
        if (!axis.labels.empty())
            file.writeStrings("/axes/" + axis.name, axis.labels);
    file.setText("/", "format", "ketscope-data");
    file.setText("/", "description", describe(data, comparison).dump());
    file.close();
}

struct Writer {
    std::string_view suffix;
    void (*write)(const DataSet&, const Comparison&, const std::filesystem::path&, Monitor&);
    bool beside;  // whether the description is a file of its own
};

const Writer& writerOf(const std::filesystem::path& file)
{
    static constexpr Writer writers[] = {{".csv", writeCsv, true}, {".npy", writeNpy, true}, {".h5", writeHdf5, false}};
    for (const Writer& writer : writers)
        if (file.extension() == writer.suffix)
            return writer;
    refuse({file.string(), "a file name ending in .csv, .npy or .h5",
            file.has_extension() ? file.extension().string() : "none", "Choose one of these formats."});
}

}  // namespace

void writeDataSet(const DataSet& data, const Comparison& comparison, const std::filesystem::path& file,
                  Monitor& monitor)
{
    const Writer& writer = writerOf(file);
    AtomicFile values(file);
    writer.write(data, comparison, values.path(), monitor);
    if (writer.beside) {
        AtomicFile description(file.string() + ".json");
        std::ofstream out(description.path(), std::ios::binary);
        out << describe(data, comparison).dump(1) << '\n';
        checkWritten(out, description.path());
        out.close();
        description.commit();
    }
    values.commit();
}

std::uint64_t dataSetBytes(const DataSet& data, const std::filesystem::path& file)
{
    const bool text = file.extension() == ".csv";
    return data.size() * (text ? kBytesOfField * (data.axes.size() + 1) : sizeof(float));
}

}  // namespace ketscope
