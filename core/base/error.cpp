// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

namespace ketscope {

namespace {

// Length in bytes of the well-formed UTF-8 character at `at`, or 0.
std::size_t characterLength(const std::string& text, std::size_t at)
{
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || at + length > text.size())
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80)
            return 0;
    return length;
}

std::string compose(const ErrorText& text)
{
    std::string line = text.where.empty() ? std::string() : printable(text.where, 400) + ": ";
    if (!text.expected.empty())
        line += "expected " + printable(text.expected, 400);
    if (!text.found.empty())
        line += (text.expected.empty() ? "" : ", found ") + printable(text.found, 400);
    if (!line.empty() && line.back() != '.')
        line += '.';
    if (!text.remedy.empty())
        line += ' ' + printable(text.remedy, 400);
    return line;
}

}  // namespace

std::string printable(const std::string& text, std::size_t limit)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = characterLength(text, at);
        if (out.size() + (length == 0 ? 1 : length) > limit)
            return out + "…";
        const auto byte = static_cast<unsigned char>(text[at]);
        if (length == 0)
            out += '?';
        else if (byte < 0x20 || byte == 0x7F)
            out += ' ';
        else
            out.append(text, at, length);
        at += length == 0 ? 1 : length;
    }
    return out;
}

Error::Error(ErrorKind kind, const ErrorText& text) : std::runtime_error(compose(text)), m_kind(kind) {}

Error Error::cancelled() { return Error(ErrorKind::Cancelled, {"", "", "Cancelled", ""}); }

void refuse(const ErrorText& text) { throw Error(ErrorKind::Input, text); }

void fail(const ErrorText& text) { throw Error(ErrorKind::Failure, text); }

}  // namespace ketscope
