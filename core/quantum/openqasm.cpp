// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/openqasm.h"

#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/quantum/state_vector.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

namespace ketscope {

namespace {

// RBS(θ) = (H ⊗ H) · CZ · (RY(θ) ⊗ RY(−θ)) · CZ · (H ⊗ H) (arXiv 2106.07198).
constexpr std::string_view kRbs = "gate rbs(theta) a, b {\n"
                                  "  h a; h b;\n  cz a, b;\n  ry(theta) a; ry(-theta) b;\n  cz a, b;\n  h a; h b;\n}\n";

// Shortest text that reads back to the same double; always with a point or an exponent, so that it is a float.
std::string number(double value)
{
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    std::string result(text.data(), end);
    return result.find_first_of(".en") == std::string::npos ? result + ".0" : result;
}

std::string expression(const Angle& angle)
{
    if (!angle.index)
        return number(angle.offset);
    const std::string name = "p" + std::to_string(*angle.index);
    const std::string scaled = angle.factor == 1.0    ? name
                               : angle.factor == -1.0 ? "-" + name
                                                      : number(angle.factor) + " * " + name;
    return angle.offset == 0.0 ? scaled : scaled + " + " + number(angle.offset);
}

void writeOperations(const Circuit& circuit, std::ostream& out)
{
    for (const Operation& operation : circuit.operations()) {
        const GateInfo& info = gateInfo(operation.gate);
        out << info.qasm;
        if (info.hasAngle)
            out << '(' << expression(operation.angle) << ')';
        const char* separator = " ";
        for (const std::uint8_t wire : operation.usedWires()) {
            out << separator << "q[" << static_cast<unsigned>(wire) << ']';
            separator = ", ";
        }
        out << ";\n";
    }
}

void writeComment(const std::string& comment, std::ostream& out)
{
    std::istringstream lines(comment);
    for (std::string line; std::getline(lines, line);)
        out << "// " << printable(line) << '\n';
}

}  // namespace

std::string openQasm(const Circuit& circuit, const OpenQasmOptions& options)
{
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << "OPENQASM 3.0;\n";
    writeComment(options.comment, out);
    out << "include \"stdgates.inc\";\n";
    if (circuit.gateCounts().contains(Gate::RBS))
        out << kRbs;
    for (std::size_t p = 0; p < circuit.parameterCount(); ++p)
        out << "input float[64] p" << p << ";\n";
    out << "qubit[" << circuit.qubits() << "] q;\n";
    if (options.measure)
        out << "bit[" << circuit.qubits() << "] c;\n";
    writeOperations(circuit, out);
    if (options.basis)
        writeOperations(basisChange(*options.basis), out);
    if (options.measure)
        out << "c = measure q;\n";
    return out.str();
}

Circuit basisChange(const PauliString& string)
{
    Circuit circuit(string.qubits);
    const std::string letters = string.text();
    for (std::size_t qubit = 0; qubit < letters.size(); ++qubit) {
        if (letters[qubit] == 'Y')
            circuit.add(Gate::SInverse, {qubit});
        if (letters[qubit] == 'X' || letters[qubit] == 'Y')
            circuit.h(qubit);
    }
    return circuit;
}

namespace {

std::size_t outcomeOf(const std::string& bits, std::size_t qubits, BitOrder order, const std::string& where)
{
    const bool valid = bits.size() == qubits && std::ranges::all_of(bits, [](char c) { return c == '0' || c == '1'; });
    if (!valid)
        refuse({where, "strings of " + std::to_string(qubits) + " bits", "\"" + printable(bits) + "\"", ""});
    std::size_t outcome = 0;
    for (std::size_t qubit = 0; qubit < qubits; ++qubit) {
        const char bit = bits[order == BitOrder::Qubit0First ? qubit : qubits - 1 - qubit];
        outcome = 2 * outcome + (bit == '1' ? 1 : 0);
    }
    return outcome;
}

}  // namespace

std::vector<std::uint64_t> countsFromJson(const Json& root, std::size_t qubits, BitOrder order,
                                          const std::string& where)
{
    checkStateQubits(qubits);
    const Json& object = root.is_object() && root.contains("counts") ? root.at("counts") : root;
    if (!object.is_object() || object.empty())
        refuse({where, "an object of bitstrings and counts", object.is_object() ? "an empty one" : object.type_name(),
                ""});
    std::vector<std::uint64_t> counts(std::size_t{1} << qubits, 0);
    std::uint64_t total = 0;
    for (const auto& [bits, count] : object.items()) {
        const std::size_t outcome = outcomeOf(bits, qubits, order, where);
        if (!count.is_number_unsigned())
            refuse({where, "a whole number ≥ 0 for \"" + bits + "\"", printable(count.dump(), 60), ""});
        counts[outcome] = count.get<std::uint64_t>();
        if (counts[outcome] > (std::uint64_t{1} << 53) - total)
            refuse({where, "at most 2⁵³ shots", "more", ""});
        total += counts[outcome];
    }
    return counts;
}

std::vector<std::uint64_t> parseCounts(std::string_view json, std::size_t qubits, BitOrder order,
                                       const std::string& where)
{
    return countsFromJson(parseJson(json, where), qubits, order, where);
}

std::vector<std::uint64_t> readCounts(const std::filesystem::path& file, std::size_t qubits, BitOrder order)
{
    const MappedFile mapped(file, kMaximumCountsBytes);
    return parseCounts(mapped.text(), qubits, order, file.string());
}

double expectationFromCounts(const PauliString& string, std::span<const std::uint64_t> counts)
{
    double shots = 0.0;
    double sum = 0.0;
    for (std::size_t outcome = 0; outcome < counts.size(); ++outcome) {
        const auto count = static_cast<double>(counts[outcome]);
        const bool odd = (std::popcount(outcome & (string.x | string.z)) & 1) != 0;
        shots += count;
        sum += odd ? -count : count;
    }
    if (shots == 0.0)
        refuse({"measured counts", "at least one shot", "none", ""});
    return sum / shots;
}

}  // namespace ketscope
