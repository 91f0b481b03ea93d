// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/alignment_figure.h"
#include "viz/fitted_title.h"
#include "viz/labels.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kTitle = 22.0;
constexpr double kPlace = 20.0;
constexpr double kBar = 8.0;
constexpr double kBarPitch = 12.0;
constexpr double kRowGap = 8.0;
constexpr double kLabelShare = 0.3;
constexpr double kValueWidth = 54.0;

// What the selected patch, or the mean of a region, has from every word: a bar for each trace.
class PatchTokens final : public AlignmentFigure {
public:
    explicit PatchTokens(const ComparisonPointer& comparison) : AlignmentFigure(comparison), m_shown(shownRows())
    {
        double largest = 0.0;
        for (std::size_t trace = 0; trace < traces(); ++trace) {
            m_values.push_back(valuesOfRegion(*m_maps, trace, m_focus));
            for (const std::size_t row : m_shown)
                if (std::isfinite(m_values.back()[row]))
                    largest = std::max(largest, std::abs(m_values.back()[row]));
        }
        m_largest = largest > 0.0 ? largest : 1.0;
    }

    double heightFor(double width, const Theme& theme) const override
    {
        return theme.px(kTitle + kPlace) + rowHeight(theme) * static_cast<double>(m_shown.size()) + theme.px(8.0)
               + hintHeight(width, theme);
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), font = theme.ui(kTickPixels);
        drawTitle(painter, {area.left(), area.top() + QFontMetricsF(bold).ascent()},
                  fitTitle(title(), bold, area.width(), theme), theme.text, theme);
        drawLabel(painter, {area.left(), area.top() + theme.px(kTitle) + QFontMetricsF(font).ascent()},
                  fitText(patchText(), font, area.width()), font, theme.text3, theme);
        for (std::size_t place = 0; place < m_shown.size(); ++place)
            paintRow(painter, rowRect(place, area, theme), m_shown[place], theme);
        double baseline = rowRect(m_shown.size(), area, theme).top() + theme.px(8.0) + QFontMetricsF(font).ascent();
        for (const QString& line : wrapText(hint(), font, area.width())) {
            drawLabel(painter, {area.left(), baseline}, line, font, theme.text3, theme);
            baseline += theme.px(16.0);
        }
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        for (std::size_t place = 0; place < m_shown.size(); ++place) {
            if (!rowRect(place, area, theme).contains(where))
                continue;
            hit.panel = 0;
            if (m_maps->source.perToken)
                hit.token = m_shown[place];
            QStringList values;
            for (std::size_t trace = 0; trace < traces(); ++trace)
                values << tag(trace) + QLatin1Char(' ') + shortNumber(m_values[trace][m_shown[place]]);
            hit.sentence = QStringLiteral("%1 and %2: %3")
                               .arg(quoted(m_shown[place]), patchText(), values.join(QStringLiteral(", ")));
        }
        return hit;
    }

    std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const override
    {
        const auto place = placeAmong(m_shown, pointed);
        return place ? std::vector{rowRect(*place, area, theme)} : std::vector<QRectF>();
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("token"), QStringLiteral("text")};
        for (std::size_t trace = 0; trace < traces(); ++trace)
            table.header << tag(trace);
        for (const std::size_t row : m_shown) {
            QStringList cells{QString::number(row), tokenText(row)};
            for (const auto& values : m_values)
                cells << (std::isfinite(values[row]) ? QString::number(values[row], 'g', 9) : QString());
            table.rows.push_back(std::move(cells));
        }
        return table;
    }

    QString panelCaption() const override
    {
        return QStringLiteral("%1: %2 of every token at %3 (%4, %5).")
            .arg(title(), valueName().toLower(), patchText(), placeText(), directionText());
    }

private:
    QString title() const
    {
        if (isSparse())
            return m_maps->source.fromPatches ? QStringLiteral("The patch's best word")
                                              : QStringLiteral("Words whose best patch this is");
        if (isSimilarity())
            return QStringLiteral("Tokens like this patch");
        if (m_maps->relevance)
            return QStringLiteral("Tokens this patch counts for");
        return m_maps->source.fromPatches ? QStringLiteral("Tokens this patch looks at")
                                          : QStringLiteral("Tokens attending to this patch");
    }

    QString hint() const
    {
        if (isSimilarity())
            return QStringLiteral("Cosines, −1 to 1. A bar to the left is below 0.");
        if (m_maps->source.fromPatches)
            return QStringLiteral("A patch's weights on words and on patches sum to 1 together.");
        if (!m_maps->source.perToken)
            return QStringLiteral("No word takes part in this method.");
        return QStringLiteral("Columns do not sum to 1: each token distributes its own %1 over %2 patches.")
            .arg(m_maps->relevance ? QStringLiteral("relevance") : QStringLiteral("weight"))
            .arg(m_picture.rows() * m_picture.columns());
    }

    double hintHeight(double width, const Theme& theme) const
    {
        return theme.px(16.0) * static_cast<double>(wrapText(hint(), theme.ui(kTickPixels), width).size());
    }

    double rowHeight(const Theme& theme) const
    {
        return theme.px(std::max(18.0, kBarPitch * static_cast<double>(traces()) + kRowGap - 2.0));
    }

    QRectF rowRect(std::size_t place, const QRectF& area, const Theme& theme) const
    {
        return {area.left(), area.top() + theme.px(kTitle + kPlace) + rowHeight(theme) * static_cast<double>(place),
                area.width(), rowHeight(theme)};
    }

    void paintRow(QPainter& painter, const QRectF& row, std::size_t token, const Theme& theme) const
    {
        const bool selected =
            m_maps->source.perToken && std::ranges::find(m_focus.tokens, token) != m_focus.tokens.end();
        if (selected)
            painter.fillRect(row, theme.accentBg);
        const QFont font = theme.mono(kLabelPixels, selected ? QFont::DemiBold : QFont::Normal),
                    small = theme.mono(kTickPixels);
        const double label = row.width() * kLabelShare;
        drawLabel(painter, {row.left() + label, row.center().y() + QFontMetricsF(font).capHeight() / 2.0},
                  fitText(tokenText(token), font, label - 4.0), font, selected ? theme.accent : theme.text, theme,
                  Anchor::Right);
        const double left = row.left() + label + theme.px(8.0), width = row.right() - theme.px(kValueWidth) - left;
        const double first = row.center().y() - theme.px(kBarPitch) * static_cast<double>(traces()) / 2.0;
        for (std::size_t trace = 0; trace < traces(); ++trace) {
            const double y = first + theme.px(kBarPitch) * static_cast<double>(trace) + theme.px(2.0);
            const QRectF groove(left, y, std::max(width, 0.0), theme.px(kBar));
            painter.fillRect(groove, theme.line);
            const double value = m_values[trace][token];
            const double part = std::isfinite(value) ? value / m_largest : 0.0;
            const double zero = isSimilarity() ? groove.center().x() : groove.left();
            const double length = part * (isSimilarity() ? groove.width() / 2.0 : groove.width());
            painter.fillRect(QRectF(QPointF(zero, groove.top()), QPointF(zero + length, groove.bottom())).normalized(),
                             theme.trace(trace));
            drawLabel(painter, {row.right(), groove.center().y() + QFontMetricsF(small).capHeight() / 2.0},
                      shortNumber(value), small, theme.text2, theme, Anchor::Right);
        }
    }

    std::vector<std::size_t> m_shown;
    std::vector<std::vector<double>> m_values;
    double m_largest = 1.0;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<PatchTokens>(comparison); }

}  // namespace

const FigureType& patch_tokensFigure()
{
    static const FigureType type{QStringLiteral("patch-tokens"),
                                 QStringLiteral("Alignment: words at a patch"),
                                 &make,
                                 &alignmentFigureObstacle,
                                 false,
                                 true};
    return type;
}

}  // namespace ketscope
