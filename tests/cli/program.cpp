// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/program.h"

#include "tests/support/paths.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace ketscope::test {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void redirect(int descriptor, const std::string& file)
{
    const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(opened, descriptor);
    close(opened);
}

// Damaged files must not make the program ask for memory far beyond their size. Sanitizers reserve terabytes.
void boundMemory()
{
#ifndef __SANITIZE_ADDRESS__
    const rlimit limit = {rlim_t{4} << 30, rlim_t{4} << 30};
    setrlimit(RLIMIT_AS, &limit);
#endif
}

[[noreturn]] void becomeProgram(const std::vector<std::string>& arguments, const Start& start, const fs::path& captured)
{
    for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"})
        unsetenv(name);
    for (const std::string& setting : start.environment)
        setenv(setting.substr(0, setting.find('=')).c_str(), setting.substr(setting.find('=') + 1).c_str(), 1);
    redirect(STDOUT_FILENO, start.standardOutput.value_or((captured / "out").string()));
    redirect(STDERR_FILENO, (captured / "error").string());
    if (!start.folder.empty() && chdir(start.folder.c_str()) != 0)
        _exit(126);
    boundMemory();
    const std::string program = KETSCOPE_PROGRAM;
    std::vector<char*> pointers = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments)
        pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    execv(program.c_str(), pointers.data());
    _exit(127);
}

// Waits for the process, interrupting or killing it when it is time.
int waitFor(pid_t process, const Start& start, Outcome& outcome)
{
    const Clock::time_point begin = Clock::now();
    bool interrupted = false;
    int status = 0;
    while (waitpid(process, &status, WNOHANG) == 0) {
        outcome.seconds = secondsSince(begin);
        if (!interrupted && start.interruptAfterSeconds && outcome.seconds > *start.interruptAfterSeconds) {
            kill(process, SIGINT);
            interrupted = true;
        }
        if (outcome.seconds > start.timeoutSeconds)
            kill(process, SIGKILL);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    outcome.seconds = secondsSince(begin);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

nlohmann::json Outcome::json() const
{
    const nlohmann::json parsed = nlohmann::json::parse(out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << "not JSON: " << out << error;
    return parsed;
}

std::vector<std::string> Outcome::errorLines() const
{
    std::vector<std::string> lines;
    std::istringstream stream(error);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

Outcome ketscope(const std::vector<std::string>& arguments, const Start& start)
{
    const TemporaryFolder captured;
    Outcome outcome;
    const pid_t process = fork();
    if (process == 0)
        becomeProgram(arguments, start, captured.path());
    outcome.status = waitFor(process, start, outcome);
    outcome.out = contentOf(captured.path() / "out");
    outcome.error = contentOf(captured.path() / "error");
    return outcome;
}

void expectRefused(const Outcome& outcome)
{
    EXPECT_EQ(outcome.status, 2) << outcome.error;
    ASSERT_EQ(outcome.errorLines().size(), 1U) << outcome.error;
    EXPECT_TRUE(outcome.error.starts_with("ketscope: ")) << outcome.error;
    EXPECT_EQ(outcome.out, "");
    EXPECT_LT(outcome.seconds, 10.0);
}

std::size_t entriesIn(const fs::path& folder)
{
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::string sampleModel() { return (samples() / "sentiment").string(); }

std::string fixtureModel(const std::string& name) { return (fixtures() / "models" / name).string(); }

std::string sampleRun(const fs::path& folder)
{
    const std::string file = (folder / "run.h5").string();
    const Outcome outcome = ketscope(
        {"run", sampleModel(), "--text", "not bad at all", "--compare", "rff@layers=4-5", "--out", file, "--quiet"});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    return file;
}

}  // namespace ketscope::test
