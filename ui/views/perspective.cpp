// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/perspective.h"

#include "core/study/compared_pair.h"
#include "core/study/look_ahead.h"
#include "ui/views/alignment_page.h"
#include "ui/views/entropy_page.h"
#include "ui/views/heatmap_page.h"
#include "ui/views/outputs_page.h"
#include "ui/views/quantum_page.h"
#include "ui/views/sweep_page.h"

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

template <typename Page> Perspective* make(StudyController& controller, Appearance& appearance, QWidget* parent)
{
    return new Page(controller, appearance, parent);
}

// The mechanism of the selected head in a trace; null where it is not known.
const Mechanism* mechanismAt(const Comparison& comparison, std::size_t trace)
{
    const Selection& at = comparison.study.selection;
    if (!planIsKnown(comparison, trace))
        return nullptr;
    return comparison.plans[trace]->at(at.stack, at.layer, at.head).mechanism;
}

}  // namespace

ExplanationButton* Perspective::makeExplanationButton(Appearance& appearance, QWidget* parent)
{
    m_explain = new ExplanationButton([this] { return explanation(); }, appearance, parent);
    return m_explain;
}

void Perspective::explain()
{
    if (m_explain != nullptr && m_explain->isVisible())
        m_explain->explain();
}

QString explainTraces(const StudyController& controller)
{
    const ComparisonPointer& comparison = controller.comparison();
    QString text;
    for (std::size_t trace = 0; comparison && trace < comparison->traces.size(); ++trace) {
        const QString tag = QString::fromStdString(traceTag(trace));
        const Mechanism* mechanism = mechanismAt(*comparison, trace);
        if (mechanism == nullptr) {
            text += Perspective::tr("<p><b>%1</b> comes from a file; what computed it is not known.</p>").arg(tag);
            continue;
        }
        const MechanismInfo& info = mechanism->info();
        text += u"<p><b>%1</b> %2: %3<br>%4</p>"_s.arg(tag, QString::fromStdString(info.title).toHtmlEscaped(),
                                                       QString::fromStdString(info.formula).toHtmlEscaped(),
                                                       QString::fromStdString(info.summary).toHtmlEscaped());
    }
    return text;
}

QString explainMaps(const StudyController& controller)
{
    const ComparisonPointer& comparison = controller.comparison();
    if (!comparison)
        return {};
    const Selection& at = comparison->study.selection;
    const StackInfo& stack = comparison->model.stacks.at(at.stack);
    const TensorPointer& layer = comparison->traces.front()->stacks.at(at.stack).attention.at(at.layer);
    QString text = Perspective::tr("<p><b>Shapes.</b> %1 layers × %2 heads").arg(stack.layers).arg(stack.heads);
    if (layer)
        text +=
            Perspective::tr(", each a map of %1 queries × %2 keys").arg(layer->shape().at(1)).arg(layer->shape().at(2));
    if (stack.headSize > 0)
        text += Perspective::tr("; queries and keys have %1 numbers, d = %1").arg(stack.headSize);
    return text + u".</p>"_s;
}

QString explainMask(const StudyController& controller)
{
    const ComparisonPointer& comparison = controller.comparison();
    if (!comparison)
        return {};
    const std::size_t stack = comparison->study.selection.stack;
    const bool padded = std::ranges::any_of(maskOf(*comparison, stack)->keys, [](auto key) { return key == 0; });
    const QString causal = comparison->model.stacks.at(stack).causal
                               ? Perspective::tr("Causal: keys after the query are masked.")
                               : Perspective::tr("Every query may look at every key.");
    QString ahead;
    for (const std::size_t trace : shownTraces(*comparison))
        if (const Mechanism* const what = lookingAhead(*comparison, trace, stack))
            ahead += Perspective::tr(" <b>%1 looks ahead</b>: in %2 later tokens reach earlier ones all the same.")
                         .arg(QString::fromStdString(traceTag(trace)), QString::fromStdString(what->info().title));
    return Perspective::tr("<p><b>Mask.</b> %1%2%3</p>")
        .arg(causal, padded ? Perspective::tr(" Padding is masked and left out of all means.") : QString(), ahead);
}

const std::vector<PerspectiveType>& perspectiveTypes()
{
    static const std::vector<PerspectiveType> types{
        {u"heatmap"_s, Perspective::tr("Heatmap"), make<HeatmapPage>},
        {u"entropy"_s, Perspective::tr("Entropy & distance"), make<EntropyPage>},
        {u"alignment"_s, Perspective::tr("Alignment"), make<AlignmentPage>},
        {u"quantum"_s, Perspective::tr("Quantum"), make<QuantumPage>},
        {u"outputs"_s, Perspective::tr("Outputs"), make<OutputsPage>},
        {u"sweep"_s, Perspective::tr("Sweep"), make<SweepPage>},
    };
    return types;
}

}  // namespace ketscope
