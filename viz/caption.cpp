// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/caption.h"

#include "core/study/output_errors.h"
#include "core/study/repeat_record.h"

#include "core/base/error.h"
#include "core/study/token_flow.h"
#include "viz/head_maps.h"
#include "viz/scale.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr qsizetype kTextInCaption = 160;
constexpr std::size_t kBytesInCaption = 1000;

QString inputText(const Comparison& comparison)
{
    const Input& input = comparison.study.input;
    const auto shown = [](const std::string& text) {
        return QString::fromStdString(printable(text, kBytesInCaption)).simplified();
    };
    if (!input.text && input.labels.empty() && comparison.input.tokens.empty())
        return {};
    if (!input.text && input.labels.empty())
        return QStringLiteral("%1 given tokens").arg(comparison.input.tokens.size());
    QString text = shown(input.text ? *input.text : input.labels.front());
    if (input.textPair)
        text += QStringLiteral(" / ") + shown(*input.textPair);
    for (std::size_t i = 1; i < input.labels.size() && text.size() <= kTextInCaption; ++i)
        text += QStringLiteral(" / ") + shown(input.labels[i]);
    if (text.size() > kTextInCaption)
        text = text.left(kTextInCaption) + QChar(0x2026);
    return QStringLiteral("“%1”").arg(text);
}

// "the image dog.png"; empty without one.
QString inputImage(const Comparison& comparison)
{
    const Input& input = comparison.study.input;
    if (input.image)
        return QStringLiteral("the image ")
               + QString::fromStdString(printable(std::filesystem::path(input.image->path).filename().string()));
    return comparison.input.imageTokens.empty() ? QString() : QStringLiteral("given pixels");
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

// ", layers 4–5 patched (24 of 72 heads)"; empty when the plan is not known.
QString patched(const Comparison& comparison, std::size_t trace, std::size_t stackIndex)
{
    if (trace >= comparison.plans.size() || !comparison.plans[trace] || stackIndex >= comparison.model.stacks.size())
        return {};
    const StackInfo& stack = comparison.model.stacks[stackIndex];
    std::vector<std::size_t> layers;
    std::size_t heads = 0;
    for (std::size_t layer = 0; layer < stack.layers; ++layer) {
        const std::size_t before = heads;
        for (std::size_t head = 0; head < stack.heads; ++head)
            heads += comparison.plans[trace]->isPatched(stackIndex, layer, head) ? 1 : 0;
        if (heads > before)
            layers.push_back(layer);
    }
    if (layers.empty())
        return QStringLiteral(", no head patched");
    return QStringLiteral(", %1 patched (%2 of %3 heads)")
        .arg(layerList(layers), QString::number(heads), QString::number(stack.layers * stack.heads));
}

}  // namespace

QString captionOfInput(const Comparison& comparison)
{
    const QString image = inputImage(comparison);
    const QString text = inputText(comparison);
    if (image.isEmpty() || text.isEmpty())
        return QStringLiteral("for ") + asSentenceEnd(image + text);
    return QStringLiteral("for %1 and %2").arg(image, asSentenceEnd(text));
}

QString captionOfTraces(const Comparison& comparison, const std::vector<std::size_t>& which, std::size_t stack)
{
    QStringList traces;
    for (const std::size_t trace : which) {
        const TraceTitle title = traceTitle(comparison, trace);
        QString text = QString::fromStdString(traceTag(trace) + ", " + title.title);
        if (!title.detail.empty())
            text += QStringLiteral(" (%1)").arg(
                QString::fromStdString(title.detail).replace(QLatin1Char(' '), QChar::Nbsp));
        const bool unknown = trace < comparison.plans.size() && !comparison.plans[trace];
        if (trace > 0 && !unknown)
            text += QStringLiteral(", seed %1").arg(comparison.study.seed) + patched(comparison, trace, stack);
        traces << text;
    }
    return traces.join(QStringLiteral("; ")) + QLatin1Char('.');
}

QString captionOfOutputErrors(const Comparison& comparison)
{
    QStringList known, unknown;
    for (std::size_t trace = 1; trace < comparison.traces.size(); ++trace) {
        if (hasOutputErrors(comparison, trace))
            known << QString::fromStdString(traceTag(trace));
        else if (trace > comparison.study.candidates.size() || leastDraws(comparison.study.candidates[trace - 1]) > 0)
            unknown << QString::fromStdString(traceTag(trace));
    }
    if (known.isEmpty())
        return QStringLiteral("One run of each: no errors are known.");
    QString text = QStringLiteral("± is one standard error of the output of the mean weights of %1, whiskers are two: "
                                  "delete-a-group jackknife over the repeats.")
                       .arg(known.join(QStringLiteral(", ")));
    if (!unknown.isEmpty())
        text += QStringLiteral(" Of %1 none are known.").arg(unknown.join(QStringLiteral(", ")));
    return text;
}

QString captionOfHead(const Comparison& comparison, const Selection& selection)
{
    return captionOfStack(comparison, selection.stack)
           + QStringLiteral("layer %1, head %2").arg(selection.layer).arg(selection.head);
}

QString captionOfFlow(const TokenFlow& flow)
{
    if (flow.quantity == MapQuantity::Rollout)
        return QStringLiteral("Attention rollout of layers 0 to %1 (mean of heads and residual, multiplied)")
            .arg(flow.layer);
    return QStringLiteral("Gradient × attention relevance through all layers for %1 (rows scaled to sum 1)")
        .arg(QString::fromStdString(flow.answer));
}

QString captionOfStack(const Comparison& comparison, std::size_t stack)
{
    if (comparison.model.stacks.size() < 2 || stack >= comparison.model.stacks.size())
        return {};
    return QString::fromStdString(comparison.model.stacks[stack].name) + QStringLiteral(" stack, ");
}

QString modelName(const ModelInfo& model)
{
    const QString title = QString::fromStdString(model.title);
    const QString folder = QString::fromStdString(model.path.filename().string());
    return folder.isEmpty() || folder == title ? title : QStringLiteral("%1 (%2)").arg(title, folder);
}

QString captionOfMeans(const MapComparison& found, const QString& a, const QString& b, const QString& qualified)
{
    QStringList parts;
    if (!std::isnan(found.kl))
        parts << QStringLiteral("KL(%1‖%2) %3, JS %4 nats")
                     .arg(a, b, formatNumber(found.kl, 3), formatNumber(found.jensenShannon, 3));
    const double entropies[] = {found.entropyA, found.entropyB};
    if (!std::isnan(found.entropyA) && !std::isnan(found.entropyB))
        parts << QStringLiteral("entropy %1 %3 → %2 %4 nats")
                     .arg(a, b, formatNumber(found.entropyA, 2), formatNumber(found.entropyB, 2));
    else
        for (const int side : {0, 1})
            parts << (std::isnan(entropies[side])
                          ? QStringLiteral("no entropy of %1, whose rows are no distributions").arg(side == 0 ? a : b)
                          : QStringLiteral("entropy %1 %2 nats")
                                .arg(side == 0 ? a : b, formatNumber(entropies[side], 2)));
    parts << QStringLiteral("max |Δ| %1.").arg(formatNumber(found.maximumDifference, 3));
    QString text = QStringLiteral("Head means%1: %2").arg(qualified, parts.join(QStringLiteral("; ")));
    if (found.rows > 0 && found.rows < found.compared)
        text += QStringLiteral(" Divergences are of the %1 of %2 queries whose rows are distributions in both.")
                    .arg(found.rows)
                    .arg(found.compared);
    return text;
}

QString captionOfMeans(const HeadMaps& maps, const std::vector<std::size_t>& traces)
{
    const auto tag = [&](std::size_t place) { return QString::fromStdString(traceTag(traces[place])); };
    if (traces.size() > 1)
        return captionOfMeans(maps.compare(traces[0], traces[1]), tag(0), tag(1));
    const double entropy = maps.compare(traces[0], traces[0]).entropyA;
    return std::isnan(entropy) ? QString()
                               : QStringLiteral("Head mean: entropy %1 nats.").arg(formatNumber(entropy, 2));
}

QStringList scopeParts(const Comparison& comparison, bool distances)
{
    QStringList parts;
    const Study& study = comparison.study;
    for (const std::string& part : describeScope(comparison, study.selection.stack, study.view.scope, distances))
        parts << QString::fromStdString(part);
    return parts;
}

QString captionOfScope(const QStringList& parts)
{
    return parts.isEmpty() ? QString() : QStringLiteral(" Scope: %1.").arg(parts.join(QStringLiteral("; ")));
}

}  // namespace ketscope
