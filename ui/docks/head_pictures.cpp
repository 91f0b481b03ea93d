// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/head_pictures.h"

#include "core/study/compared_pair.h"
#include "core/study/grid_measures.h"
#include "viz/colour_map.h"
#include "viz/thumbnail.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kPicturePixels = 48;

MapSource sourceOf(HeadPicture picture, const ComparedPair& pair)
{
    switch (picture) {
    case HeadPicture::Baseline: return {pair.baseline, {}, false};
    case HeadPicture::Candidate: return {pair.candidate, {}, false};
    case HeadPicture::Difference: return {pair.candidate, pair.baseline, false};
    case HeadPicture::StandardError: break;
    }
    return {pair.candidate, {}, true};
}

QImage coloured(QRgb colour)
{
    QImage image(1, 1, QImage::Format_ARGB32);
    image.fill(colour);
    return image;
}

// One number a head, on one scale for all of them.
std::vector<QImage> scalarPictures(const std::vector<double>& values, const ColourMap& map, bool isSigned)
{
    double largest = 1e-9;
    for (const double value : values)
        if (std::isfinite(value))
            largest = std::max(largest, std::abs(value));
    std::vector<QImage> pictures;
    for (const double value : values) {
        const double place = isSigned ? 0.5 + 0.5 * value / largest : value / largest;
        pictures.push_back(coloured(std::isfinite(value) ? map.at(place) : qRgba(0, 0, 0, 0)));
    }
    return pictures;
}

std::vector<double> valuesOf(const Comparison& comparison, HeadPicture picture, const Monitor& monitor)
{
    const std::size_t index = comparison.study.selection.stack;
    const GridMeasure& measure = gridMeasure(comparison.study.view.heatmap.gridMeasure);
    const ComparedPair pair = comparedPair(comparison);
    if (picture == HeadPicture::StandardError)
        return meanStandardErrors(comparison, index, pair.candidate);
    const std::size_t trace =
        picture == HeadPicture::Baseline && measure.value != nullptr ? pair.baseline : pair.candidate;
    std::vector<double> values = gridValues(comparison, measure, index, trace, pair.baseline, monitor);
    if (picture == HeadPicture::Difference && measure.value != nullptr) {
        const std::vector<double> before =
            gridValues(comparison, measure, index, pair.baseline, pair.baseline, monitor);
        std::ranges::transform(values, before, values.begin(), std::minus());
    }
    return values;
}

std::vector<QImage> thumbnails(const ComparisonPointer& comparison, const MapSource& source, bool dark,
                               const Monitor& monitor)
{
    Selection at = comparison->study.selection;
    const StackInfo& stack = comparison->model.stacks.at(at.stack);
    std::vector<QImage> pictures;
    for (at.layer = 0; at.layer < stack.layers; ++at.layer) {
        for (at.head = 0; at.head < stack.heads; ++at.head) {
            monitor.check();
            const bool kept = comparison->traces.front()->stacks.at(at.stack).attention.at(at.layer) != nullptr;
            std::optional<HeadMaps> maps;
            if (kept)
                maps.emplace(comparison, at);
            const bool there = kept && (!source.errors || maps->hasStandardError(source));
            pictures.push_back(
                there ? headThumbnail(*maps, source, {kPicturePixels, kPicturePixels}, comparison->study.view, dark)
                      : coloured(qRgba(0, 0, 0, 0)));
        }
    }
    return pictures;
}

std::vector<std::size_t> orderOf(const std::vector<double>& values, std::size_t heads, bool sorted)
{
    std::vector<std::size_t> order(values.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i % heads;
    if (!sorted)
        return order;
    for (std::size_t first = 0; first < order.size(); first += heads) {
        const auto layer = std::span(order).subspan(first, heads);
        // NaN last.
        const auto key = [&](std::size_t head) {
            const double value = std::abs(values[first + head]);
            return std::isnan(value) ? -1.0 : value;
        };
        std::ranges::stable_sort(layer, std::ranges::greater(), key);
    }
    return order;
}

}  // namespace

HeadPictures drawHeads(const ComparisonPointer& comparison, HeadPicture picture, bool numbers, bool dark,
                       const Monitor& monitor)
{
    const HeatmapView& view = comparison->study.view.heatmap;
    const std::size_t heads = comparison->model.stacks.at(comparison->study.selection.stack).heads;
    HeadPictures drawn;
    drawn.values = valuesOf(*comparison, picture, monitor);
    drawn.order = orderOf(drawn.values, heads, view.sortHeads);
    std::vector<double> sizes(drawn.values);
    for (double& size : sizes)
        size = std::abs(size);
    drawn.largest = largestPlaces(sizes, kMarkedHeads);
    if (!numbers) {
        drawn.pictures = thumbnails(comparison, sourceOf(picture, comparedPair(*comparison)), dark, monitor);
        return drawn;
    }
    const bool isSigned = picture == HeadPicture::Difference && gridMeasure(view.gridMeasure).value != nullptr;
    const ColourMap map = isSigned ? divergingMap(dark)
                          : picture == HeadPicture::StandardError
                              ? colourMap(u"cividis"_s)
                              : colourMap(QString::fromStdString(comparison->study.view.colourMap));
    drawn.pictures = scalarPictures(drawn.values, map, isSigned);
    return drawn;
}

bool hasStandardErrors(const Comparison& comparison)
{
    const auto& layers = comparison.traces.at(comparedPair(comparison).candidate)
                             ->stacks.at(comparison.study.selection.stack)
                             .standardError;
    return std::ranges::any_of(layers, [](const TensorPointer& layer) { return layer != nullptr; });
}

HeadPicture shownPicture(const Comparison& comparison, HeadPicture wanted)
{
    if (wanted == HeadPicture::StandardError && hasStandardErrors(comparison))
        return wanted;
    if (comparison.traces.size() < 2)
        return HeadPicture::Baseline;
    return wanted == HeadPicture::StandardError ? HeadPicture::Candidate : wanted;
}

QString measureTitle(const std::string& measure, HeadPicture picture)
{
    const GridMeasure& of = gridMeasure(measure);
    if (picture == HeadPicture::StandardError)
        return u"Mean standard error"_s;
    const QString title =
        QString::fromStdString(of.title) + (of.unit.empty() ? u""_s : u", "_s) + QString::fromStdString(of.unit);
    return picture == HeadPicture::Difference && of.value != nullptr ? title + u", Δ"_s : title;
}

QString rankText(std::size_t rank)
{
    const std::size_t last = rank % 10;
    const bool teens = rank % 100 > 10 && rank % 100 < 14;
    const QString ending = teens || last == 0 || last > 3 ? u"th"_s
                           : last == 1                    ? u"st"_s
                           : last == 2                    ? u"nd"_s
                                                          : u"rd"_s;
    return QString::number(rank) + ending;
}

}  // namespace ketscope
