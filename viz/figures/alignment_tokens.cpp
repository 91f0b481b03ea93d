// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/sanity_check.h"
#include "viz/figures/alignment_figure.h"
#include "viz/labels.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kNote = 20.0;
constexpr double kChips = 22.0;
constexpr double kLabel = 20.0;
constexpr double kUnder = 18.0;  // the number below a map
constexpr double kGap = 8.0;
constexpr double kLeastSide = 54.0;
constexpr double kMostSide = 92.0;

// One line of small maps: a trace, a difference, or the baseline on an input that should not align.
struct Line {
    QString letter;
    std::optional<std::size_t> trace;  // none = the difference
    QString name;                      // of a sanity run
    std::vector<std::vector<float>> values;
    std::vector<QString> numbers;  // below each map; empty = none
};

struct Layout {
    double side = 0.0, tall = 0.0;
    std::size_t columns = 1;
    double lineHeight = 0.0;  // of all maps of one token, with its label
    double height = 0.0;
};

// Every word's map, small: A above B, each on its own range, and how far they are from each other.
class AlignmentTokens final : public AlignmentFigure {
public:
    explicit AlignmentTokens(const ComparisonPointer& comparison) : AlignmentFigure(comparison), m_shown(shownRows())
    {
        const bool differences = view().differences && traces() > 1 && !isSparse();
        for (std::size_t trace = 0; trace < traces() && !differences; ++trace)
            m_lines.push_back(lineOf(trace));
        if (differences)
            m_lines.push_back(differenceLine());
        for (Line& line : m_lines)
            if (!isSparse() && line.trace != m_pair.baseline)
                line.numbers = distances(line.trace.value_or(m_pair.candidate));
        if (const auto check = comparison->alignments->sanity(*comparison))
            for (const SanityRun& run : check->runs)
                if (const Comparison other = shownAs(run, *comparison); alignmentDelay(other).empty())
                    m_lines.push_back(sanityLine(run, other));
    }

    double heightFor(double width, const Theme& theme) const override { return layout(width, theme).height; }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const Layout layout = this->layout(area.width(), theme);
        const QFont font = theme.ui(kTickPixels);
        drawLabel(painter, {area.left(), area.top() + QFontMetricsF(font).ascent()},
                  fitParts(note(), font, area.width()), font, theme.text3, theme);
        for (std::size_t place = 0; place < m_shown.size(); ++place)
            paintToken(painter, area, layout, place, theme);
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        const Layout layout = this->layout(area.width(), theme);
        Hit hit;
        for (std::size_t place = 0; place < m_shown.size(); ++place) {
            if (!cellOf(place, area, layout, theme).contains(where))
                continue;
            hit.panel = static_cast<int>(place);
            if (m_maps->source.perToken)
                hit.token = m_shown[place];
            hit.sentence = quoted(m_shown[place]);
            for (const Line& line : m_lines)
                if (!line.numbers.empty())
                    hit.sentence += QStringLiteral(", %1%2").arg(
                        line.name.isEmpty() ? QString() : line.name + QStringLiteral(": "), line.numbers[place]);
        }
        return hit;
    }

    std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const override
    {
        const auto place = placeAmong(m_shown, pointed);
        return place ? std::vector{cellOf(*place, area, layout(area.width(), theme), theme)} : std::vector<QRectF>();
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("token"), QStringLiteral("text"), QStringLiteral("row"),
                                   QStringLiteral("column")};
        for (const Line& line : m_lines)
            table.header << (line.name.isEmpty() ? line.letter : line.letter + QStringLiteral(", ") + line.name);
        for (std::size_t place = 0; place < m_shown.size(); ++place)
            for (std::size_t patch = 0; patch < m_picture.rows() * m_picture.columns(); ++patch) {
                QStringList row{QString::number(m_shown[place]), tokenText(m_shown[place]),
                                QString::number(patch / m_picture.columns()),
                                QString::number(patch % m_picture.columns())};
                for (const Line& line : m_lines) {
                    const float value = line.values[place][patch];
                    row << (std::isfinite(value) ? QString::number(static_cast<double>(value), 'g', 9) : QString());
                }
                table.rows.push_back(std::move(row));
            }
        return table;
    }

    QString panelCaption() const override
    {
        return QStringLiteral("%1 of every token (%2, %3); %4.")
            .arg(QString::fromStdString(m_maps->source.method->title), placeText(), directionText(), note());
    }

    QStringList alikeInGrey(double, const Theme&) const override
    {
        return isSimilarity()          ? QStringList{QStringLiteral("the similarity")}
               : m_lines.front().trace ? QStringList()
                                       : QStringList{QStringLiteral("the difference")};
    }

private:
    Line lineOf(std::size_t trace) const
    {
        Line line{tag(trace), trace, {}, {}, {}};
        for (const std::size_t row : m_shown) {
            const auto values = m_maps->traces[trace]->values.matrix().row(row);
            line.values.emplace_back(values.begin(), values.end());
        }
        return line;
    }

    Line differenceLine() const
    {
        Line line{QStringLiteral("Δ"), std::nullopt, {}, {}, {}};
        const Line a = lineOf(m_pair.baseline), b = lineOf(m_pair.candidate);
        for (std::size_t place = 0; place < m_shown.size(); ++place)
            line.values.push_back(differenceOf(a.values[place], b.values[place]));
        return line;
    }

    QString measured(std::span<const float> a, std::span<const float> b) const
    {
        const double distance = alignmentDistance(m_maps->source, a, b);
        return (isSimilarity() ? QStringLiteral("max |Δ| ") : QStringLiteral("JS ")) + shortNumber(distance);
    }

    // From the baseline's maps.
    std::vector<QString> distances(std::size_t trace) const
    {
        std::vector<QString> numbers;
        const Line a = lineOf(m_pair.baseline), b = lineOf(trace);
        for (std::size_t place = 0; place < m_shown.size(); ++place)
            numbers.push_back(measured(a.values[place], b.values[place]));
        return numbers;
    }

    // The same words of A where they stand now.
    Line sanityLine(const SanityRun& run, const Comparison& other) const
    {
        Line line{tag(0), 0, QString::fromStdString(run.title), {}, {}};
        const auto maps = other.alignments->of(other);
        for (const std::size_t row : m_shown) {
            const std::size_t at = m_maps->source.perToken ? run.tokenAt.at(row) : 0;
            const auto values = maps->traces.front()->values.matrix().row(at);
            line.values.emplace_back(values.begin(), values.end());
            if (!isSparse())
                line.numbers.push_back(measured(m_maps->traces.front()->values.matrix().row(row), values));
        }
        return line;
    }

    QString note() const
    {
        QStringList parts{QStringLiteral("each map on its own range, 0 to its largest value")};
        if (isSimilarity() || !m_lines.front().trace)
            parts = {QStringLiteral("each map on its own range, symmetric about 0")};
        if (traces() > 1 && !isSparse())
            parts << (isSimilarity() ? QStringLiteral("below: against %1")
                                     : QStringLiteral("below: Jensen–Shannon with %1, nats"))
                         .arg(tag(m_pair.baseline));
        for (const Line& line : m_lines)
            if (!line.name.isEmpty())
                parts << QStringLiteral("%1: A on it, against A").arg(line.name);
        return parts.join(QStringLiteral(" · "));
    }

    double blockHeight(const Line& line, const Layout& layout, const Theme& theme) const
    {
        return layout.tall + theme.px(line.numbers.empty() ? 4.0 : kUnder + 4.0)
               + (line.name.isEmpty() ? 0.0 : theme.px(4.0));
    }

    Layout layout(double width, const Theme& theme) const
    {
        Layout layout;
        const double gap = theme.px(kGap), room = width - theme.px(kChips);
        const auto count = static_cast<double>(m_shown.size());
        layout.side = std::clamp(room / count - gap, theme.px(kLeastSide), theme.px(kMostSide));
        layout.columns = std::max<std::size_t>(1, static_cast<std::size_t>((room + gap * 0.5) / (layout.side + gap)));
        layout.tall = layout.side / m_picture.aspect();
        layout.lineHeight = theme.px(kLabel + kGap);
        for (const Line& line : m_lines)
            layout.lineHeight += blockHeight(line, layout, theme);
        const std::size_t lines = (m_shown.size() + layout.columns - 1) / layout.columns;
        layout.height = theme.px(kNote) + static_cast<double>(lines) * layout.lineHeight;
        return layout;
    }

    QRectF cellOf(std::size_t place, const QRectF& area, const Layout& layout, const Theme& theme) const
    {
        const double gap = theme.px(kGap);
        return {area.left() + theme.px(kChips) + static_cast<double>(place % layout.columns) * (layout.side + gap)
                    - gap / 2.0,
                area.top() + theme.px(kNote) + static_cast<double>(place / layout.columns) * layout.lineHeight,
                layout.side + gap, layout.lineHeight - theme.px(4.0)};
    }

    void paintToken(QPainter& painter, const QRectF& area, const Layout& layout, std::size_t place,
                    const Theme& theme) const
    {
        const QRectF cell = cellOf(place, area, layout, theme);
        const std::size_t row = m_shown[place];
        const bool selected = m_maps->source.perToken && std::ranges::find(m_focus.tokens, row) != m_focus.tokens.end();
        if (selected) {
            painter.save();
            painter.setPen(QPen(theme.accent, theme.px(1.5)));
            painter.setBrush(theme.accentBg);
            painter.drawRect(cell.adjusted(1.0, 0.0, -1.0, 0.0));
            painter.restore();
        }
        const QFont font = theme.mono(kTickPixels, selected ? QFont::DemiBold : QFont::Normal),
                    small = theme.ui(kTickPixels);
        drawLabel(painter, {cell.center().x(), cell.top() + theme.px(14.0)},
                  fitText(tokenText(row), font, cell.width() - 4.0), font, selected ? theme.accent : theme.text, theme,
                  Anchor::Centre);
        double top = cell.top() + theme.px(kLabel);
        for (const Line& line : m_lines) {
            top += line.name.isEmpty() ? 0.0 : theme.px(4.0);
            const QRectF target(cell.left() + theme.px(kGap) / 2.0, top, layout.side, layout.tall);
            paintSmall(painter, target, line, place, theme);
            if (place % layout.columns == 0)
                paintTag(painter, {area.left(), top}, line, theme);
            if (!line.numbers.empty())
                drawLabel(painter, {cell.center().x(), target.bottom() + theme.px(14.0)},
                          fitText(line.numbers[place], small, cell.width()), small, theme.text2, theme, Anchor::Centre);
            top += blockHeight(line, layout, theme) - (line.name.isEmpty() ? 0.0 : theme.px(4.0));
        }
    }

    // A sanity run has its name beside it, upright.
    void paintTag(QPainter& painter, QPointF at, const Line& line, const Theme& theme) const
    {
        const double chip = theme.px(16.0);
        drawChip(painter, QRectF(at, QSizeF(chip, chip)), line.letter, line.trace ? theme.trace(*line.trace) : QColor(),
                 theme);
        if (line.name.isEmpty())
            return;
        painter.save();
        painter.translate(at.x() + theme.px(12.0), at.y() + chip + theme.px(4.0));
        painter.rotate(90.0);
        drawLabel(painter, {0.0, theme.px(8.0)}, line.name.section(QLatin1Char(' '), 0, 0), theme.ui(kTickPixels),
                  theme.text2, theme);
        painter.restore();
    }

    void paintSmall(QPainter& painter, const QRectF& target, const Line& line, std::size_t place,
                    const Theme& theme) const
    {
        const bool difference = !line.trace;
        const std::vector<float>& values = line.values[place];
        const double largest = largestOf(values);
        const ColourScale kind = m_comparison->study.view.scale;
        const ColourMap colours = coloursOf(difference, theme);
        const ValueScale scale =
            difference || isSimilarity() ? ValueScale::symmetric(kind, largest) : ValueScale::sequential(kind, largest);
        const bool noise = line.name.startsWith(QStringLiteral("noise"));
        m_picture.paintPicture(painter, target, noise ? PictureGround::Blank : view().ground, theme);
        m_picture.paintHeat(painter, target, heatOf(values, colours, scale), theme);
    }

    std::vector<std::size_t> m_shown;
    std::vector<Line> m_lines;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<AlignmentTokens>(comparison);
}

}  // namespace

const FigureType& alignment_tokensFigure()
{
    static const FigureType type{QStringLiteral("alignment-tokens"),
                                 QStringLiteral("Alignment: every word"),
                                 &make,
                                 &alignmentFigureObstacle,
                                 false,
                                 true};
    return type;
}

}  // namespace ketscope
