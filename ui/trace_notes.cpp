// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/trace_notes.h"

#include "core/tasks/evaluation.h"

#include <QCoreApplication>

namespace ketscope {

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

QString oneDrawText(const Comparison& comparison)
{
    QStringList tags;
    for (std::size_t trace = 1; trace < comparison.traces.size() && trace <= comparison.study.candidates.size();
         ++trace)
        if (leavesToChance(comparison.study.candidates[trace - 1]))
            tags << QString::fromStdString(traceTag(trace));
    return tags.isEmpty()
               ? QString()
               : QCoreApplication::translate("TraceNotes", "%1: one draw").arg(tags.join(QStringLiteral(", ")));
}

}  // namespace ketscope
