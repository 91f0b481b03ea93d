// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/picture_checks.h"

#include "core/base/error.h"

#include <QtEndian>

#include <array>

namespace ketscope {

namespace {

constexpr int kPngSignature = 8;
constexpr qint64 kBlockBytes = 1 << 16;
constexpr int kMostJpegSegments = 1000;

// CRC-32 of PNG and zlib (ISO 3309), reflected, a byte at a time.
std::array<std::uint32_t, 256> checksumTable()
{
    std::array<std::uint32_t, 256> table = {};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
        table[byte] = value;
    }
    return table;
}

std::uint32_t checksum(std::uint32_t sum, const QByteArray& bytes)
{
    static const std::array<std::uint32_t, 256> kTable = checksumTable();
    for (const char byte : bytes)
        sum = kTable[(sum ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ (sum >> 8);
    return sum;
}

// Reads `length` bytes in blocks; false when the file ends before.
bool readThrough(QFile& file, qint64 length, std::uint32_t& sum)
{
    while (length > 0) {
        const QByteArray block = file.read(std::min(length, kBlockBytes));
        if (block.isEmpty())
            return false;
        sum = checksum(sum, block);
        length -= block.size();
    }
    return true;
}

// What is wrong with the file's chunks; empty when nothing is.
std::string pngFault(QFile& file)
{
    for (;;) {
        const QByteArray start = file.read(8);
        if (start.size() < 8)
            return "a file that ends too early";
        const auto length = qFromBigEndian<quint32>(start.constData());
        const QByteArray kind = start.mid(4);
        std::uint32_t sum = checksum(0xFFFFFFFFU, kind);
        if (length > 0x7FFFFFFFU || !readThrough(file, length, sum))
            return "a file that ends too early";
        const QByteArray stored = file.read(4);
        if (stored.size() < 4)
            return "a file that ends too early";
        // Chunks with a small first letter are not needed for the picture.
        const bool needed = kind[0] >= 'A' && kind[0] <= 'Z';
        if (needed && qFromBigEndian<quint32>(stored.constData()) != (sum ^ 0xFFFFFFFFU))
            return "a wrong checksum in " + printable(kind.toStdString());
        if (kind == "IEND")
            return "";
    }
}

struct JpegHeader {
    int components = 0;
    bool adobe = false;
};

// The marker segments up to the frame header. Stops at anything unexpected: the decoder will say what is wrong.
JpegHeader jpegHeader(QFile& file)
{
    JpegHeader header;
    for (int segment = 0; segment < kMostJpegSegments; ++segment) {
        const QByteArray start = file.read(4);
        if (start.size() < 4 || start[0] != '\xFF')
            break;
        const auto marker = static_cast<unsigned char>(start[1]);
        const int length = qFromBigEndian<quint16>(start.constData() + 2);
        const QByteArray body = file.read(std::clamp(length - 2, 0, 16));
        header.adobe = header.adobe || (marker == 0xEE && body.startsWith("Adobe"));
        const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame && body.size() >= 6) {
            header.components = static_cast<unsigned char>(body[5]);
            break;
        }
        if (length < 2 || !file.seek(file.pos() + length - 2 - body.size()))
            break;
    }
    return header;
}

}  // namespace

void checkPng(QFile& file, const std::string& name)
{
    file.seek(kPngSignature);
    const std::string fault = pngFault(file);
    file.seek(0);
    if (!fault.empty())
        refuse({name, "a whole picture", fault, "Save the picture again."});
}

void checkJpeg(QFile& file, const std::string& name)
{
    file.seek(2);
    const JpegHeader header = jpegHeader(file);
    file.seek(0);
    if (header.components == 4 && !header.adobe)
        refuse({name, "an RGB or greyscale JPEG, or a CMYK one that says how it counts ink", "CMYK without that",
                "Save the picture as RGB."});
}

}  // namespace ketscope
