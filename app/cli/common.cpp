// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/common.h"

#include "core/base/error.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

constexpr auto kTerminalPause = std::chrono::milliseconds(200);
constexpr auto kLogPause = std::chrono::seconds(5);
constexpr int kMaximumThreads = 1024;

std::string padded(const std::string& text, std::size_t width, bool left)
{
    const std::string space(width - std::min(width, displayWidth(text)), ' ');
    return left ? text + space : space + text;
}

std::string lowerSuffix(const fs::path& file)
{
    std::string suffix = file.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](unsigned char byte) { return static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte); });
    return suffix;
}

// A first Ctrl-C asks the running work to stop; a second one ends the program at once.
void installInterruptHandler()
{
    struct sigaction action = {};
    action.sa_handler = [](int) { g_interrupted = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

void addCommonOptions(CLI::App& command, CommonOptions& options)
{
    command.add_option("--seed", options.seed, "Seed of everything random (default 0)")
        ->check(CLI::Validator(
            [](std::string& text) {
                std::uint64_t value = 0;
                const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
                return error == std::errc() && end == text.data() + text.size()
                           ? std::string()
                           : "expected a whole number from 0 to 18446744073709551615, found " + printable(text, 40);
            },
            "UINT64"));
    command.add_option("--threads", options.threads, "Threads to use; 0 = one per core (default)")
        ->check(CLI::Range(0, kMaximumThreads));
    command.add_flag("--quiet", options.quiet, "No progress and no notices on standard error");
    command.add_flag("--json", options.json, "Print JSON instead of tables");
}

ConsoleMonitor::ConsoleMonitor(bool quiet) : m_quiet(quiet), m_terminal(isatty(STDERR_FILENO) == 1)
{
    installInterruptHandler();
}

ConsoleMonitor::~ConsoleMonitor()
{
    if (m_shown && m_terminal)
        std::cerr << "\r\033[K" << std::flush;
}

bool ConsoleMonitor::cancelled() const noexcept { return g_interrupted; }

void ConsoleMonitor::progress(double fraction, std::string_view what)
{
    const Clock::time_point now = Clock::now();
    if (m_quiet || now - m_last < (m_terminal ? Clock::duration(kTerminalPause) : Clock::duration(kLogPause)))
        return;
    m_last = now;
    m_shown = true;
    const auto percent = static_cast<int>(std::lround(100.0 * std::clamp(fraction, 0.0, 1.0)));
    const std::string line = std::to_string(percent) + " %  " + printable(std::string(what), 60);
    if (m_terminal)
        std::cerr << "\r\033[K" << line << std::flush;
    else
        std::cerr << line << '\n';
}

void printError(const std::string& text) { std::cerr << "ketscope: " << printable(text, 2000) << std::endl; }

void printNotices(const std::vector<std::string>& notices, bool quiet)
{
    if (quiet)
        return;
    for (const std::string& notice : notices)
        printError("note: " + notice);
}

void printJson(const Json& json) { std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n'; }

std::size_t displayWidth(const std::string& text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string formatTable(const std::vector<TableRow>& rows, std::size_t leftColumns)
{
    std::vector<std::size_t> widths;
    for (const TableRow& row : rows) {
        widths.resize(std::max(widths.size(), row.size()), 0);
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], displayWidth(row[i]));
    }
    std::string text;
    for (const TableRow& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += (i == 0 ? "" : "  ") + padded(row[i], widths[i], i < leftColumns);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

std::string fixedNumber(double value, int decimals)
{
    if (!std::isfinite(value))
        return "–";
    char buffer[512];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals);
    const std::string text(buffer, result.ptr);
    // A rounded −0.0004 is shown as zero, not as minus zero.
    return text.find_first_not_of("-0.") == std::string::npos && text[0] == '-' ? text.substr(1) : text;
}

std::string signedNumber(double value, int decimals)
{
    std::string text = fixedNumber(value, decimals);
    if (text[0] == '-')
        return "−" + text.substr(1);
    return std::isfinite(value) && text.find_first_not_of("0.") != std::string::npos ? "+" + text : text;
}

std::string groupedNumber(std::uint64_t value)
{
    std::string text = std::to_string(value);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, ",");
    }
    return text;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator)
{
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text.append(i == 0 ? "" : separator).append(parts[i]);
    return text;
}

void checkOutput(const fs::path& file, const std::vector<std::string>& suffixes)
{
    const std::string suffix = lowerSuffix(file);
    if (std::find(suffixes.begin(), suffixes.end(), suffix) == suffixes.end())
        refuse({file.string(), "a file name that ends in " + joined(suffixes, " or "),
                suffix.empty() ? "no suffix" : suffix, "Choose one of them."});
    std::error_code ignored;
    const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (!fs::is_directory(parent, ignored))
        fail({file.string(), "a folder to write into", "no folder " + parent.string(), "Create it or choose another."});
    if (access(parent.c_str(), W_OK) != 0)
        fail({file.string(), "a folder to write into", parent.string() + ", which cannot be written",
              "Choose another folder."});
    if (fs::is_directory(file, ignored))
        fail({file.string(), "a file name", "a folder", "Choose another name."});
}

}  // namespace ketscope
