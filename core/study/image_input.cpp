// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/image_input.h"

#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/formats/npy.h"
#include "core/image/processor.h"
#include "core/study/token_axis.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kMaximumPixelBytes = 3 * sizeof(float) * kMaximumImagePixels + (std::size_t{1} << 17);

ImagePlacement takePicture(const PictureInput& picture, const ModelInfo& model, EncodedInput& encoded)
{
    if (picture.pixels == nullptr)
        fail({picture.path, "a decoded picture", "a file that was not read", ""});
    const std::optional<ImageProcessor> processor = openImageProcessor(model.path);
    if (!processor)
        refuse({model.path.string(), "preprocessor_config.json, which says how pictures are made ready", "none",
                "Add the file to the folder, or give pixel values."});
    PreparedImage prepared = prepare(*picture.pixels, *processor);
    encoded.picture = picture.pixels;
    encoded.notices.insert(encoded.notices.end(), picture.pixels->notices.begin(), picture.pixels->notices.end());
    encoded.model.image.pixels = std::make_shared<const Tensor>(std::move(prepared.pixelValues));
    encoded.model.image.pixelMask = std::move(prepared.pixelMask);
    return prepared.placement;
}

// The numbers of an .npy file, checked before they are read.
ImagePlacement takePixelValues(const std::string& path, EncodedInput& encoded)
{
    const MappedFile file(path, kMaximumPixelBytes);
    const NpyArray array(file.bytes(), file.bytes().size(), path);
    const std::vector<std::size_t>& shape = array.shape();
    if (array.isText() || array.dtype().substr(1) != "f4" || shape.size() != 3 || shape[0] != 3)
        refuse({path, "pixel values as float32 of shape (3, height, width)",
                array.dtype() + " with " + std::to_string(shape.size()) + " axes"
                    + (shape.empty() ? "" : ", the first of " + std::to_string(shape.front())),
                "Save them with numpy.save(file, pixels.astype(numpy.float32))."});
    requireUsableSize(shape[2], shape[1], path);
    Tensor pixels(shape);
    array.read(0, pixels.values());
    if (!std::ranges::all_of(pixels.values(), [](float x) { return std::isfinite(x); }))
        refuse({path, "finite pixel values", "NaN or infinity", "Check how they were made."});
    encoded.model.image.pixels = std::make_shared<const Tensor>(std::move(pixels));
    return unchangedPlacement(shape[2], shape[1]);
}

void checkSize(const ModelInfo& model, const ImagePlacement& placement)
{
    const ImageInfo& image = *model.image;
    if (!image.anySize && (placement.height != image.height || placement.width != image.width))
        refuse({"image",
                std::to_string(image.width) + " × " + std::to_string(image.height) + " pixels, the size of this model",
                std::to_string(placement.width) + " × " + std::to_string(placement.height) + " pixels",
                "Processor file, pixel values and model have to belong together."});
}

}  // namespace

void encodeImage(const Input& input, const ModelInfo& model, EncodedInput& encoded)
{
    const ImagePlacement placement =
        input.image ? takePicture(*input.image, model, encoded) : takePixelValues(input.pixelValues, encoded);
    checkSize(model, placement);
    encoded.patches = PatchGeometry(placement, model.image->patchWidth, model.image->patchHeight);
    const PatchGrid grid = patchGrid(*model.image, encoded.model.image);
    encoded.imageTokens =
        imageTokens(axisLength(model, encoded.model, encoded.model.image, TokenAxis::Image), grid.rows, grid.columns);
}

}  // namespace ketscope
