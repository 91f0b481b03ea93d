// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace ketscope {

// `text` in lines of at most `width` characters (code points), broken at spaces, each line with `indent` spaces before it; the
// first one with `first`. Longer words stay whole. Ends with a line end.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent, std::size_t first);
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent);

}  // namespace ketscope
