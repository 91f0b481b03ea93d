// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/npy.h"

#include "core/base/error.h"
#include "core/formats/widen.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace ketscope {

namespace {

constexpr std::size_t kLongestHeader = std::size_t{1} << 16;
constexpr std::size_t kMostAxes = 8;
constexpr std::size_t kLongestText = std::size_t{1} << 16;  // characters of one element

// The header: a Python dictionary with the keys descr, fortran_order and shape, of which only this much is understood.
class HeaderParser {
public:
    HeaderParser(std::string_view text, const std::string& where) : m_text(text), m_where(where) {}

    bool take(char wanted)
    {
        skipSpace();
        if (m_at >= m_text.size() || m_text[m_at] != wanted)
            return false;
        ++m_at;
        return true;
    }

    void need(char wanted)
    {
        if (!take(wanted))
            wrong(std::string("'") + wanted + "'");
    }

    std::string text()
    {
        const char quote = take('\'') ? '\'' : '"';
        if (quote == '"')
            need('"');
        const std::size_t end = m_text.find(quote, m_at);
        if (end == std::string_view::npos)
            wrong("a closing quote");
        std::string out(m_text.substr(m_at, end - m_at));
        m_at = end + 1;
        return out;
    }

    bool truth()
    {
        skipSpace();
        for (const auto& [word, value] : {std::pair("True", true), std::pair("False", false)})
            if (m_text.substr(m_at).starts_with(word)) {
                m_at += std::strlen(word);
                return value;
            }
        wrong("True or False");
    }

    std::vector<std::size_t> shape()
    {
        std::vector<std::size_t> extents;
        for (need('('); !take(')');) {
            extents.push_back(number());
            if (extents.size() > kMostAxes)
                wrong("at most " + std::to_string(kMostAxes) + " axes");
            if (!take(',')) {
                need(')');
                break;
            }
        }
        return extents;
    }

    void end()
    {
        skipSpace();
        if (m_at != m_text.size())
            wrong("the end of the header");
    }

    [[noreturn]] void wrong(const std::string& expected) const
    {
        const std::string found =
            m_at < m_text.size() ? "'" + printable(std::string(m_text.substr(m_at, 40)), 40) + "'" : "its end";
        refuse({m_where, "a NumPy header with " + expected + " at character " + std::to_string(m_at), found,
                "Save the array again with numpy.save."});
    }

private:
    void skipSpace()
    {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n' || m_text[m_at] == '\t'))
            ++m_at;
    }

    std::size_t number()
    {
        skipSpace();
        std::size_t value = 0;
        const char* const begin = m_text.data() + m_at;
        const auto [stop, error] = std::from_chars(begin, m_text.data() + m_text.size(), value);
        if (error != std::errc())
            wrong("a length");
        m_at += static_cast<std::size_t>(stop - begin);
        return value;
    }

    std::string_view m_text;
    const std::string& m_where;
    std::size_t m_at = 0;
};

std::size_t headerLength(std::span<const std::byte> bytes, std::size_t lengthBytes)
{
    std::size_t length = 0;
    for (std::size_t i = 0; i < lengthBytes; ++i)
        length |= static_cast<std::size_t>(bytes[8 + i]) << (8 * i);
    return length;
}

}  // namespace

NpyArray::NpyArray(std::span<const std::byte> bytes, std::uint64_t total, const std::string& where) : m_where(where)
{
    constexpr std::string_view kMagic = "\x93NUMPY";
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with(kMagic) || text.size() < 12)
        wrong("a NumPy array, which begins with \\x93NUMPY", text.size() < 12 ? "too few bytes" : "other bytes");
    const int major = static_cast<unsigned char>(text[6]);
    const int minor = static_cast<unsigned char>(text[7]);
    if (major < 1 || major > 3 || minor != 0)
        wrong("version 1.0, 2.0 or 3.0 of NumPy's format", std::to_string(major) + "." + std::to_string(minor));
    const std::size_t start = major == 1 ? 10 : 12;
    const std::size_t length = headerLength(bytes, start - 8);
    if (length > kLongestHeader || length > bytes.size() - start)
        wrong("a header of at most " + std::to_string(std::min(kLongestHeader, bytes.size() - start)) + " bytes",
              std::to_string(length));
    readHeader(text.substr(start, length));
    checkSize(total - start - length);
    m_data = bytes.data() + start + length;
}

void NpyArray::readHeader(std::string_view header)
{
    HeaderParser parser(header, m_where);
    std::optional<std::string> dtype;
    std::optional<bool> fortran;
    std::optional<std::vector<std::size_t>> shape;
    parser.need('{');
    while (!parser.take('}')) {
        const std::string key = parser.text();
        parser.need(':');
        if (key == "descr" && parser.take('['))
            wrong("an array of numbers or texts", "a structured dtype");
        if (key == "descr" && !dtype)
            dtype = parser.text();
        else if (key == "fortran_order" && !fortran)
            fortran = parser.truth();
        else if (key == "shape" && !shape)
            shape = parser.shape();
        else
            parser.wrong("descr, fortran_order and shape, each once,");
        if (!parser.take(',')) {
            parser.need('}');
            break;
        }
    }
    parser.end();
    if (!dtype || !fortran || !shape)
        wrong("a NumPy header with descr, fortran_order and shape", "one of them missing");
    readDtype(*dtype);
    m_fortran = *fortran;
    m_shape = std::move(*shape);
}

void NpyArray::readDtype(const std::string& dtype)
{
    m_dtype = dtype;
    const auto unknown = [&] {
        wrong("numbers f2, f4, f8, i1–i8, u1–u8 or texts U, S", "dtype '" + printable(dtype, 40) + "'");
    };
    if (dtype.size() < 3 || std::string_view("<>=|").find(dtype[0]) == std::string_view::npos)
        unknown();
    std::size_t count = 0;
    const auto [stop, error] = std::from_chars(dtype.data() + 2, dtype.data() + dtype.size(), count);
    if (error != std::errc() || stop != dtype.data() + dtype.size())
        unknown();
    m_kind = dtype[1];
    m_swapped = dtype[0] == '>';
    if (isText()) {
        if (count > kLongestText)
            wrong("texts of at most " + std::to_string(kLongestText) + " characters", std::to_string(count));
        m_itemBytes = m_kind == 'U' ? 4 * count : count;
        return;
    }
    constexpr std::pair<char, char> kNames[] = {{'f', 'F'}, {'i', 'I'}, {'u', 'U'}};
    for (const auto& [kind, name] : kNames)
        if (const auto type = dataTypeNamed(name + std::to_string(8 * std::min<std::size_t>(count, 16)));
            kind == m_kind && type) {
            m_type = *type;
            m_itemBytes = count;
            return;
        }
    unknown();
}

// The data must be as many bytes as the shape says, neither more nor fewer.
void NpyArray::checkSize(std::uint64_t found)
{
    m_size = 1;
    std::size_t bytes = m_itemBytes;
    for (const std::size_t extent : m_shape)
        if (__builtin_mul_overflow(m_size, extent, &m_size))
            wrong("an array that fits in memory", "extents whose product overflows");
    if (__builtin_mul_overflow(bytes, m_size, &bytes))
        wrong("an array that fits in memory", "extents whose product overflows");
    if (bytes != found || (m_itemBytes == 0 && m_size > kLongestText))
        wrong(std::to_string(bytes) + " bytes of data", std::to_string(found));
}

const std::byte* NpyArray::element(std::size_t index) const
{
    if (!m_fortran)
        return m_data + index * m_itemBytes;
    std::size_t place = 0;
    for (std::size_t axis = m_shape.size(); axis-- > 0;) {
        std::size_t stride = 1;
        for (std::size_t before = 0; before < axis; ++before)
            stride *= m_shape[before];
        place += index % m_shape[axis] * stride;
        index /= m_shape[axis];
    }
    return m_data + place * m_itemBytes;
}

void NpyArray::read(std::size_t first, std::span<float> out) const
{
    if (isText())
        wrong("numbers", "texts");
    if (!m_swapped && !m_fortran) {
        widen(m_type, element(first), out);
        return;
    }
    std::byte bytes[8] = {};
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::memcpy(bytes, element(first + i), m_itemBytes);
        if (m_swapped)
            std::reverse(bytes, bytes + m_itemBytes);
        widen(m_type, bytes, out.subspan(i, 1));
    }
}

std::string NpyArray::textAt(const std::byte* place) const
{
    const std::size_t unit = m_kind == 'U' ? 4 : 1;
    std::string text;
    std::size_t filled = 0;  // length without the NULs at the end
    for (std::size_t at = 0; at < m_itemBytes; at += unit) {
        std::byte bytes[4] = {};
        std::memcpy(bytes, place + at, unit);
        if (m_swapped)
            std::reverse(bytes, bytes + unit);
        std::uint32_t code = 0;
        std::memcpy(&code, bytes, sizeof code);
        if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            wrong("Unicode text", "the code " + std::to_string(code));
        if (m_kind == 'U')
            appendUtf8(text, code);
        else
            text += static_cast<char>(code);
        if (code != 0)
            filled = text.size();
    }
    text.resize(filled);
    return text;
}

std::vector<std::string> NpyArray::texts() const
{
    if (!isText())
        wrong("texts", "dtype '" + m_dtype + "'");
    std::vector<std::string> out;
    for (std::size_t i = 0; i < m_size; ++i)
        out.push_back(textAt(element(i)));
    return out;
}

void NpyArray::wrong(const std::string& expected, const std::string& found) const
{
    refuse({m_where, expected, found, "Save the array again with numpy.save."});
}

std::string npyHeader(const std::vector<std::size_t>& shape)
{
    constexpr std::size_t kStart = 10;  // magic, version, length of the dictionary
    constexpr std::size_t kAlignment = 64;
    std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    for (const std::size_t extent : shape)
        dictionary += std::to_string(extent) + ", ";
    dictionary += "), }";
    const std::size_t filled = kStart + dictionary.size() + 1;
    dictionary += std::string((kAlignment - filled % kAlignment) % kAlignment, ' ') + '\n';
    std::string header("\x93NUMPY\x01\x00", 8);
    header += static_cast<char>(dictionary.size() & 0xFFU);
    header += static_cast<char>(dictionary.size() >> 8U);
    return header + dictionary;
}

}  // namespace ketscope
