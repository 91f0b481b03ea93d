// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figure_study.h"

#include "core/base/error.h"
#include "core/formats/json.h"

#include <QFile>
#include <QImageReader>
#include <QXmlStreamReader>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <zlib.h>

namespace ketscope {

namespace {

constexpr qint64 kLargestFile = qint64{1} << 30;
constexpr std::size_t kLargestStudy = std::size_t{1} << 26;
constexpr qint64 kPiece = qint64{1} << 24;

[[noreturn]] void refuseStudy(const std::filesystem::path& file, const std::string& found)
{
    refuse({file.string(), "a figure with the study that it was drawn from", found, "Export it again."});
}

QByteArray contentsOf(const std::filesystem::path& path, Monitor& monitor)
{
    QFile file(QString::fromStdString(path.string()));
    if (!file.open(QIODevice::ReadOnly))
        refuse({path.string(), "a file that can be read", file.errorString().toStdString(), ""});
    if (file.size() > kLargestFile)
        refuseStudy(path, "more than 1 GiB");
    const std::string what = "Reading " + path.filename().string();
    QByteArray all;
    while (!file.atEnd()) {
        monitor.check();
        monitor.progress(static_cast<double>(all.size()) / static_cast<double>(std::max<qint64>(file.size(), 1)), what);
        const QByteArray piece = file.read(kPiece);
        if (piece.isEmpty())
            refuse({path.string(), "a file that can be read", file.errorString().toStdString(), ""});
        all += piece;
        if (all.size() > kLargestFile)
            refuseStudy(path, "more than 1 GiB");
    }
    return all;
}

QByteArray inflated(QByteArray packed, const std::filesystem::path& file, const Monitor& monitor)
{
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    if (inflateInit(&stream) != Z_OK)
        refuseStudy(file, "no memory to unpack it");
    QByteArray result;
    int state = Z_OK;
    while (state == Z_OK && static_cast<std::size_t>(result.size()) <= kLargestStudy && !monitor.cancelled()) {
        std::array<char, 1 << 16> piece;
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = piece.size();
        state = inflate(&stream, Z_NO_FLUSH);
        result.append(piece.data(), static_cast<qsizetype>(piece.size() - stream.avail_out));
    }
    inflateEnd(&stream);
    monitor.check();
    if (state != Z_STREAM_END)
        refuseStudy(file, "one that is damaged or too large");
    return result;
}

// The attachment study.json, as QPdfWriter writes it: a file specification that names the object with its stream.
QByteArray attachmentOf(const std::filesystem::path& file, Monitor& monitor)
{
    const QByteArray pdf = contentsOf(file, monitor);
    const QByteArray name = "/F (study.json)\n/EF <</F ";
    const qsizetype named = pdf.lastIndexOf(name);
    if (named < 0)
        return {};
    const qsizetype number = named + name.size();
    const qsizetype after = pdf.indexOf(' ', number);
    const qsizetype object = pdf.indexOf('\n' + pdf.mid(number, after - number) + " 0 obj\n");
    const QByteArray begin = "\nstream\n";
    const qsizetype stream = object < 0 ? -1 : pdf.indexOf(begin, object);
    if (after < 0 || after - number > 10 || stream < 0)
        refuseStudy(file, "an attachment that leads nowhere");
    const qsizetype first = stream + begin.size();
    if (pdf.mid(object, stream - object).contains("/FlateDecode"))
        return inflated(pdf.mid(first), file, monitor);
    return pdf.mid(first, pdf.indexOf("\nendstream", first) - first);
}

QByteArray metadataOf(const std::filesystem::path& file, Monitor& monitor)
{
    QXmlStreamReader reader(contentsOf(file, monitor));
    for (; !reader.atEnd(); monitor.check())
        if (reader.readNext() == QXmlStreamReader::StartElement && reader.name() == QLatin1String("metadata"))
            return reader.readElementText(QXmlStreamReader::SkipChildElements).trimmed().toUtf8();
    return {};
}

QByteArray textOf(const std::filesystem::path& file)
{
    QImageReader reader(QString::fromStdString(file.string()));
    return reader.text(QStringLiteral("Study")).toUtf8();
}

}  // namespace

std::optional<Study> studyOfFigure(const std::filesystem::path& file, Monitor& monitor)
{
    std::string suffix = file.extension().string();
    std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const QByteArray text = suffix == ".pdf"   ? attachmentOf(file, monitor)
                            : suffix == ".svg" ? metadataOf(file, monitor)
                            : suffix == ".png" ? textOf(file)
                                               : QByteArray();
    if (!text.startsWith('{'))
        return std::nullopt;
    const std::string where = file.string() + ", its study";
    return studyFromJson(parseJson(text.toStdString(), where), where);
}

std::optional<Study> studyOfFigure(const std::filesystem::path& file)
{
    Monitor monitor;
    return studyOfFigure(file, monitor);
}

}  // namespace ketscope
