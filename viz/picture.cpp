// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/picture.h"

#include "core/base/error.h"
#include "viz/picture_checks.h"

#include <QFile>
#include <QFileInfo>
#include <QImageReader>

#include <array>

namespace ketscope {

namespace {

constexpr qint64 kMaximumFileBytes = qint64{256} << 20;
constexpr int kAllocationMegabytes = 512;  // kMaximumImagePixels of 16-bit RGBA

// Formats by Qt's names. Others that Qt may know (SVG, icons) are not pictures for a model.
constexpr std::array<const char*, 12> kFormats = {"png",  "jpg", "jpeg", "webp", "bmp", "tif",
                                                  "tiff", "gif", "pbm",  "pgm",  "ppm", "pnm"};

constexpr const char* kKinds = "a PNG, JPEG, WebP, BMP, TIFF or GIF picture";

// WebP and TIFF come from a package of their own: without it their files look like anything.
std::string missingReader(const QByteArray& head)
{
    if (head.startsWith("RIFF") && head.mid(8, 4) == "WEBP")
        return "WebP, which this system's Qt cannot read";
    if (head.startsWith(QByteArray("II*\0", 4)) || head.startsWith(QByteArray("MM\0*", 4)))
        return "TIFF, which this system's Qt cannot read";
    return "";
}

void openFile(QFile& file, const std::string& name)
{
    const QFileInfo info(file);
    if (!info.isFile())
        refuse({name, kKinds, info.exists() ? "a folder" : "no such file", "Choose a picture."});
    if (info.size() > kMaximumFileBytes)
        refuse({name, "a file of at most 256 MiB", std::to_string(info.size() >> 20) + " MiB",
                "Save the picture smaller."});
    if (!file.open(QIODevice::ReadOnly))
        refuse({name, "a file that can be read", file.errorString().toStdString(), "Check its permissions."});
}

void checkKind(const QByteArray& format, QFile& file, const std::string& name)
{
    if (std::ranges::none_of(kFormats, [&](const char* known) { return format == known; })) {
        const std::string missing = missingReader(file.peek(16));
        refuse({name, kKinds, missing.empty() ? "another kind of file" : missing,
                missing.empty() ? "Save the picture in one of these formats."
                                : "Install qt6-image-formats-plugins, or save the picture as PNG."});
    }
    if (format == "jpeg" || format == "jpg")
        checkJpeg(file, name);
    if (format == "png")
        checkPng(file, name);
}

// Fills `image` row by row from what `fill(row, target)` writes.
template <typename Fill> Image filled(const QImage& source, const std::string& name, const Fill& fill)
{
    Image image = blankImage(static_cast<std::size_t>(source.width()), static_cast<std::size_t>(source.height()), name);
    for (int row = 0; row < source.height(); ++row)
        fill(source.constScanLine(row), image.rgb.data() + static_cast<std::size_t>(row) * image.width * 3);
    return image;
}

Image fromGrey(const QImage& source, const std::string& name)
{
    const int width = source.width();
    return filled(source, name, [width](const uchar* pixels, std::uint8_t* target) {
        for (int x = 0; x < width; ++x)
            target = std::fill_n(target, 3, pixels[x]);
    });
}

Image fromColour(const QImage& source, const std::string& name)
{
    const int width = source.width();
    return filled(source, name, [width](const uchar* pixels, std::uint8_t* target) {
        const auto* colours = reinterpret_cast<const QRgb*>(pixels);
        for (int x = 0; x < width; ++x) {
            *target++ = static_cast<std::uint8_t>(qRed(colours[x]));
            *target++ = static_cast<std::uint8_t>(qGreen(colours[x]));
            *target++ = static_cast<std::uint8_t>(qBlue(colours[x]));
        }
    });
}

Image fromDeep(const QImage& source, const std::string& name)
{
    const int width = source.width();
    return filled(source, name, [width](const uchar* pixels, std::uint8_t* target) {
        const auto* colours = reinterpret_cast<const QRgba64*>(pixels);
        for (int x = 0; x < width; ++x)
            for (const quint16 channel : {colours[x].red(), colours[x].green(), colours[x].blue()})
                *target++ = static_cast<std::uint8_t>(channel >> 8);
    });
}

bool isDeep(QImage::Format format)
{
    return format == QImage::Format_Grayscale16 || QImage::toPixelFormat(format).bitsPerPixel() > 32
           || format == QImage::Format_BGR30 || format == QImage::Format_RGB30
           || format == QImage::Format_A2BGR30_Premultiplied || format == QImage::Format_A2RGB30_Premultiplied;
}

Image toRgb(QImage source, const std::string& name)
{
    if (source.format() == QImage::Format_Grayscale8)
        return fromGrey(source, name);
    const bool transparent = source.hasAlphaChannel();
    const bool rounded = QImage::toPixelFormat(source.format()).premultiplied() == QPixelFormat::Premultiplied;
    const bool deep = isDeep(source.format());
    const QImage::Format wanted = deep ? QImage::Format_RGBA64 : QImage::Format_ARGB32;
    // RGB32 has the layout of ARGB32 and needs no copy.
    if (deep || source.format() != QImage::Format_RGB32)
        source.convertTo(wanted);
    if (source.isNull())
        fail({name, "memory for the picture", "not enough", "Use a smaller picture."});
    Image image = deep ? fromDeep(source, name) : fromColour(source, name);
    if (deep)
        image.notices.emplace_back("The picture's upper 8 of 16 bits are used.");
    if (rounded)
        image.notices.emplace_back("Colours of half-transparent pixels are rounded by the decoder.");
    if (transparent)
        image.notices.emplace_back("Transparency is dropped, not blended.");
    return image;
}

}  // namespace

Image readPicture(const std::filesystem::path& path)
{
    const std::string name = path.string();
    QFile file(QString::fromStdString(name));
    openFile(file, name);
    QImageReader::setAllocationLimit(kAllocationMegabytes);
    QImageReader reader(&file);
    reader.setDecideFormatFromContent(true);
    reader.setAutoTransform(false);
    checkKind(QImageReader::imageFormat(&file), file, name);
    if (const QSize size = reader.size(); size.isValid())
        requireUsableSize(static_cast<std::size_t>(size.width()), static_cast<std::size_t>(size.height()), name);
    const bool turned = reader.transformation() != QImageIOHandler::TransformationNone;
    const QImage decoded = reader.read();
    if (decoded.isNull())
        refuse({name, "a whole picture", reader.errorString().toStdString(), "Save the picture again."});
    Image image = toRgb(decoded, name);
    if (turned)
        image.notices.emplace_back("The EXIF orientation is not applied: models' image processors do not either.");
    return image;
}

Study withPicture(Study study, const Comparison* previous)
{
    if (!study.input.image || study.input.image->pixels)
        return study;
    const std::optional<PictureInput> known = previous == nullptr ? std::nullopt : previous->study.input.image;
    study.input.image->pixels = known && known->pixels && known->path == study.input.image->path
                                    ? known->pixels
                                    : std::make_shared<const Image>(readPicture(study.input.image->path));
    return study;
}

QImage pictureImage(const Image& image)
{
    QImage picture(static_cast<int>(image.width), static_cast<int>(image.height), QImage::Format_RGB888);
    for (int row = 0; row < picture.height(); ++row)
        std::copy_n(image.rgb.data() + static_cast<std::size_t>(row) * image.width * 3, image.width * 3,
                    picture.scanLine(row));
    return picture;
}

}  // namespace ketscope
