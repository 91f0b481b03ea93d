// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "viz/figures/heatmap.h"

namespace ketscope {

namespace {

constexpr qsizetype kTextInCaption = 160;
constexpr std::size_t kBytesInCaption = 1000;

QString modelName(const ModelInfo& model)
{
    const QString title = QString::fromStdString(model.title);
    const QString folder = QString::fromStdString(model.path.filename().string());
    return folder.isEmpty() || folder == title ? title : QStringLiteral("%1 (%2)").arg(title, folder);
}

QString inputText(const Comparison& comparison)
{
    const Input& input = comparison.study.input;
    if (!input.text)
        return QStringLiteral("%1 given tokens").arg(comparison.input.tokens.size());
    QString text = QString::fromStdString(printable(*input.text, kBytesInCaption)).simplified();
    if (input.textPair)
        text +=
            QStringLiteral(" / ") + QString::fromStdString(printable(*input.textPair, kBytesInCaption)).simplified();
    if (text.size() > kTextInCaption)
        text = text.left(kTextInCaption) + QChar(0x2026);
    return QStringLiteral("“%1”").arg(text);
}

// A quotation that ends its own sentence needs no second full stop.
QString asSentenceEnd(const QString& text)
{
    static const QString kEnds = QStringLiteral(".!?…");
    const bool ends = text.size() > 1 && text.endsWith(QChar(0x201D)) && kEnds.contains(text[text.size() - 2]);
    return ends ? text : text + QLatin1Char('.');
}

QString layerList(std::vector<std::size_t> layers)
{
    const QString list = QString::fromStdString(formatIndexList(layers)).replace(QLatin1Char('-'), QChar(0x2013));
    return (layers.size() == 1 ? QStringLiteral("layer ") : QStringLiteral("layers ")) + list;
}

}  // namespace

// ", layers 4–5 patched (24 of 72 heads)"; empty when the plan is not known.
QString Heatmap::patched(std::size_t trace) const
{
    const Comparison& comparison = m_maps.comparison();
    if (trace >= comparison.plans.size() || !comparison.plans[trace]
        || m_selection.stack >= comparison.model.stacks.size())
        return {};
    const StackInfo& stack = comparison.model.stacks[m_selection.stack];
    std::vector<std::size_t> layers;
    std::size_t heads = 0;
    for (std::size_t layer = 0; layer < stack.layers; ++layer) {
        const std::size_t before = heads;
        for (std::size_t head = 0; head < stack.heads; ++head)
            heads += comparison.plans[trace]->isPatched(m_selection.stack, layer, head) ? 1 : 0;
        if (heads > before)
            layers.push_back(layer);
    }
    if (layers.empty())
        return QStringLiteral(", no head patched");
    return QStringLiteral(", %1 patched (%2 of %3 heads)")
        .arg(layerList(layers), QString::number(heads), QString::number(stack.layers * stack.heads));
}

QString Heatmap::measured() const
{
    if (!m_comparison)
        return QStringLiteral(" Mean entropy %1 nats.").arg(formatNumber(m_entropies.front(), 2));
    const QString a = letter(m_sources[0]), b = letter(m_sources[1]);
    return QStringLiteral(
               " Means over the queries of this head: KL(%1‖%2) %3 nats, JS %4 nats, entropy %1 %5 and %2 %6 "
               "nats; max |Δ| %7.")
        .arg(a, b, formatNumber(m_comparison->kl, 3), formatNumber(m_comparison->jensenShannon, 3),
             formatNumber(m_comparison->entropyA, 2), formatNumber(m_comparison->entropyB, 2),
             formatNumber(m_comparison->maximumDifference, 3));
}

QString Heatmap::caption() const
{
    const Comparison& comparison = m_maps.comparison();
    QStringList traces;
    for (const std::size_t trace : m_traces) {
        const TraceTitle title = traceTitle(comparison, trace);
        QString text = QString::fromStdString(traceTag(trace) + ", " + title.title);
        if (!title.detail.empty())
            text += QStringLiteral(" (%1)").arg(
                QString::fromStdString(title.detail).replace(QLatin1Char(' '), QChar::Nbsp));
        if (trace > 0)
            text += QStringLiteral(", seed %1").arg(comparison.study.seed) + patched(trace);
        traces << text;
    }
    QString where = QStringLiteral("layer %1, head %2").arg(m_selection.layer).arg(m_selection.head);
    if (comparison.model.stacks.size() > 1 && m_selection.stack < comparison.model.stacks.size())
        where.prepend(QString::fromStdString(comparison.model.stacks[m_selection.stack].name)
                      + QStringLiteral(" stack, "));
    QString caption = QStringLiteral("Attention in %1, %2, for %3 ")
                          .arg(modelName(comparison.model), where, asSentenceEnd(inputText(comparison)));
    caption += traces.join(QStringLiteral("; ")) + QLatin1Char('.');
    if (m_sources.size() > m_traces.size())
        caption += QStringLiteral(" Δ is %1 − %2.").arg(letter(m_sources[1]), letter(m_sources[0]));
    caption += measured();
    if (showsErrors())
        caption +=
            QStringLiteral(" Rings: standard error relative to the value; hatched: |Δ| below 2 standard errors.");
    return caption;
}

}  // namespace ketscope
