// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"
#include "core/formats/json.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ketscope {

struct CommonOptions {
    std::uint64_t seed = 0;
    int threads = 0;
    bool quiet = false;
    bool json = false;
};

void addCommonOptions(CLI::App& command, CommonOptions& options);

// Progress on standard error: one line that is rewritten on a terminal, a line every few seconds elsewhere, so that
// short work says nothing. While the program has one, Ctrl-C asks the running work to stop and a second one kills it.
class ConsoleMonitor : public Monitor {
public:
    explicit ConsoleMonitor(bool quiet);
    ~ConsoleMonitor() override;
    ConsoleMonitor(const ConsoleMonitor&) = delete;
    ConsoleMonitor& operator=(const ConsoleMonitor&) = delete;

    bool cancelled() const noexcept override;
    void progress(double fraction, std::string_view what) override;

private:
    using Clock = std::chrono::steady_clock;

    bool m_quiet;
    bool m_terminal;
    bool m_shown = false;
    Clock::time_point m_last = Clock::now();
};

// "ketscope: …" on standard error, always one line.
void printError(const std::string& text);
// The same for what is worth knowing but stops nothing; silent when `quiet`.
void printNotices(const std::vector<std::string>& notices, bool quiet);
// Indented, with a newline at the end; text that is not UTF-8 is replaced, not refused.
void printJson(const Json& json);

// Characters (code points) of UTF-8 text.
std::size_t displayWidth(const std::string& text);

// Columns padded to the same width, two spaces apart; the first `leftColumns` are aligned left, the others right.
using TableRow = std::vector<std::string>;
std::string formatTable(const std::vector<TableRow>& rows, std::size_t leftColumns);

// "0.764400": always a point, whatever the locale; "–" where the value is not finite.
std::string fixedNumber(double value, int decimals);
// "+0.0012", "−0.0012" (U+2212).
std::string signedNumber(double value, int decimals);
// 1234567 → "1,234,567".
std::string groupedNumber(std::uint64_t value);
std::string joined(const std::vector<std::string>& parts, std::string_view separator);

// Checks before work begins that a result can be put there. Throws Error: Input for a suffix that is not one of
// `suffixes` (".h5"), Failure for a folder that is not there or cannot be written.
void checkOutput(const std::filesystem::path& file, const std::vector<std::string>& suffixes);

}  // namespace ketscope
