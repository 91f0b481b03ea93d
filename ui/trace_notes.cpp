// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/trace_notes.h"

#include "core/study/output_errors.h"
#include "core/study/repeat_record.h"

#include <QCoreApplication>

#include <functional>

namespace ketscope {

using namespace Qt::StringLiterals;

QString sharedLayersText(const Comparison& comparison, std::size_t trace)
{
    std::size_t shared = 0;
    for (const StackTrace& stack : comparison.traces.at(trace)->stacks)
        shared += stack.firstComputedLayer;
    const auto tr = [](const char* text) { return QCoreApplication::translate("TraceNotes", text); };
    return shared == 0   ? QString()
           : shared == 1 ? tr("1 layer shared with A")
                         : tr("%1 layers shared with A").arg(shared);
}

namespace {

QString translated(const char* text) { return QCoreApplication::translate("TraceNotes", text); }

// Candidates whose fewest repeats are such; those of captured attention are not known.
QStringList tagsWhere(const Comparison& comparison, const std::function<bool(std::size_t, std::uint64_t)>& holds)
{
    QStringList tags;
    for (std::size_t trace = 1; trace < comparison.traces.size() && trace <= comparison.study.candidates.size();
         ++trace)
        if (holds(trace, leastDraws(comparison.study.candidates[trace - 1])))
            tags << QString::fromStdString(traceTag(trace));
    return tags;
}

}  // namespace

QString oneDrawText(const Comparison& comparison)
{
    const QStringList tags = tagsWhere(comparison, [](std::size_t, std::uint64_t draws) { return draws == 1; });
    return tags.isEmpty() ? QString() : translated("%1: one draw").arg(tags.join(u", "_s));
}

QString outputErrorsText(const Comparison& comparison)
{
    QStringList parts;
    const auto known = [&](std::size_t trace, std::uint64_t) { return hasOutputErrors(comparison, trace); };
    const auto lacks = [&](std::size_t trace, std::uint64_t draws) {
        return draws > 1 && !hasOutputErrors(comparison, trace) && stageText(comparison, trace).empty();
    };
    if (!tagsWhere(comparison, known).isEmpty())
        parts << translated("± 1 SE");
    for (std::size_t trace = 1; trace < comparison.traces.size(); ++trace)
        if (const std::string stage = stageText(comparison, trace); !stage.empty())
            parts << u"%1: %2"_s.arg(QString::fromStdString(traceTag(trace)), QString::fromStdString(stage));
    if (const QStringList tags = tagsWhere(comparison, lacks); !tags.isEmpty())
        parts << translated("%1: no ± yet").arg(tags.join(u", "_s));
    if (const QString draws = oneDrawText(comparison); !draws.isEmpty())
        parts << draws;
    return parts.join(u"; "_s);
}

QString outputErrorsExplained(const Comparison& comparison)
{
    QStringList parts;
    for (std::size_t trace = 1; trace < comparison.traces.size(); ++trace)
        if (const TraceRepeats* repeats = repeatsOf(comparison, trace);
            repeats != nullptr && !repeats->noErrors.empty())
            parts << translated("No ±: %1.").arg(QString::fromStdString(repeats->noErrors));
    if (outputErrorsText(comparison).contains(u'±'))
        parts << translated("± is one standard error of the output of the mean weights: delete-a-group jackknife over "
                            "the repeats, computed after all of them ran. Run computes what is missing.");
    if (!oneDrawText(comparison).isEmpty())
        parts << translated("One draw: another seed gives other numbers. How much they differ is what repeats, or a "
                            "sweep over seeds, show.");
    return parts.join(u' ');
}

}  // namespace ketscope
