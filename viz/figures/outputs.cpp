// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/output_errors.h"
#include "viz/caption.h"
#include "viz/figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kTitle = 26.0;
constexpr double kBar = 15.0;   // one bar's line
constexpr double kGap = 7.0;    // between answers
constexpr double kName = 15.0;  // of an answer that stands above its bars
constexpr double kTag = 30.0;
constexpr double kMostLabel = 190.0;
constexpr double kValue = 52.0, kError = 46.0, kDelta = 58.0, kRank = 58.0;
constexpr double kWhisker = 2.0;  // standard errors on either side
constexpr double kLeastBar = 40.0;

QString textOf(const std::string& text) { return QString::fromStdString(text); }

// The model's answers, one bar for every trace.
class Outputs final : public Figure {
public:
    explicit Outputs(const ComparisonPointer& comparison)
        : m_comparison(comparison), m_table(outputTable(*comparison, comparison->study.view.outputs.rows))
    {
        if (m_table.rows.empty())
            refuse({"outputs", "a model with an output head and a run that kept its outputs", comparison->model.title,
                    "Its hidden states are compared below."});
        if (m_table.known > m_table.rows.size() && m_table.exclusive)
            m_rows.push_back({QStringLiteral("%1 others").arg(m_table.known - m_table.rows.size()),
                              m_table.rest,
                              {},
                              m_table.restError});
        for (auto row = m_table.rows.rbegin(); row != m_table.rows.rend(); ++row)
            m_rows.insert(m_rows.begin(), {textOf(row->label), row->probability, row->rank, row->error});
    }

    double heightFor(double width, const Theme& theme) const override
    {
        const Columns columns = columnsOf(QRectF(0.0, 0.0, width, 0.0), theme);
        return theme.px(kTitle) + rowHeight(columns, theme) * static_cast<double>(m_rows.size());
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        painter.save();
        const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), plain = theme.ui(kTickPixels);
        const double baseline = area.top() + theme.px(4.0) + QFontMetricsF(bold).ascent();
        const Columns columns = columnsOf(area, theme);
        const QString heading = fitText(title(), bold, area.width());
        drawLabel(painter, {area.left(), baseline}, heading, bold, theme.text, theme);
        const double after = area.left() + textWidth(heading, bold) + theme.px(8.0);
        const double end = columns.heads ? columns.value - theme.px(kValue) : area.right();
        drawLabel(painter, {after, baseline}, fitParts(detail(), plain, std::max(0.0, end - after)), plain, theme.text3,
                  theme);
        if (columns.heads) {
            drawLabel(painter, {columns.value, baseline}, QStringLiteral("P"), plain, theme.text2, theme,
                      Anchor::Right);
            if (columns.deltas)
                drawLabel(painter, {columns.delta, baseline}, QStringLiteral("Δ"), plain, theme.text2, theme,
                          Anchor::Right);
            if (columns.ranks)
                drawLabel(painter, {columns.rank, baseline}, QStringLiteral("rank"), plain, theme.text2, theme,
                          Anchor::Right);
        }
        for (std::size_t row = 0; row < m_rows.size(); ++row)
            paintRow(painter, area.top() + theme.px(kTitle) + rowHeight(columns, theme) * static_cast<double>(row),
                     area, columns, m_rows[row], theme);
        painter.restore();
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const double down = where.y() - area.top() - theme.px(kTitle);
        const auto row = static_cast<std::size_t>(std::max(0.0, down) / rowHeight(columnsOf(area, theme), theme));
        if (down < 0.0 || row >= m_rows.size() || !area.contains(where))
            return hit;
        hit.panel = 0;
        QStringList values;
        for (std::size_t trace = 0; trace < traces(); ++trace) {
            QString value =
                textOf(traceTag(trace)) + QLatin1Char(' ') + formatNumber(m_rows[row].probability[trace], 6);
            if (m_rows[row].knowsError(trace))
                value += QStringLiteral(" ± %1").arg(formatNumber(m_rows[row].error[trace], 6));
            if (!m_rows[row].rank.empty())
                value += QStringLiteral(" (rank %1 of %2)").arg(m_rows[row].rank[trace]).arg(m_table.known);
            values << value;
        }
        hit.sentence = QStringLiteral("“%1”: %2").arg(m_rows[row].label, values.join(QStringLiteral(", ")));
        return hit;
    }

    Table table() const override
    {
        Table table;
        table.header << textOf(m_table.title);
        for (std::size_t trace = 0; trace < traces(); ++trace) {
            for (const char* column : {" probability", " rank"})
                table.header << textOf(traceTag(trace)) + QLatin1String(column);
            if (hasOutputErrors(*m_comparison, trace))
                table.header << textOf(traceTag(trace)) + QLatin1String(" standard error");
        }
        for (const Row& row : m_rows) {
            QStringList values{row.label};
            for (std::size_t trace = 0; trace < traces(); ++trace) {
                values << QString::number(row.probability[trace], 'g', 9)
                       << (row.rank.empty() ? QString() : QString::number(row.rank[trace]));
                if (hasOutputErrors(*m_comparison, trace))
                    values << (row.knowsError(trace) ? QString::number(row.error[trace], 'g', 9) : QString());
            }
            table.rows.push_back(std::move(values));
        }
        return table;
    }

    QString caption() const override
    {
        return QStringLiteral("%1 of %2, %3 %4 %5")
            .arg(title(), modelName(m_comparison->model), captionOfInput(*m_comparison),
                 captionOfTraces(*m_comparison, allTraces(), m_comparison->study.selection.stack),
                 captionOfOutputErrors(*m_comparison));
    }

    QString panelCaption() const override
    {
        return QStringLiteral("%1. %2").arg(title(), captionOfOutputErrors(*m_comparison));
    }

    double smallestText(double, const Theme& theme) const override { return theme.px(kTickPixels); }

private:
    struct Row {
        QString label;
        std::vector<double> probability;
        std::vector<std::size_t> rank;  // empty for what stands for several answers
        std::vector<double> error;      // NaN = not known

        bool knowsError(std::size_t trace) const { return trace < error.size() && std::isfinite(error[trace]); }
    };

    struct Columns {
        double bar, barEnd, value, delta, rank;  // numbers: right edges
        bool deltas, errors, ranks, heads;
        bool above;  // answers stand above their bars
    };

    bool knowsErrors() const
    {
        for (std::size_t trace = 1; trace < traces(); ++trace)
            if (hasOutputErrors(*m_comparison, trace))
                return true;
        return false;
    }

    std::size_t traces() const { return m_comparison->traces.size(); }
    std::vector<std::size_t> allTraces() const
    {
        std::vector<std::size_t> all;
        for (std::size_t trace = 0; trace < traces(); ++trace)
            all.push_back(trace);
        return all;
    }

    double rowHeight(const Columns& columns, const Theme& theme) const
    {
        return theme.px(kBar * static_cast<double>(traces()) + kGap + (columns.above ? kName : 0.0));
    }

    QString title() const { return QStringLiteral("Probability of the ") + textOf(m_table.title); }

    QString detail() const
    {
        return m_table.rows.size() < m_table.known
                   ? QStringLiteral("the first %1 of %2").arg(m_table.rows.size()).arg(m_table.known)
                   : QString();
    }

    Columns columnsOf(const QRectF& area, const Theme& theme) const
    {
        Columns columns{};
        double longest = 0.0;
        for (const Row& row : m_rows)
            longest = std::max(longest, textWidth(row.label, theme.ui(kLabelPixels)));
        const double label = std::min({longest, theme.px(kMostLabel), area.width() * 0.34});
        columns.deltas = traces() > 1;
        columns.errors = knowsErrors();
        const auto numbers = [&] {
            return theme.px(kValue + (columns.deltas ? kDelta : 0.0) + (columns.errors ? kError : 0.0));
        };
        // Ranks say nothing where there are but two answers. Where there is no room they give way, then answers go above
        // their bars, where they are whole, then differences give way, last errors in digits.
        const auto room = [&] {
            return area.width() - (columns.above ? 0.0 : label) - theme.px(kTag + kLeastBar) - numbers();
        };
        columns.ranks = m_table.known > 2 && room() > theme.px(kRank);
        columns.above = room() < 0.0 || longest > label;
        columns.deltas = columns.deltas && room() >= 0.0;
        columns.errors = columns.errors && room() >= 0.0;
        columns.bar = area.left() + (columns.above ? 0.0 : label) + theme.px(kTag);
        columns.heads = area.width() > theme.px(330.0);
        columns.rank = area.right() - theme.px(2.0);
        columns.delta = columns.rank - (columns.ranks ? theme.px(kRank) : 0.0);
        columns.value = columns.delta - theme.px((columns.deltas ? kDelta : 0.0) + (columns.errors ? kError : 0.0));
        columns.barEnd = std::max(columns.bar + 1.0, columns.value - theme.px(kValue));
        return columns;
    }

    // "3 ↑1": the rank, and how many places it rose or fell from A's.
    QString rankText(const Row& row, std::size_t trace) const
    {
        const auto now = static_cast<long long>(row.rank[trace]), then = static_cast<long long>(row.rank.front());
        const QString text = QString::number(now);
        if (now == then)
            return text;
        return text + (now < then ? QStringLiteral(" ↑%1") : QStringLiteral(" ↓%1")).arg(std::abs(now - then));
    }

    void paintRow(QPainter& painter, double top, const QRectF& area, const Columns& columns, const Row& row,
                  const Theme& theme) const
    {
        const QFont name = theme.ui(kLabelPixels), mono = theme.mono(kTickPixels);
        const QFont tag = theme.ui(kTickPixels, QFont::DemiBold);
        const double tall = theme.px(columns.above ? kName : kBar * static_cast<double>(traces()));
        const double labelRoom = columns.above ? area.width() : columns.bar - area.left() - theme.px(kTag);
        drawLabel(painter, {area.left(), top + (tall + QFontMetricsF(name).capHeight()) / 2.0},
                  fitText(row.label, name, labelRoom), name, row.rank.empty() ? theme.text3 : theme.text, theme);
        for (std::size_t trace = 0; trace < traces(); ++trace) {
            const double line = top + theme.px(kBar * static_cast<double>(trace) + (columns.above ? kName : 0.0));
            const double baseline = line + (theme.px(kBar) + QFontMetricsF(mono).capHeight()) / 2.0;
            const double value = row.probability[trace];
            drawLabel(painter, {columns.bar - theme.px(8.0), baseline}, textOf(traceTag(trace)), tag,
                      theme.trace(trace), theme, Anchor::Right);
            const QRectF ground(columns.bar, line + theme.px(2.5), columns.barEnd - columns.bar, theme.px(kBar - 5.0));
            painter.fillRect(ground, theme.line);
            const double share = std::isfinite(value) ? std::clamp(value, 0.0, 1.0) : 0.0;
            painter.fillRect(QRectF(ground.left(), ground.top(), ground.width() * share, ground.height()),
                             theme.trace(trace));
            drawLabel(painter, {columns.value, baseline}, formatNumber(value, 3), mono, theme.text, theme,
                      Anchor::Right);
            if (row.knowsError(trace)) {
                paintWhisker(painter, ground, value, row.error[trace], theme);
                if (columns.errors)
                    drawLabel(painter, {columns.value + theme.px(5.0), baseline}, formatError(row.error[trace]),
                              theme.mono(kTickPixels), theme.text3, theme);
            }
            if (trace > 0 && columns.deltas)
                drawLabel(painter, {columns.delta, baseline}, formatSigned(value - row.probability.front(), 3), mono,
                          theme.text2, theme, Anchor::Right);
            if (columns.ranks && !row.rank.empty())
                drawLabel(painter, {columns.rank, baseline}, rankText(row, trace), mono, theme.text2, theme,
                          Anchor::Right);
        }
    }

    static void paintWhisker(QPainter& painter, const QRectF& ground, double value, double error, const Theme& theme)
    {
        const auto place = [&](double at) { return ground.left() + ground.width() * std::clamp(at, 0.0, 1.0); };
        const double low = place(value - kWhisker * error), high = place(value + kWhisker * error);
        const double middle = ground.center().y(), half = theme.px(3.0);
        painter.setPen(QPen(theme.text, 1.0));
        painter.drawLine(QPointF(low, middle), QPointF(high, middle));
        for (const double end : {low, high})
            painter.drawLine(QPointF(end, middle - half), QPointF(end, middle + half));
    }

    ComparisonPointer m_comparison;
    OutputTable m_table;
    std::vector<Row> m_rows;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<Outputs>(comparison); }

QString obstacle(const Comparison& comparison)
{
    return hasAnswers(comparison)
               ? QString()
               : QStringLiteral("There are no answers: the model has no output head, or the run did not "
                                "keep its outputs.");
}

}  // namespace

const FigureType& outputsFigure()
{
    static const FigureType type{QStringLiteral("outputs"), QStringLiteral("Outputs"), &make, &obstacle};
    return type;
}

}  // namespace ketscope
