// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/wrap.h"

#include "app/cli/common.h"

#include <sstream>

namespace ketscope {

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent, std::size_t first)
{
    std::istringstream words(text);
    std::string all;
    std::string line(first, ' ');
    line += text.substr(0, text.find_first_not_of(' '));
    std::size_t used = displayWidth(line);
    bool blank = true;
    for (std::string word; words >> word;) {
        const std::size_t size = displayWidth(word);
        if (!blank && used + 1 + size > width) {
            all += line + '\n';
            line.assign(indent, ' ');
            used = indent;
            blank = true;
        }
        line += (blank ? "" : " ") + word;
        used += size + (blank ? 0 : 1);
        blank = false;
    }
    return all + line + '\n';
}

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent)
{
    return wrapped(text, width, indent, indent);
}

}  // namespace ketscope
