// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/claim.h"

#include "core/attention/parameter.h"
#include "core/base/error.h"
#include "core/measures/number_text.h"
#include "core/models/heads.h"
#include "core/tasks/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ketscope {

#define CLAIM(name) Claim name##Claim();
#include "core/tasks/claims.def"
#undef CLAIM

namespace {

constexpr double kReproduced = 0.1;  // of the published number

struct VerdictRow {
    Verdict verdict;
    std::string_view id;
    std::string_view title;
    std::string_view help;
};
constexpr VerdictRow kVerdicts[] = {
    {Verdict::Holds, "holds", "Holds", "What is claimed is found here too."},
    {Verdict::Artefact, "artefact", "Artefact",
     "The published code gives the number again, but because of a fault; the correct method does not bear out what it "
     "is taken to say."},
    {Verdict::DoesNotHold, "does-not-hold", "Does not hold", "What is claimed is not found here."},
    {Verdict::Open, "open", "Open", "The interval is too wide to say, or nothing was asked that could be decided."},
    {Verdict::NothingClaimed, "nothing-claimed", "Nothing claimed", "The source only says what it worked with."},
};

const VerdictRow& rowOf(Verdict verdict) { return *std::ranges::find(kVerdicts, verdict, &VerdictRow::verdict); }

std::string numberText(double value) { return std::isfinite(value) ? shortestNumber(value) : std::string(); }

// Tabs and line ends would break the table.
std::string cell(std::string text)
{
    std::ranges::replace_if(
        text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return text;
}

// Says which claim it is that makes progress.
class ClaimMonitor final : public Monitor {
public:
    ClaimMonitor(std::unique_ptr<Monitor> part, int number)
        : m_part(std::move(part)), m_title("Claim " + std::to_string(number))
    {
    }
    bool cancelled() const noexcept override { return m_part->cancelled(); }
    void progress(double fraction, std::string_view what) override
    {
        m_part->progress(fraction, m_title + ": " + std::string(what));
    }

private:
    std::unique_ptr<Monitor> m_part;
    std::string m_title;
};

}  // namespace

const std::vector<Claim>& claims()
{
    static const std::vector<Claim> all = {
#define CLAIM(name) name##Claim(),
#include "core/tasks/claims.def"
#undef CLAIM
    };
    return all;
}

const Claim& claim(int number)
{
    const auto found = std::ranges::find(claims(), number, &Claim::number);
    if (found == claims().end())
        refuse({"claim", "a number from 1 to " + std::to_string(claims().size()), std::to_string(number),
                "See ketscope claims."});
    return *found;
}

ClaimResult measureClaim(const Claim& claim, const ClaimBudget& budget, Monitor& monitor)
{
    const OneThread serial;  // heads and samples are small
    const auto start = std::chrono::steady_clock::now();
    ClaimResult result{claim.measure(budget, monitor)};
    result.verdict = verdictOf(claim.kind, result.findings.reproduced, result.findings.holds);
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

void measureClaims(const std::vector<int>& numbers, const ClaimBudget& budget, Monitor& monitor,
                   const std::function<void(const Claim&, const ClaimResult&)>& done)
{
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const Claim& each = claim(numbers[i]);
        ClaimMonitor part(partOf(monitor, i, numbers.size()), each.number);
        part.check();
        part.progress(0.0, printable(each.text, 40));
        done(each, measureClaim(each, budget, part));
    }
}

Verdict verdictOf(ClaimKind kind, Answer reproduced, Answer holds)
{
    if (kind == ClaimKind::Setting)
        return Verdict::NothingClaimed;
    if (holds == Answer::Yes)
        return Verdict::Holds;
    if (holds == Answer::No)
        return reproduced == Answer::Yes ? Verdict::Artefact : Verdict::DoesNotHold;
    return Verdict::Open;
}

std::string_view verdictId(Verdict verdict) { return rowOf(verdict).id; }
std::string_view verdictTitle(Verdict verdict) { return rowOf(verdict).title; }
std::string_view verdictHelp(Verdict verdict) { return rowOf(verdict).help; }

std::string_view kindTitle(ClaimKind kind)
{
    switch (kind) {
    case ClaimKind::Result: return "result";
    case ClaimKind::Target: return "target";
    case ClaimKind::Setting: break;
    }
    return "setting";
}

std::string_view roleTitle(QuantityRole role)
{
    switch (role) {
    case QuantityRole::AsPublished: return "as published";
    case QuantityRole::Correct: return "correct";
    case QuantityRole::Baseline: break;
    }
    return "baseline";
}

Answer isAbove(const Interval& interval, double bound)
{
    if (!std::isfinite(interval.mean))
        return Answer::Open;
    const double low = std::isfinite(interval.low) ? interval.low : interval.mean;
    const double high = std::isfinite(interval.high) ? interval.high : interval.mean;
    if (low > bound)
        return Answer::Yes;
    return high <= bound ? Answer::No : Answer::Open;
}

Answer isBelow(const Interval& interval, double bound)
{
    return isAbove({-interval.mean, -interval.high, -interval.low}, -bound);
}

Answer isReproduced(const Interval& interval, double published)
{
    if (!std::isfinite(interval.mean))
        return Answer::Open;
    const bool near = std::abs(interval.mean - published) <= kReproduced * std::abs(published);
    return near || (interval.low <= published && published <= interval.high) ? Answer::Yes : Answer::No;
}

Answer both(Answer first, Answer second)
{
    if (first == Answer::No || second == Answer::No)
        return Answer::No;
    return first == Answer::Yes && second == Answer::Yes ? Answer::Yes : Answer::Open;
}

Answer either(Answer first, Answer second) { return inverse(both(inverse(first), inverse(second))); }

Answer inverse(Answer answer)
{
    switch (answer) {
    case Answer::No: return Answer::Yes;
    case Answer::Yes: return Answer::No;
    default: return answer;
    }
}

std::string quantityText(const ClaimQuantity& quantity)
{
    const std::string unit = quantity.unit.empty() ? "" : " " + quantity.unit;
    std::string text = intervalText(quantity.value) + unit;
    if (quantity.published)
        text += " (published " + significantText(*quantity.published) + unit + ")";
    return text;
}

std::string claimsAsTsv(const std::vector<std::pair<const Claim*, const ClaimResult*>>& rows)
{
    std::string text =
        "number\tsource\tclaim\tkind\tverdict\trole\tquantity\tunit\tscope\tmean\tlow\thigh\tpublished\n";
    for (const auto& [claim, result] : rows) {
        const std::string start = std::to_string(claim->number) + '\t' + cell(claim->source) + '\t' + cell(claim->text)
                                  + '\t' + std::string(kindTitle(claim->kind)) + '\t'
                                  + (result == nullptr ? "" : std::string(verdictTitle(result->verdict)));
        if (result == nullptr)
            text += start + "\t\t\t\t\t\t\t\t\n";
        else
            for (const ClaimQuantity& each : result->findings.quantities)
                text += start + '\t' + std::string(roleTitle(each.role)) + '\t' + cell(each.name) + '\t' + each.unit
                        + '\t' + cell(each.scope) + '\t' + numberText(each.value.mean) + '\t'
                        + numberText(each.value.low) + '\t' + numberText(each.value.high) + '\t'
                        + (each.published ? shortestNumber(*each.published) : "") + '\n';
    }
    return text;
}

}  // namespace ketscope
