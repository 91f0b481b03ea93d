// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/sweep_file.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/version.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr double kVersion = 2;
constexpr const char* kFormat = "ketscope-sweep";

std::string axisPath(const std::string& group, std::size_t axis) { return group + "/request/" + std::to_string(axis); }

std::string numberOrNothing(double value) { return std::isfinite(value) ? shortestNumber(value) : ""; }

void writeCsv(const Sweep& sweep, const std::filesystem::path& file)
{
    std::ofstream out(file);
    out << "row";
    for (const SweepAxis& axis : sweep.request.axes)
        out << ',' << axis.parameter;
    out << ",runs,as_published";
    for (const SweepMeasure& measure : sweepMeasures())
        for (const char* part : {"_mean", "_low", "_high"})
            out << ',' << measure.id << part;
    out << "\r\n";
    for (const SweepRow& row : sweep.rows) {
        out << row.label;
        for (std::size_t i = 0; i < sweep.request.axes.size(); ++i)
            out << ',' << (row.values.empty() ? "" : row.values[i]);
        out << ',' << row.runs << ',' << (row.published ? 1 : 0);
        for (const Interval& measure : row.measures)
            for (const double value : {measure.mean, measure.low, measure.high})
                out << ',' << numberOrNothing(value);
        out << "\r\n";
    }
    if (!out.flush())
        fail({file.string(), "room to write a sweep", "that it could not be written", "Free some space."});
}

// `group` is empty for the root.
void writeAttributes(const Sweep& sweep, Hdf5File& file, const std::string& group)
{
    const std::string root = group.empty() ? "/" : group;
    file.makeGroup(group + "/rows");
    file.setText(root, "format", kFormat);
    file.setNumber(root, "version", kVersion);
    file.setText(root, "ketscope_version", versionString());
    file.setText(root, "model_path", sweep.model.path.string());
    file.setText(root, "model_title", sweep.model.title);
    file.setText(root, "model_sha256", sweep.weightsSha256);
    file.setText(root, "candidate", formatSpec(sweep.request.candidate));
    file.setText(root, "study", toJson(sweep.request.study).dump());
    file.setText(root, "question", sweep.question);
    file.setText(root, "top_answer", sweep.topAnswer);
    file.setNumber(root, "seeds", static_cast<double>(sweep.request.seeds));
    file.setNumber(root, "whole_model", sweep.request.wholeModel ? 1 : 0);
    file.makeGroup(group + "/request");
    for (std::size_t i = 0; i < sweep.request.axes.size(); ++i) {
        file.writeStrings(axisPath(group, i), sweep.request.axes[i].values);
        file.setText(axisPath(group, i), "parameter", sweep.request.axes[i].parameter);
    }
}

void writeRows(const Sweep& sweep, Hdf5File& file, const std::string& group)
{
    std::vector<std::string> labels;
    std::vector<std::int64_t> runs;
    std::vector<std::int64_t> published;
    for (const SweepRow& row : sweep.rows) {
        labels.push_back(row.label);
        runs.push_back(static_cast<std::int64_t>(row.runs));
        published.push_back(row.published ? 1 : 0);
    }
    file.writeStrings(group + "/rows/label", labels);
    file.writeIntegers(group + "/rows/runs", {runs.size()}, runs);
    file.writeIntegers(group + "/rows/published", {published.size()}, published);
    for (std::size_t i = 0; i < sweep.request.axes.size(); ++i) {
        std::vector<std::string> values;
        for (const SweepRow& row : sweep.rows)
            values.push_back(row.values.empty() ? "" : row.values[i]);
        file.writeStrings(group + "/axes/" + sweep.request.axes[i].parameter, values);
    }
}

void writeMeasures(const Sweep& sweep, Hdf5File& file, const std::string& group)
{
    for (std::size_t k = 0; k < sweepMeasures().size(); ++k) {
        std::vector<float> values;
        for (const SweepRow& row : sweep.rows)
            for (const double value : {row.measures[k].mean, row.measures[k].low, row.measures[k].high})
                values.push_back(static_cast<float>(value));
        const std::string path = group + "/measures/" + sweepMeasures()[k].id;
        file.writeFloats(path, {sweep.rows.size(), 3}, values);
        file.setText(path, "title", sweepMeasures()[k].title);
        file.setText(path, "unit", sweepMeasures()[k].unit);
    }
}

// What a sweep file says, part by part; anything else is one error that names the part.
class SweepReader {
public:
    SweepReader(const Hdf5File& file, const std::string& group, const std::string& name)
        : m_name(name), m_group(group), m_root(group.empty() ? "/" : group), m_file(file)
    {
    }

    Sweep read()
    {
        if (m_file.textAttribute(m_root, "format") != kFormat || m_file.numberAttribute(m_root, "version") != kVersion)
            wrong("a sweep that ketscope sweep wrote, version 2", "another format or version");
        Sweep sweep;
        readRequest(sweep.request);
        sweep.model.title = text(m_root, "model_title");
        sweep.model.path = text(m_root, "model_path");
        sweep.weightsSha256 = text(m_root, "model_sha256");
        sweep.question = text(m_root, "question");
        sweep.topAnswer = text(m_root, "top_answer");
        readRows(sweep);
        readValues(sweep);
        for (const SweepMeasure& measure : sweepMeasures())
            readMeasure(measure, sweep.rows);
        return sweep;
    }

private:
    [[noreturn]] void wrong(const std::string& expected, const std::string& found) const
    {
        refuse({m_name, expected, found, "Write the file again with ketscope sweep --out."});
    }

    std::string text(const std::string& object, const char* name) const
    {
        const auto found = m_file.textAttribute(object, name);
        if (!found)
            wrong("an attribute \"" + std::string(name) + "\" of " + object, "none");
        return *found;
    }

    std::size_t extent(const std::string& dataset, std::size_t most) const
    {
        const std::vector<std::size_t> shape =
            m_file.isDataset(dataset) ? m_file.shape(dataset) : std::vector<std::size_t>();
        if (shape.size() != 1 || shape[0] == 0 || shape[0] > most)
            wrong(dataset + " with 1 to " + std::to_string(most) + " entries", "another shape or none");
        return shape[0];
    }

    std::vector<std::string> strings(const std::string& dataset, std::size_t most) const
    {
        extent(dataset, most);
        return m_file.readStrings(dataset);
    }

    void readRequest(SweepRequest& request) const
    {
        const Json study = Json::parse(text(m_root, "study"), nullptr, false);
        if (study.is_discarded())
            wrong("a study as JSON", "other text");
        request.study = studyFromJson(study, m_name);
        request.candidate = parseSpec(text(m_root, "candidate"));
        const std::optional<double> seeds = m_file.numberAttribute(m_root, "seeds");
        if (!seeds || !(*seeds >= 1.0 && *seeds <= static_cast<double>(kMaximumSeeds)) || *seeds != std::floor(*seeds))
            wrong("1 to " + std::to_string(kMaximumSeeds) + " seeds", "another number");
        request.seeds = static_cast<std::size_t>(*seeds);
        request.wholeModel = m_file.numberAttribute(m_root, "whole_model") == 1.0;
        const std::size_t axes = m_file.isGroup(m_group + "/request") ? m_file.members(m_group + "/request").size() : 0;
        if (axes == 0 || axes > request.candidate.parameters.definitions().size())
            wrong("one axis for each parameter at most", std::to_string(axes) + " axes");
        for (std::size_t i = 0; i < axes; ++i) {
            SweepAxis axis{{}, strings(axisPath(m_group, i), kMaximumCombinations)};
            axis.parameter = text(axisPath(m_group, i), "parameter");
            Parameters given = request.candidate.parameters;
            for (const std::string& value : axis.values)
                given.setText(axis.parameter, value);
            if (std::ranges::count(request.axes, axis.parameter, &SweepAxis::parameter) > 0)
                wrong("every parameter once", '"' + axis.parameter + "\" twice");
            request.axes.push_back(std::move(axis));
        }
    }

    void readRows(Sweep& sweep) const
    {
        const std::vector<std::string> labels = strings(m_group + "/rows/label", kMaximumCombinations + 3);
        if (extent(m_group + "/rows/runs", labels.size()) != labels.size()
            || extent(m_group + "/rows/published", labels.size()) != labels.size())
            wrong("as many runs and marks as rows", "another number");
        const std::vector<std::int64_t> runs = m_file.readIntegers(m_group + "/rows/runs");
        const std::vector<std::int64_t> published = m_file.readIntegers(m_group + "/rows/published");
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (std::ranges::find(kLabels, labels[i]) == kLabels.end())
                wrong("rows named exact, uniform, zero or swept", '"' + labels[i] + '"');
            if (runs[i] < 1 || runs[i] > static_cast<std::int64_t>(kMaximumSeeds))
                wrong("1 to " + std::to_string(kMaximumSeeds) + " runs of a row", std::to_string(runs[i]));
            sweep.rows.push_back({labels[i], {}, static_cast<std::size_t>(runs[i]), published[i] == 1, {}});
        }
    }

    void readValues(Sweep& sweep) const
    {
        for (const SweepAxis& axis : sweep.request.axes) {
            const std::vector<std::string> values = strings(m_group + "/axes/" + axis.parameter, sweep.rows.size());
            if (values.size() != sweep.rows.size())
                wrong("a value of " + axis.parameter + " for every row", "another number");
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (sweep.rows[i].label != kLabels.back())
                    continue;
                if (std::ranges::find(axis.values, values[i]) == axis.values.end())
                    wrong("the values of " + axis.parameter + " that were asked for", '"' + values[i] + '"');
                sweep.rows[i].values.push_back(values[i]);
            }
        }
    }

    void readMeasure(const SweepMeasure& measure, std::vector<SweepRow>& rows) const
    {
        const std::string path = m_group + "/measures/" + measure.id;
        constexpr double none = std::numeric_limits<double>::quiet_NaN();
        if (!m_file.exists(path)) {
            for (SweepRow& row : rows)
                row.measures.push_back({none, none, none});
            return;
        }
        if (!m_file.isDataset(path) || m_file.shape(path) != std::vector<std::size_t>{rows.size(), 3})
            wrong(path + " with three numbers for every row", "another shape");
        const Tensor found = m_file.readFloats(path, 3 * rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const float* values = found.data() + 3 * i;
            rows[i].measures.push_back({values[0], values[1], values[2]});
        }
    }

    static constexpr std::array<std::string_view, 4> kLabels = {"exact", "uniform", "zero", "swept"};

    std::string m_name;
    std::string m_group;  // empty for the root
    std::string m_root;
    const Hdf5File& m_file;
};

}  // namespace

void writeSweepGroup(const Sweep& sweep, Hdf5File& file, const std::string& group)
{
    if (!group.empty())
        file.makeGroup(group);
    writeAttributes(sweep, file, group);
    writeRows(sweep, file, group);
    writeMeasures(sweep, file, group);
}

Sweep readSweepGroup(const Hdf5File& file, const std::string& group, const std::string& name)
{
    return SweepReader(file, group, name).read();
}

void writeSweep(const Sweep& sweep, const std::filesystem::path& file)
{
    AtomicFile target(file);
    if (file.extension() == ".h5") {
        Hdf5File written = Hdf5File::create(target.path());
        writeSweepGroup(sweep, written, {});
        written.close();
    } else
        writeCsv(sweep, target.path());
    target.commit();
}

Sweep readSweep(const std::filesystem::path& file) { return readSweepGroup(Hdf5File::open(file), {}, file.string()); }

bool isSweepFile(const std::filesystem::path& file)
{
    try {
        return Hdf5File::open(file).textAttribute("/", "format") == kFormat;
    } catch (const Error&) {
        return false;
    }
}

ComparisonPointer sweepComparison(std::shared_ptr<const Sweep> sweep)
{
    auto comparison = std::make_shared<Comparison>();
    comparison->study = sweep->request.study;
    comparison->study.candidates = {{{sweep->request.candidate}}};
    comparison->model = sweep->model;
    comparison->weightsSha256 = sweep->weightsSha256;
    comparison->sweep = std::move(sweep);
    return comparison;
}

}  // namespace ketscope
