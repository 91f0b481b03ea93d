// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/curve.h"

#include "core/attention/parameter.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <ranges>

namespace ketscope {

namespace {

constexpr const char* kFile = "curve.csv";
constexpr const char* kHead = "step,rate,loss,gradient_norm,validation_loss,validation_accuracy\n";
constexpr std::size_t kColumns = 6;
constexpr std::ptrdiff_t kGiven = 4;  // of them in every line
constexpr double kMostSteps = 1e9;
constexpr std::size_t kMostCharacters = 4096;  // a vocabulary that is larger has words

// The numbers of a line; none where a field is empty.
std::vector<std::optional<double>> fieldsOf(const std::string& line)
{
    std::vector<std::optional<double>> fields;
    const char* const end = line.data() + line.size();
    for (const char* at = line.data();; ++at) {
        const char* const comma = std::find(at, end, ',');
        double number = 0.0;
        if (comma == at)
            fields.emplace_back();
        else if (std::from_chars(at, comma, number).ptr == comma)
            fields.emplace_back(number);
        else
            return {};
        if (comma == end)
            return fields;
        at = comma;
    }
}

bool isStep(double value) { return value >= 1.0 && value <= kMostSteps && value == std::floor(value); }

CurvePoint pointOf(const std::string& line, std::size_t before, const std::filesystem::path& file)
{
    const std::vector<std::optional<double>> fields = fieldsOf(line);
    if (fields.size() != kColumns
        || !std::ranges::all_of(fields | std::views::take(kGiven), [](const auto& field) { return field.has_value(); })
        || !isStep(*fields[0]) || static_cast<std::size_t>(*fields[0]) <= before)
        refuse({file.string(), "the curve of a training run", "the line \"" + printable(line, 60) + "\"", ""});
    CurvePoint point{static_cast<std::size_t>(*fields[0]), *fields[1], *fields[2], *fields[3]};
    if (fields[4]) {
        point.validation.emplace();
        point.validation->loss = *fields[4];
        point.validation->accuracy = fields[5].value_or(0.0);
    }
    return point;
}

bool isOneCharacter(const std::string& piece)
{
    return std::ranges::count_if(piece, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; })
           == 1;
}

}  // namespace

std::vector<CurvePoint> readCurve(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / kFile;
    std::ifstream file(path);
    std::string line;
    std::vector<CurvePoint> points;
    if (!std::getline(file, line))
        return points;
    while (std::getline(file, line))
        points.push_back(pointOf(line, points.empty() ? 0 : points.back().step, path));
    return points;
}

void writeCurve(std::span<const CurvePoint> points, const std::filesystem::path& folder)
{
    std::string text = kHead;
    for (const CurvePoint& point : points) {
        text += std::to_string(point.step);
        for (const double value : {point.rate, point.loss, point.gradientNorm})
            text += "," + shortestNumber(value);
        text += point.validation
                    ? "," + shortestNumber(point.validation->loss) + "," + shortestNumber(point.validation->accuracy)
                    : std::string(",,");
        text += "\n";
    }
    writeTextFile(folder / kFile, text);
}

std::vector<double> trailingMeans(std::span<const double> values, std::size_t window)
{
    std::vector<double> means(values.size());
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum += values[i];
        if (i >= window)
            sum -= values[i - window];
        means[i] = sum / static_cast<double>(std::min(i + 1, window));
    }
    return means;
}

std::string questionName(Objective objective, const Tokenizer& tokenizer)
{
    if (objective == Objective::Classification)
        return "text";
    if (objective != Objective::LanguageModelling)
        return "pair";
    const auto count = static_cast<std::int32_t>(tokenizer.vocabularySize());
    if (tokenizer.vocabularySize() > kMostCharacters)
        return "token";
    for (std::int32_t id = 0; id < count; ++id)
        if (const Token token = tokenizer.token(id); !token.special && !isOneCharacter(token.piece))
            return "token";
    return "character";
}

std::string examplesName(Objective objective)
{
    if (objective == Objective::LanguageModelling)
        return "blocks";
    return objective == Objective::Classification ? "texts" : "pairs";
}

}  // namespace ketscope
