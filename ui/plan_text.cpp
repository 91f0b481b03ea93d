// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plan_text.h"

#include <QCoreApplication>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text) { return QCoreApplication::translate("Plan", text); }

}  // namespace

Scope scopeOf(ScopeKind kind, const ModelInfo& model, const Selection& selection)
{
    if (kind == ScopeKind::AllStacks || selection.stack >= model.stacks.size())
        return {};
    const StackInfo& stack = model.stacks[selection.stack];
    const std::string name = model.stacks.size() > 1 ? stack.name : std::string();
    switch (kind) {
    case ScopeKind::ThisLayer: return {{selection.layer}, {}, name};
    case ScopeKind::ThisHead: return {{selection.layer}, {selection.head}, name};
    case ScopeKind::LastTwoLayers:
        if (stack.layers > 2)
            return {{stack.layers - 2, stack.layers - 1}, {}, name};
        break;
    case ScopeKind::AllLayers:
    case ScopeKind::AllStacks: break;
    }
    return {{}, {}, name};
}

QString scopeTitle(ScopeKind kind, const Selection& selection)
{
    switch (kind) {
    case ScopeKind::AllLayers: return translated("All layers");
    case ScopeKind::ThisLayer: return translated("This layer (L%1)").arg(selection.layer);
    case ScopeKind::ThisHead: return translated("This head (L%1 H%2)").arg(selection.layer).arg(selection.head);
    case ScopeKind::AllStacks: return translated("All layers of all stacks");
    case ScopeKind::LastTwoLayers: break;
    }
    return translated("Last two layers");
}

std::size_t tellingStack(const ModelInfo& model)
{
    for (const char* name : {"cross", "joint"}) {
        const auto found = std::ranges::find(model.stacks, name, &StackInfo::name);
        if (found != model.stacks.end())
            return static_cast<std::size_t>(found - model.stacks.begin());
    }
    return 0;
}

QString indexText(const std::vector<std::size_t>& indices, const QString& prefix)
{
    if (indices.empty())
        return translated("all");
    QStringList parts;
    for (const QString& part : QString::fromStdString(formatIndexList(indices)).split(u','))
        parts += prefix + QString(part).replace(u"-"_s, u"–"_s + prefix);
    return parts.join(u", "_s);
}

QString planTitle(const PlanEntry& entry, const ModelInfo& model)
{
    const QString mechanism = QString::fromStdString(entry.mechanism->info().shortTitle);
    const Scope scope{entry.layers, entry.heads, entry.stack};
    Selection selection;
    const auto named = std::ranges::find(model.stacks, entry.stack, &StackInfo::name);
    if (named != model.stacks.end())
        selection.stack = static_cast<std::size_t>(named - model.stacks.begin());
    QString place;
    if (entry.layers.empty() && entry.heads.empty())
        place = translated("All layers");
    else if (scope == scopeOf(ScopeKind::LastTwoLayers, model, selection))
        place = translated("Last two layers");
    else {
        place = entry.layers.empty() ? translated("All layers") : indexText(entry.layers, u"L"_s);
        if (!entry.heads.empty())
            place += u' ' + indexText(entry.heads, u"H"_s);
    }
    if (!entry.stack.empty())
        place.prepend(QString::fromStdString(entry.stack) + u": "_s);
    return u"%1 → %2"_s.arg(place, mechanism);
}

}  // namespace ketscope
