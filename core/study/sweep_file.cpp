// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "core/formats/hdf5.h"
#include "core/study/sweep.h"

#include <cmath>
#include <fstream>

namespace ketscope {

namespace {

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

void writeAttributes(const Sweep& sweep, Hdf5File& file)
{
    file.makeGroup("/rows");
    file.setText("/", "format", "ketscope-sweep");
    file.setNumber("/", "version", 1);
    file.setText("/", "ketscope_version", versionString());
    file.setText("/", "model_path", sweep.model.path.string());
    file.setText("/", "model_sha256", sweep.weightsSha256);
    file.setText("/", "candidate", formatSpec(sweep.request.candidate));
    file.setText("/", "study", toJson(sweep.request.study).dump());
    file.setText("/", "question", sweep.question);
    file.setText("/", "top_answer", sweep.topAnswer);
    file.setNumber("/", "seed", static_cast<double>(sweep.request.study.seed));
}

void writeHdf5(const Sweep& sweep, const std::filesystem::path& target)
{
    Hdf5File file = Hdf5File::create(target);
    writeAttributes(sweep, file);
    std::vector<std::string> labels;
    std::vector<std::int64_t> runs;
    std::vector<std::int64_t> published;
    for (const SweepRow& row : sweep.rows) {
        labels.push_back(row.label);
        runs.push_back(static_cast<std::int64_t>(row.runs));
        published.push_back(row.published ? 1 : 0);
    }
    file.writeStrings("/rows/label", labels);
    file.writeIntegers("/rows/runs", {runs.size()}, runs);
    file.writeIntegers("/rows/published", {published.size()}, published);
    for (std::size_t i = 0; i < sweep.request.axes.size(); ++i) {
        std::vector<std::string> values;
        for (const SweepRow& row : sweep.rows)
            values.push_back(row.values.empty() ? "" : row.values[i]);
        file.writeStrings("/axes/" + sweep.request.axes[i].parameter, values);
    }
    for (std::size_t k = 0; k < sweepMeasures().size(); ++k) {
        std::vector<float> values;
        for (const SweepRow& row : sweep.rows)
            for (const double value : {row.measures[k].mean, row.measures[k].low, row.measures[k].high})
                values.push_back(static_cast<float>(value));
        const std::string path = "/measures/" + sweepMeasures()[k].id;
        file.writeFloats(path, {sweep.rows.size(), 3}, values);
        file.setText(path, "title", sweepMeasures()[k].title);
        file.setText(path, "unit", sweepMeasures()[k].unit);
    }
    file.close();
}

}  // namespace

void writeSweep(const Sweep& sweep, const std::filesystem::path& file)
{
    AtomicFile target(file);
    if (file.extension() == ".h5")
        writeHdf5(sweep, target.path());
    else
        writeCsv(sweep, target.path());
    target.commit();
}

}  // namespace ketscope
