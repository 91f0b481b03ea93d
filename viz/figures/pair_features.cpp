// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kStrip = 98.0;    // a strip with its title
constexpr double kKernel = 210.0;  // estimates and kernel with every key
constexpr std::size_t kMostKeys = 24;
constexpr double kTitleRow = 15.0;

// The vectors of query and key, component by component, what each component adds to their product or distance, and how
// that adds up. Where it estimates a kernel, estimates and kernel with every key too.
class PairFeaturesFigure final : public PairFigure {
public:
    explicit PairFeaturesFigure(const ComparisonPointer& comparison) : PairFigure(comparison)
    {
        if (!reading().features)
            return;
        const PairFeatures& features = *reading().features;
        std::vector<double> terms, sums;
        for (std::size_t i = 0; i < std::min(features.query.size(), features.key.size()); ++i) {
            const double difference = features.query[i] - features.key[i];
            terms.push_back(features.distance ? difference * difference : features.query[i] * features.key[i]);
            m_sum += terms.back();
            sums.push_back(m_sum);
        }
        m_strips = {stripOf(features.query), stripOf(features.key), stripOf(terms), stripOf(sums)};
        const double common = std::max(m_strips[0].maximum, m_strips[1].maximum);
        m_strips[0].maximum = m_strips[1].maximum = common;
        if (features.exact.empty())
            return;
        for (PairBar& bar : m_strips[3].bars)
            bar.exact = features.exact[selection().key];
        m_strips[3].maximum = niceMaximum(std::max(m_strips[3].maximum, features.exact[selection().key]));
        addKernel(features);
    }

    double heightFor(double width, const Theme& theme) const override
    {
        if (m_strips.empty())
            return theme.px(90.0);
        return pairTitleHeight(title(), width, theme)
               + theme.px(static_cast<double>(m_strips.size()) * kStrip + (m_kernel.bars.empty() ? 0.0 : kKernel));
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const bool nothing = m_strips.empty();
        const QString note = nothing ? QString() : QStringLiteral("%1 components").arg(m_strips[0].bars.size());
        const QRectF rest = paintPairTitle(painter, area, title(), note, theme.text, theme);
        if (nothing)
            return paintSentence(painter, rest, absence(), theme);
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        const QColor colours[] = {theme.accent, theme.key, theme.text2, theme.trace(pair().trace)};
        for (std::size_t i = 0; i < m_strips.size(); ++i) {
            const QRectF strip = place(i, rest, theme);
            paintPartTitle(painter, strip, nameOf(i), colours[i], theme);
            paintBars(painter, barsArea(strip, theme), m_strips[i], colours[i], theme);
        }
        if (!m_kernel.bars.empty())
            paintKernel(painter, place(m_strips.size(), rest, theme), theme);
        painter.restore();
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const QRectF rest = belowPairTitle(area, title(), theme);
        for (std::size_t i = 0; i < m_strips.size(); ++i)
            if (const auto bar = m_strips[i].barAt(where, barsArea(place(i, rest, theme), theme), theme)) {
                hit.panel = static_cast<int>(i);
                hit.sentence = sentenceOf(*bar);
            }
        if (m_kernel.bars.empty())
            return hit;
        const QRectF bars = barsArea(place(m_strips.size(), rest, theme), theme);
        if (const auto bar = m_kernel.barAt(where, bars, theme)) {
            const PairBar& at = m_kernel.bars[*bar];
            hit.panel = static_cast<int>(m_strips.size());
            hit.key = m_keys[*bar];
            hit.sentence = QStringLiteral("key %1: kernel %2, estimate %3")
                               .arg(at.label, formatNumber(at.exact.value_or(0.0), 4), formatNumber(at.value, 4));
            if (at.error > 0.0)
                hit.sentence += QStringLiteral(" (1 SE of estimates: %1)").arg(formatNumber(at.error, 4));
        }
        return hit;
    }

    QString absence() const override
    {
        return m_strips.empty() ? QStringLiteral("The states themselves are compared: see amplitudes.") : QString();
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("component"), QStringLiteral("query"), QStringLiteral("key"),
                                   QStringLiteral("term"), QStringLiteral("sum")};
        for (std::size_t i = 0; !m_strips.empty() && i < m_strips[2].bars.size(); ++i) {
            QStringList row{QString::number(i)};
            for (const BarPlot& strip : m_strips)
                row << QString::number(strip.bars[i].value, 'g', 9);
            table.rows.push_back(row);
        }
        return table;
    }

    std::vector<Table> tables() const override
    {
        std::vector<Table> all{table()};
        if (m_kernel.bars.empty())
            return all;
        const PairFeatures& features = *reading().features;
        Table kernel;
        kernel.header = QStringList{QStringLiteral("key"), QStringLiteral("kernel"), QStringLiteral("estimate"),
                                    QStringLiteral("SE")};
        for (std::size_t key = 0; key < features.exact.size(); ++key)
            kernel.rows.push_back(
                {keyName(key), QString::number(features.exact[key], 'g', 9),
                 QString::number(features.estimates[key], 'g', 9),
                 features.errors.empty() ? QString() : QString::number(features.errors[key], 'g', 9)});
        all.push_back(std::move(kernel));
        return all;
    }

protected:
    QString subject() const override { return QStringLiteral("Vectors component by component"); }

private:
    QString title() const
    {
        return m_strips.empty() ? QStringLiteral("Vectors") : QString::fromStdString(reading().features->title);
    }

    static BarPlot stripOf(const std::vector<double>& values)
    {
        BarPlot strip;
        double largest = 0.0;
        bool negative = false;
        for (const double value : values) {
            strip.bars.push_back({{}, value, 0.0, {}, {}, false, false});
            largest = std::max(largest, std::abs(value));
            negative = negative || value < 0.0;
        }
        strip.maximum = niceMaximum(largest);
        strip.isSigned = negative;
        strip.labelHeight = 2.0;
        return strip;
    }

    void addKernel(const PairFeatures& features)
    {
        std::vector<double> sizes = features.exact;
        sizes[selection().key] += 10.0;  // always shown
        m_keys = largestInOrder(sizes, kMostKeys);
        double largest = 0.0;
        for (const std::size_t key : m_keys) {
            const double error = features.errors.empty() ? 0.0 : features.errors[key];
            m_kernel.bars.push_back(
                {keyName(key), features.estimates[key], error, features.exact[key], {}, key == selection().key, false});
            largest = std::max({largest, features.estimates[key] + 2.0 * error, features.exact[key]});
            m_kernel.isSigned = m_kernel.isSigned || features.estimates[key] < 0.0;
        }
        m_kernel.maximum = niceMaximum(largest);
        m_kernel.labelHeight = kKeyLabelRoom;
    }

    QString sentenceOf(std::size_t bar) const
    {
        const auto value = [&](std::size_t strip) { return formatNumber(m_strips[strip].bars[bar].value, 4); };
        return QStringLiteral("component %1: query %2, key %3, %4 %5; sum up to here %6")
            .arg(QString::number(bar), value(0), value(1),
                 reading().features->distance ? QStringLiteral("squared difference") : QStringLiteral("product"),
                 value(2), value(3));
    }

    QString nameOf(std::size_t strip) const
    {
        if (strip == 0)
            return QStringLiteral("query %1").arg(m_maps.queryText(selection().query));
        if (strip == 1)
            return QStringLiteral("key %1").arg(m_maps.keyText(selection().key));
        if (strip == 2)
            return reading().features->distance ? QStringLiteral("squared differences") : QStringLiteral("products");
        const QString sum = QStringLiteral("added up from the left, in all %1").arg(formatNumber(m_sum, 4));
        const PairFeatures& features = *reading().features;
        return features.exact.empty() ? sum
                                      : sum
                                            + QStringLiteral(" · the kernel that this estimates: %1")
                                                  .arg(formatNumber(features.exact[selection().key], 4));
    }

    QString kernelTitle() const
    {
        QString text = QStringLiteral("the query with every key: bars estimates, lines the kernel itself");
        if (!reading().features->errors.empty())
            text += QStringLiteral(", whiskers ± 2 SE over draws of the features");
        if (m_keys.size() < reading().features->exact.size())
            text += QStringLiteral(" · %1 of %2 keys").arg(m_keys.size()).arg(reading().features->exact.size());
        return text;
    }

    static void paintPartTitle(QPainter& painter, const QRectF& part, const QString& title, const QColor& ink,
                               const Theme& theme)
    {
        const QFont font = theme.ui(kTickPixels);
        drawLabel(painter, {part.left() + theme.px(40.0), part.top() + QFontMetricsF(font).ascent()},
                  fitParts(title, font, part.width() - theme.px(44.0)), font, ink, theme);
    }

    void paintKernel(QPainter& painter, const QRectF& part, const Theme& theme) const
    {
        paintPartTitle(painter, part, kernelTitle(), theme.text2, theme);
        const QRectF bars = barsArea(part, theme);
        paintBars(painter, bars, m_kernel, theme.trace(pair().trace), theme);
        const QRectF plot = m_kernel.plot(bars, theme);
        paintBarLabels(painter, plot, plot.bottom() + theme.px(5.0), m_kernel, theme);
    }

    // The strips share what the kernel's part leaves, which is higher the more room there is.
    QRectF place(std::size_t part, const QRectF& rest, const Theme& theme) const
    {
        const double least = theme.px(kKernel), strips = static_cast<double>(m_strips.size()) * theme.px(kStrip);
        const double kernel = m_kernel.bars.empty() ? 0.0 : rest.height() * least / (least + strips);
        const double height = (rest.height() - kernel) / static_cast<double>(m_strips.size());
        return {rest.left(), rest.top() + static_cast<double>(part) * height, rest.width(),
                part < m_strips.size() ? height : kernel};
    }

    static QRectF barsArea(const QRectF& part, const Theme& theme)
    {
        return part.adjusted(0.0, theme.px(kTitleRow), 0.0, -theme.px(6.0));
    }

    std::vector<BarPlot> m_strips;    // query, key, terms, their sums
    BarPlot m_kernel;                 // with every key; empty where nothing is estimated
    std::vector<std::size_t> m_keys;  // of its bars
    double m_sum = 0.0;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<PairFeaturesFigure>(comparison);
}

}  // namespace

const FigureType& pair_featuresFigure()
{
    static const FigureType type{QStringLiteral("pair-features"), QStringLiteral("Pair: vectors and features"), &make,
                                 nullptr, true};
    return type;
}

}  // namespace ketscope
