// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file_input.h"

#include "core/base/error.h"
#include "core/study/token_axis.h"
#include "core/study/token_list.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kPlacementNumbers = 8;

std::vector<std::int64_t> widened(const auto& values) { return {values.begin(), values.end()}; }

void writeTokens(Hdf5File& file, const EncodedInput& input)
{
    std::vector<std::string> pieces;
    std::vector<std::string> displays;
    std::vector<std::int64_t> spans;
    std::vector<std::int64_t> special;
    for (const Token& token : input.tokens) {
        pieces.push_back(token.piece);
        displays.push_back(token.display);
        spans.push_back(static_cast<std::int64_t>(token.span.begin));
        spans.push_back(static_cast<std::int64_t>(token.span.end));
        special.push_back(token.special ? 1 : 0);
    }
    const std::size_t count = input.tokens.size();
    file.writeStrings("/input/tokens", pieces);
    file.writeStrings("/input/token_display", displays);
    file.writeIntegers("/input/token_spans", {count, 2}, spans);
    file.writeIntegers("/input/token_special", {count}, special);
    file.writeIntegers("/input/token_ids", {count}, widened(input.model.tokenIds));
    file.writeIntegers("/input/attention_mask", {count}, widened(input.model.attentionMask));
    file.writeIntegers("/input/token_type_ids", {count}, widened(input.model.tokenTypes));
}

void writeImage(Hdf5File& file, const EncodedInput& input)
{
    std::vector<std::string> names;
    for (const Token& token : input.imageTokens)
        names.push_back(token.piece);
    file.writeStrings("/input/image_tokens", names);
    if (const TensorPointer& pixels = input.model.image.pixels)
        file.writeFloats("/input/pixel_values", pixels->shape(), pixels->values());
    if (input.picture)
        file.writeBytes("/input/image", {input.picture->height, input.picture->width, 3}, input.picture->rgb);
    if (!input.patches)
        return;
    const ImagePlacement& place = input.patches->placement();
    const auto real = [](auto number) { return static_cast<double>(number); };
    const std::array<double, 2> grid = {real(input.patches->rows()), real(input.patches->columns())};
    file.setNumbers("/input", "patch_grid", grid);
    // Original and resized width and height; left, top, width and height of the window that went in.
    const std::array<double, kPlacementNumbers> placement = {real(place.originalWidth), real(place.originalHeight),
                                                             real(place.resizedWidth),  real(place.resizedHeight),
                                                             real(place.left),          real(place.top),
                                                             real(place.width),         real(place.height)};
    file.setNumbers("/input", "image_placement", placement);
}

// Reads one file's input; every function throws Error (Input) that names the place in it.
class InputReader {
public:
    InputReader(const Hdf5File& file, const std::string& name, EncodedInput& input)
        : m_file(file), m_name(name), m_input(input)
    {
    }

    void readTokens()
    {
        std::vector<Token> tokens = tokensOfPieces(m_file.readStrings("/input/tokens"), m_name + ", /input/tokens");
        const std::size_t n = tokens.size();
        std::vector<std::string> displays;
        if (m_file.exists("/input/token_display"))
            displays = m_file.readStrings("/input/token_display");
        if (!displays.empty() && displays.size() != n)
            wrong("/input/token_display", std::to_string(n) + " texts", std::to_string(displays.size()));
        const auto ids = integers("/input/token_ids", n);
        const auto mask = integers("/input/attention_mask", n);
        const auto types = integers("/input/token_type_ids", n);
        const auto spans = integers("/input/token_spans", 2 * n);
        const auto special = integers("/input/token_special", n);
        for (std::size_t i = 0; i < n; ++i) {
            Token& token = tokens[i];
            if (!displays.empty())
                token.display = displays[i];
            token.id = ids.empty() ? 0 : narrow(ids[i], "/input/token_ids");
            token.segment = types.empty() ? 0 : narrow(types[i], "/input/token_type_ids");
            token.padding = !mask.empty() && mask[i] == 0;
            token.special = !special.empty() && special[i] != 0;
            if (!spans.empty())
                token.span = {static_cast<std::size_t>(narrow(spans[2 * i], "/input/token_spans")),
                              static_cast<std::size_t>(narrow(spans[2 * i + 1], "/input/token_spans"))};
            m_input.model.tokenIds.push_back(token.id);
            m_input.model.attentionMask.push_back(token.padding ? 0 : 1);
            m_input.model.tokenTypes.push_back(token.segment);
        }
        m_input.tokens = std::move(tokens);
    }

    void readPicture()
    {
        const std::vector<std::size_t> shape = m_file.shape("/input/image");
        if (shape.size() != 3 || shape[2] != 3)
            wrong("/input/image", "(height, width, 3) bytes", "another shape");
        requireUsableSize(shape[1], shape[0], m_name + ", /input/image");
        m_input.picture = std::make_shared<const Image>(
            Image{shape[1], shape[0], m_file.readBytes("/input/image", 3 * kMaximumImagePixels), {}});
    }

    void readPixelValues()
    {
        Tensor pixels = m_file.readFloats("/input/pixel_values", 3 * kMaximumImagePixels);
        if (pixels.shape().size() != 3 || pixels.empty())
            wrong("/input/pixel_values", "(channels, height, width) values", "another shape");
        m_input.model.image.pixels = std::make_shared<const Tensor>(std::move(pixels));
    }

    void complete(std::size_t length, const std::optional<ImageInfo>& image)
    {
        if (!m_input.imageTokens.empty() && m_input.imageTokens.size() != length)
            wrong("/input/image_tokens", std::to_string(length) + " texts, one for each token of the image",
                  std::to_string(m_input.imageTokens.size()));
        const std::vector<std::size_t> grid = wholeNumbers("patch_grid", 2, 1);
        if (grid.empty())
            return;
        if (grid[0] > length || grid[1] > length || grid[0] * grid[1] > length)
            wrong("/input attribute patch_grid",
                  "at most as many patches as the image has tokens, " + std::to_string(length),
                  std::to_string(grid[0]) + " × " + std::to_string(grid[1]));
        // Names are made again: they say what is a patch and what is not.
        m_input.imageTokens = imageTokens(length, grid[0], grid[1]);
        m_input.patches = geometry(grid, image);
    }

private:
    [[noreturn]] void wrong(const std::string& place, const std::string& expected, const std::string& found) const
    {
        refuse({m_name + ", " + place, expected, found, "See the run-file layout in the documentation."});
    }

    std::vector<std::int64_t> integers(const std::string& path, std::size_t count) const
    {
        if (!m_file.exists(path))
            return {};
        std::vector<std::int64_t> values = m_file.readIntegers(path);
        if (values.size() != count)
            wrong(path, std::to_string(count) + " values", std::to_string(values.size()));
        return values;
    }

    std::int32_t narrow(std::int64_t value, const std::string& path) const
    {
        if (value < 0 || value > std::numeric_limits<std::int32_t>::max())
            wrong(path, "values from 0 to 2147483647", std::to_string(value));
        return static_cast<std::int32_t>(value);
    }

    double whole(const std::string& attribute, double value, double least) const
    {
        if (!(value >= least && value <= static_cast<double>(kMaximumImageSide)) || value != std::floor(value))
            wrong("/input attribute " + attribute, "whole numbers up to " + std::to_string(kMaximumImageSide),
                  std::to_string(value));
        return value;
    }

    std::vector<std::size_t> wholeNumbers(const std::string& attribute, std::size_t count, double least) const
    {
        std::vector<std::size_t> numbers;
        for (const double value : m_file.numbersAttribute("/input", attribute, count))
            numbers.push_back(static_cast<std::size_t>(whole(attribute, value, least)));
        return numbers;
    }

    ImagePlacement placement(const std::vector<double>& n) const
    {
        constexpr double kLeast = -static_cast<double>(kMaximumImageSide);
        const auto size = [&](std::size_t i) { return static_cast<std::size_t>(whole("image_placement", n[i], 1.0)); };
        const auto offset = [&](std::size_t i) {
            return static_cast<std::ptrdiff_t>(whole("image_placement", n[i], kLeast));
        };
        return {size(0), size(1), size(2), size(3), offset(4), offset(5), size(6), size(7)};
    }

    // As the model cuts the image; without that, the whole picture in equal parts.
    std::optional<PatchGeometry> geometry(const std::vector<std::size_t>& grid,
                                          const std::optional<ImageInfo>& image) const
    {
        const std::vector<double> numbers = m_file.numbersAttribute("/input", "image_placement", kPlacementNumbers);
        if (!numbers.empty() && image && image->patchWidth > 0 && image->patchHeight > 0) {
            const PatchGeometry found(placement(numbers), image->patchWidth, image->patchHeight);
            if (found.rows() != grid[0] || found.columns() != grid[1])
                wrong("/input attribute patch_grid",
                      std::to_string(found.rows()) + " × " + std::to_string(found.columns()) + " patches",
                      std::to_string(grid[0]) + " × " + std::to_string(grid[1]));
            return found;
        }
        if (!m_input.picture)
            return std::nullopt;
        return PatchGeometry(
            {m_input.picture->width, m_input.picture->height, grid[1], grid[0], 0, 0, grid[1], grid[0]}, 1, 1);
    }

    const Hdf5File& m_file;
    const std::string& m_name;
    EncodedInput& m_input;
};

}  // namespace

void writeInput(Hdf5File& file, const Comparison& comparison)
{
    const Input& given = comparison.study.input;
    file.makeGroup("/input");
    if (!comparison.input.tokens.empty())
        writeTokens(file, comparison.input);
    if (!comparison.input.imageTokens.empty())
        writeImage(file, comparison.input);
    if (given.text)
        file.writeStrings("/input/text", {*given.text});
    if (given.textPair)
        file.writeStrings("/input/text_pair", {*given.textPair});
    if (!comparison.input.labels.empty())
        file.writeStrings("/input/labels", comparison.input.labels);
}

void readInput(const Hdf5File& file, const std::string& name, EncodedInput& input)
{
    InputReader reader(file, name, input);
    if (file.exists("/input/tokens"))
        reader.readTokens();
    if (file.exists("/input/image_tokens"))
        for (const std::string& piece : file.readStrings("/input/image_tokens")) {
            Token& token = input.imageTokens.emplace_back();
            token.piece = token.display = piece;
        }
    if (file.exists("/input/image"))
        reader.readPicture();
    if (file.exists("/input/pixel_values"))
        reader.readPixelValues();
    if (file.exists("/input/labels"))
        input.labels = file.readStrings("/input/labels");
}

void completeImage(const Hdf5File& file, const std::string& name, std::size_t length,
                   const std::optional<ImageInfo>& image, EncodedInput& input)
{
    InputReader(file, name, input).complete(length, image);
}

}  // namespace ketscope
