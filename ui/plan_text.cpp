// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plan_text.h"

#include <QCoreApplication>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text) { return QCoreApplication::translate("Plan", text); }

}  // namespace

Scope scopeOf(ScopeKind kind, const ModelInfo& model, const Selection& selection)
{
    const std::size_t layers = model.stacks.empty() ? 0 : model.stacks.front().layers;
    switch (kind) {
    case ScopeKind::AllLayers: return {};
    case ScopeKind::ThisLayer: return {{selection.layer}, {}};
    case ScopeKind::ThisHead: return {{selection.layer}, {selection.head}};
    case ScopeKind::LastTwoLayers: break;
    }
    return layers < 2 ? Scope{} : Scope{{layers - 2, layers - 1}, {}};
}

QString scopeTitle(ScopeKind kind, const Selection& selection)
{
    switch (kind) {
    case ScopeKind::AllLayers: return translated("All layers");
    case ScopeKind::ThisLayer: return translated("This layer (L%1)").arg(selection.layer);
    case ScopeKind::ThisHead: return translated("This head (L%1 H%2)").arg(selection.layer).arg(selection.head);
    case ScopeKind::LastTwoLayers: break;
    }
    return translated("Last two layers");
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
    const Scope scope{entry.layers, entry.heads};
    QString place;
    if (scope == scopeOf(ScopeKind::AllLayers, model, {}))
        place = translated("All layers");
    else if (scope == scopeOf(ScopeKind::LastTwoLayers, model, {}))
        place = translated("Last two layers");
    else {
        place = entry.layers.empty() ? translated("All layers") : indexText(entry.layers, u"L"_s);
        if (!entry.heads.empty())
            place += u' ' + indexText(entry.heads, u"H"_s);
    }
    return u"%1 → %2"_s.arg(place, mechanism);
}

}  // namespace ketscope
