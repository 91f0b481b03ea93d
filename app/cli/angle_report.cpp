// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/angle_report.h"

#include "app/cli/common.h"
#include "core/base/error.h"
#include "core/measures/number_text.h"
#include "core/quantum/weight_report.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

const TensorEntry& matrixNamed(const TensorArchive& tensors, const std::string& name)
{
    if (const TensorEntry* entry = tensors.find(name); entry != nullptr && entry->shape.size() == 2)
        return *entry;
    const auto& all = tensors.entries();
    const auto example = std::ranges::find_if(all, [](const TensorEntry& entry) {
        return entry.shape.size() == 2 && entry.name.find("weight") < entry.name.size();
    });
    const bool known = tensors.find(name) != nullptr;
    refuse({"--angles", "the name of a weight matrix of this model",
            "\"" + printable(name, 80) + "\"" + (known ? ", which has not two axes" : ""),
            example == all.end() ? "" : "One is " + printable(example->name, 120) + "."});
}

Json reportJson(const TensorEntry& entry, const WeightReport& report)
{
    return {{"tensor", entry.name},
            {"rows", report.rows},
            {"columns", report.columns},
            {"angles", report.angles},
            {"classical_values", report.classicalValues},
            {"round_trip", report.roundTrip},
            {"bits", report.bits},
            {"norm_error", report.norm},
            {"norm_bound", report.bound},
            {"rms_error", report.error},
            {"rms_error_linear", report.linearError},
            {"rms_error_arcsine", report.arcsineError},
            {"rms", report.rootMeanSquare}};
}

std::string reportText(const TensorEntry& entry, const WeightReport& report)
{
    const std::string bits = std::to_string(report.bits) + " bits";
    const auto number = [](double value) { return significantText(value); };
    return formatTable(
        {{"Tensor", printable(entry.name, 120) + ", " + std::to_string(report.rows) + " × "
                        + std::to_string(report.columns) + ", root mean square " + number(report.rootMeanSquare)},
         {"Angles", groupedNumber(report.angles) + " Givens rotations (RBS); " + std::to_string(report.classicalValues)
                        + " singular values stay classical"},
         {"Round trip", "largest |Δ| " + number(report.roundTrip)},
         {"With " + bits, "‖Δ‖₂ " + number(report.norm) + ", at most " + number(report.bound)
                              + "; root mean square error " + number(report.error)},
         {"One angle a weight", "θ = π·w/max|w|: " + number(report.linearError) + ", θ = 2·arcsin(w/max|w|): "
                                    + number(report.arcsineError) + "; no circuit computes with these"}},
        2);
}

}  // namespace

void printAngles(const TensorArchive& tensors, const std::string& name, int bits, bool json)
{
    const TensorEntry& entry = matrixNamed(tensors, name);
    const bool fits = std::max(entry.shape[0], entry.shape[1]) <= kMostEncoded;
    std::vector<float> values(fits ? entry.elements : 0);  // what does not fit is refused before it is read
    tensors.read(entry, 0, values);
    const std::vector<double> numbers(values.begin(), values.end());
    const auto rows = static_cast<std::size_t>(entry.shape[0]);
    const auto columns = static_cast<std::size_t>(entry.shape[1]);
    const WeightReport report = weightReport({numbers.data(), rows, columns}, bits);
    if (json)
        printJson(reportJson(entry, report));
    else
        std::cout << reportText(entry, report);
}

}  // namespace ketscope
