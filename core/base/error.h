// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace ketscope {

// Input: the user's file, text or option cannot be used (exit status 2). Failure: the work itself failed (exit status
// 1). Cancelled: the user asked to stop; never shown as an error.
enum class ErrorKind { Input, Failure, Cancelled };

// What an error has to tell a user. `where` is a file, tensor or option; `remedy` is one sentence.
struct ErrorText {
    std::string where;
    std::string expected;
    std::string found;
    std::string remedy;
};

// The one exception type of the project. what() is a single printable line:
// "where: expected …, found …. Remedy."
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const ErrorText& text);

    ErrorKind kind() const noexcept { return m_kind; }

    static Error cancelled();

private:
    ErrorKind m_kind;
};

// Throws Error(ErrorKind::Input, …).
[[noreturn]] void refuse(const ErrorText& text);

// Throws Error(ErrorKind::Failure, …).
[[noreturn]] void fail(const ErrorText& text);

// `text` on one line: control characters become spaces, invalid UTF-8 becomes '?', and more than `limit` bytes are cut
// at a character boundary. For names and values that come from files.
std::string printable(const std::string& text, std::size_t limit = 160);

}  // namespace ketscope
