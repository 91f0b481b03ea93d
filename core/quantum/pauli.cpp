// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/pauli.h"

#include "core/base/error.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <optional>

namespace ketscope {

namespace {

constexpr std::size_t kEnumeratedQubits = 6;

// Letters 0 … 3 are I, X, Y, Z.
void setLetter(PauliString& string, std::size_t qubit, unsigned letter)
{
    const std::uint64_t bit = std::uint64_t{1} << (string.qubits - 1 - qubit);
    string.x |= letter == 1 || letter == 2 ? bit : 0;
    string.z |= letter >= 2 ? bit : 0;
}

bool isOdd(std::uint64_t bits) { return (std::popcount(bits) & 1) != 0; }

std::complex<double> powerOfI(std::size_t exponent)
{
    constexpr std::complex<double> kPowers[4] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    return kPowers[exponent % 4];
}

}  // namespace

PauliString PauliString::parse(std::string_view letters)
{
    if (letters.empty() || letters.size() > 64)
        refuse({"Pauli string", "1 to 64 letters", std::to_string(letters.size()), ""});
    PauliString result{letters.size(), 0, 0};
    for (std::size_t qubit = 0; qubit < letters.size(); ++qubit) {
        const auto letter = std::string_view("IXYZ").find(letters[qubit]);
        if (letter == std::string_view::npos)
            refuse({"Pauli string", "the letters I, X, Y, Z", std::string(letters), ""});
        setLetter(result, qubit, static_cast<unsigned>(letter));
    }
    return result;
}

PauliString PauliString::zOn(std::size_t qubit, std::size_t qubits)
{
    PauliString result{qubits, 0, 0};
    setLetter(result, qubit, 3);
    return result;
}

std::string PauliString::text() const
{
    std::string result;
    for (std::size_t qubit = 0; qubit < qubits; ++qubit) {
        const std::size_t bit = qubits - 1 - qubit;
        result += "IXZY"[(x >> bit & 1) + 2 * (z >> bit & 1)];
    }
    return result;
}

std::size_t PauliString::weight() const { return static_cast<std::size_t>(std::popcount(x | z)); }

std::size_t PauliString::yCount() const { return static_cast<std::size_t>(std::popcount(x & z)); }

double expectation(const PauliString& string, std::span<const std::complex<double>> state)
{
    const bool odd = (string.yCount() & 1) != 0;
    double sum = 0.0;
    for (std::size_t b = 0; b < state.size(); ++b) {
        const std::complex<double> here = state[b];
        const std::complex<double> there = state[b ^ string.x];
        const double term = odd ? there.real() * here.imag() - there.imag() * here.real()
                                : there.real() * here.real() + there.imag() * here.imag();
        sum += isOdd(b & string.z) ? -term : term;
    }
    // Re[i^y (a + i·b)] with only the needed one of a and b summed.
    return (odd ? -powerOfI(string.yCount()).imag() : powerOfI(string.yCount()).real()) * sum;
}

double quadraticForm(const PauliString& string, std::span<const double> vector)
{
    if ((string.yCount() & 1) != 0)
        return 0.0;
    double sum = 0.0;
    for (std::size_t b = 0; b < vector.size(); ++b) {
        const double term = vector[b] * vector[b ^ string.x];
        sum += isOdd(b & string.z) ? -term : term;
    }
    return powerOfI(string.yCount()).real() * sum;
}

void addPauli(double weight, const PauliString& string, std::span<const std::complex<double>> source,
              std::span<std::complex<double>> target)
{
    const std::complex<double> factor = weight * powerOfI(string.yCount());
    const bool imaginary = (string.yCount() & 1) != 0;
    const double size = imaginary ? factor.imag() : factor.real();
    for (std::size_t b = 0; b < source.size(); ++b) {
        const double signedSize = isOdd(b & string.z) ? -size : size;
        const std::complex<double> a = source[b];
        target[b ^ string.x] += imaginary ? std::complex<double>(-signedSize * a.imag(), signedSize * a.real())
                                          : std::complex<double>(signedSize * a.real(), signedSize * a.imag());
    }
}

namespace {

bool isWanted(const PauliString& string, const PauliDrawing& drawing)
{
    return string.weight() > 0 && !(drawing.evenY && (string.yCount() & 1) != 0);
}

PauliString drawOne(std::size_t qubits, const PauliDrawing& drawing, RandomStream& stream)
{
    for (;;) {
        PauliString string{qubits, 0, 0};
        for (std::size_t qubit = 0; qubit < qubits; ++qubit)
            if (stream.uniform() >= drawing.identity)
                setLetter(string, qubit, 1 + std::min(2U, static_cast<unsigned>(3.0 * stream.uniform())));
        if (isWanted(string, drawing))
            return string;
    }
}

// Without replacement by listing all strings with their probabilities and striking out what was drawn.
std::vector<PauliString> drawFromAll(std::size_t qubits, std::size_t count, const PauliDrawing& drawing,
                                     RandomStream& stream)
{
    const std::uint64_t size = std::uint64_t{1} << qubits;
    std::vector<PauliString> strings;
    std::vector<double> mass;
    for (std::uint64_t x = 0; x < size; ++x)
        for (std::uint64_t z = 0; z < size; ++z) {
            const PauliString string{qubits, x, z};
            if (!isWanted(string, drawing))
                continue;
            strings.push_back(string);
            const auto letters = static_cast<double>(string.weight());
            mass.push_back(std::pow((1.0 - drawing.identity) / 3.0, letters)
                           * std::pow(drawing.identity, static_cast<double>(qubits) - letters));
        }
    if (count > strings.size())
        refuse(
            {"Pauli strings",
             "at most " + std::to_string(strings.size()) + " different ones on " + std::to_string(qubits) + " qubits",
             std::to_string(count), "Draw with replacement, or from more qubits."});
    std::vector<PauliString> drawn;
    while (drawn.size() < count) {
        const double target = stream.uniform() * std::accumulate(mass.begin(), mass.end(), 0.0);
        std::size_t chosen = strings.size();
        double sum = 0.0;
        for (std::size_t i = 0; i < strings.size() && (chosen == strings.size() || sum <= target); ++i) {
            sum += mass[i];
            chosen = mass[i] > 0.0 ? i : chosen;
        }
        chosen %= strings.size();  // with p(I) = 0 strings of probability 0 may be all that is left
        drawn.push_back(strings[chosen]);
        strings.erase(strings.begin() + static_cast<std::ptrdiff_t>(chosen));
        mass.erase(mass.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
    return drawn;
}

}  // namespace

std::vector<PauliString> drawPauliStrings(std::size_t qubits, std::size_t count, const PauliDrawing& drawing,
                                          RandomStream& stream)
{
    if (drawing.identity < 0.0 || drawing.identity >= 1.0 || qubits == 0 || qubits > 30)
        refuse({"Pauli strings", "1 to 30 qubits and a probability of I in [0, 1)",
                std::to_string(qubits) + " and " + std::to_string(drawing.identity), ""});
    if (drawing.distinct && qubits <= kEnumeratedQubits)
        return drawFromAll(qubits, count, drawing, stream);
    if (drawing.distinct && count > std::size_t{4} << qubits)
        refuse({"Pauli strings",
                "at most " + std::to_string(std::size_t{4} << qubits) + " different ones on " + std::to_string(qubits)
                    + " qubits",
                std::to_string(count), "Draw with replacement, or from more qubits."});
    std::vector<PauliString> drawn;
    while (drawn.size() < count) {
        const PauliString string = drawOne(qubits, drawing, stream);
        if (!drawing.distinct || std::ranges::find(drawn, string) == drawn.end())
            drawn.push_back(string);
    }
    return drawn;
}

}  // namespace ketscope
