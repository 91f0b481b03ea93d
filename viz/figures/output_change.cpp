// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/hidden_similarity.h"
#include "core/study/output_errors.h"
#include "core/study/token_loss.h"
#include "viz/caption.h"
#include "viz/figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>
#include <functional>

namespace ketscope {

namespace {

constexpr double kTitle = 26.0;
constexpr double kHeads = 18.0;
constexpr double kLine = 22.0;
constexpr double kNameLine = 16.0;  // of a name that stands above its numbers
constexpr double kMostColumn = 92.0;

// What every trace does to the output, in numbers: a row for each measure, a column for each trace.
class OutputChangeFigure final : public Figure {
public:
    explicit OutputChangeFigure(const ComparisonPointer& comparison) : m_comparison(comparison)
    {
        addChanges();
        for (const OutputScore& score : outputScores(*comparison))
            addNumbers(QString::fromStdString(score.title), 3, score.values, score.errors);
        if (hasTokenLosses(*comparison)) {
            const auto loss = [](double TokenLoss::*member) {
                return [member](const Comparison& of) { return membersOf(tokenLosses(of), member); };
            };
            addFrom(QStringLiteral("Perplexity of the text"), 3, loss(&TokenLoss::perplexity));
            addFrom(QStringLiteral("Mean loss, nats per token"), 4, loss(&TokenLoss::mean));
        }
        addPooled();
        if (m_rows.empty())
            refuse({"outputs", "a model with an output head and a run that kept its outputs", comparison->model.title,
                    "Its hidden states are compared below."});
    }

    double heightFor(double width, const Theme& theme) const override
    {
        return theme.px(kTitle + kHeads) + linesOf(width, theme).rowHeight * static_cast<double>(m_rows.size());
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        painter.save();
        const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), name = theme.ui(kLabelPixels);
        const QFont tag = theme.ui(kTickPixels, QFont::DemiBold);
        drawLabel(painter, {area.left(), area.top() + theme.px(4.0) + QFontMetricsF(bold).ascent()},
                  fitText(QStringLiteral("What changes"), bold, area.width()), bold, theme.text, theme);
        const Lines lines = linesOf(area.width(), theme);
        const double column = lines.column;
        const auto right = [&](std::size_t trace) {
            return area.right() - column * static_cast<double>(traces() - 1 - trace) - theme.px(2.0);
        };
        for (std::size_t trace = 0; trace < traces(); ++trace)
            drawLabel(painter, {right(trace), area.top() + theme.px(kTitle) + QFontMetricsF(tag).ascent()},
                      QString::fromStdString(traceTag(trace)), tag, theme.trace(trace), theme, Anchor::Right);
        for (std::size_t row = 0; row < m_rows.size(); ++row) {
            const double top = area.top() + theme.px(kTitle + kHeads) + lines.rowHeight * static_cast<double>(row);
            painter.fillRect(QRectF(area.left(), top, area.width(), 1.0), theme.line);
            const double above = lines.names * theme.px(kNameLine);
            const double baseline = top + above + (theme.px(kLine) + QFontMetricsF(name).capHeight()) / 2.0;
            if (lines.names == 0.0)
                drawLabel(painter, {area.left(), baseline}, m_rows[row].title, name, theme.text2, theme);
            const QStringList title =
                lines.names > 0.0 ? wrapText(m_rows[row].title, name, area.width()) : QStringList();
            for (qsizetype line = 0; line < title.size(); ++line)
                drawLabel(painter, {area.left(), top + theme.px(kNameLine) * static_cast<double>(line + 1)},
                          title[line], name, theme.text2, theme);
            for (std::size_t trace = 0; trace < traces(); ++trace) {
                const bool changed = m_rows[row].changed && m_rows[row].shown[trace] != m_rows[row].shown.front();
                const double room = column - theme.px(8.0);
                const QFont font = m_rows[row].fontOf(trace, changed ? QFont::DemiBold : QFont::Normal, room, theme);
                drawLabel(painter, {right(trace), baseline}, m_rows[row].fitting(trace, font, room), font,
                          changed ? theme.trace(trace) : theme.text, theme, Anchor::Right);
            }
        }
        painter.restore();
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const double down = where.y() - area.top() - theme.px(kTitle + kHeads);
        const auto row = static_cast<std::size_t>(std::max(0.0, down) / linesOf(area.width(), theme).rowHeight);
        if (down < 0.0 || row >= m_rows.size() || !area.contains(where))
            return hit;
        hit.panel = 0;
        QStringList values;
        for (std::size_t trace = 0; trace < traces(); ++trace)
            values << QString::fromStdString(traceTag(trace)) + QLatin1Char(' ') + m_rows[row].exact[trace]
                          + (m_rows[row].error(trace).isEmpty() ? QString()
                                                                : QStringLiteral(" ± ") + m_rows[row].error(trace));
        hit.sentence = m_rows[row].title + QStringLiteral(": ") + values.join(QStringLiteral(", "));
        return hit;
    }

    Table table() const override
    {
        Table table;
        table.header << QStringLiteral("measure");
        for (std::size_t trace = 0; trace < traces(); ++trace)
            table.header << QString::fromStdString(traceTag(trace));
        for (const Row& row : m_rows)
            table.rows.push_back(QStringList{row.title} + row.exact);
        for (std::size_t trace = 1; trace < traces(); ++trace) {
            if (!hasOutputErrors(*m_comparison, trace))
                continue;
            table.header << QString::fromStdString(traceTag(trace)) + QStringLiteral(" standard error");
            for (std::size_t row = 0; row < m_rows.size(); ++row)
                table.rows[static_cast<decltype(table.rows.size())>(row)] << m_rows[row].error(trace);
        }
        return table;
    }

    QString caption() const override
    {
        std::vector<std::size_t> all;
        for (std::size_t trace = 0; trace < traces(); ++trace)
            all.push_back(trace);
        return QStringLiteral("Change of the output of %1, %2 %3 %4")
            .arg(modelName(m_comparison->model), captionOfInput(*m_comparison),
                 captionOfTraces(*m_comparison, all, m_comparison->study.selection.stack),
                 note() + captionOfOutputErrors(*m_comparison));
    }

    QString panelCaption() const override
    {
        return QStringLiteral("Change of the output. ") + note() + captionOfOutputErrors(*m_comparison);
    }

    double smallestText(double, const Theme& theme) const override { return theme.px(kTickPixels); }

private:
    struct Row {
        QString title;
        QStringList shown;
        QStringList exact;        // nine digits, for tables
        bool changed = false;     // what differs from A is emphasised
        QStringList brief = {};   // of numbers, where there is no room: none is cut in the middle
        QStringList errors = {};  // one standard error, nine digits; empty = not known

        QString error(std::size_t trace) const { return errors.value(static_cast<qsizetype>(trace)); }

        QString fitting(std::size_t trace, const QFont& font, double room) const
        {
            const auto i = static_cast<qsizetype>(trace);
            if (textWidth(shown[i], font) <= room)
                return shown[i];
            // Answers often differ at their ends alone.
            return i < brief.size() ? brief[i] : QFontMetricsF(font).elidedText(shown[i], Qt::ElideMiddle, room);
        }

        // Words that are too wide in the font of numbers are in that of names.
        QFont fontOf(std::size_t trace, QFont::Weight weight, double room, const Theme& theme) const
        {
            const QFont mono = theme.mono(kTickPixels, weight);
            const bool wide = brief.isEmpty() && textWidth(shown[static_cast<qsizetype>(trace)], mono) > room;
            return wide ? theme.ui(kTickPixels, weight) : mono;
        }
    };

    std::size_t traces() const { return m_comparison->traces.size(); }

    static QString note()
    {
        return QStringLiteral(
            "KL from A is KL(A‖this); it, Jensen–Shannon divergence and total variation are of the distributions of "
            "answers; the margin is the first answer's probability less the second's. ");
    }

    // Names stand before their numbers where all of them fit there, else above, and numbers have the whole width.
    struct Lines {
        double column = 0.0;     // width of a trace's numbers
        double names = 0.0;      // lines above the numbers that the longest name takes
        double rowHeight = 0.0;  // of every row
    };

    Lines linesOf(double width, const Theme& theme) const
    {
        const QFont name = theme.ui(kLabelPixels);
        const auto count = static_cast<double>(traces());
        Lines lines{std::min(theme.px(kMostColumn), width * 0.6 / count)};
        const double room = width - count * lines.column - theme.px(2.0);
        if (std::ranges::any_of(m_rows, [&](const Row& row) { return textWidth(row.title, name) > room; })) {
            lines.column = std::min(theme.px(kMostColumn), width / count);
            for (const Row& row : m_rows)
                lines.names = std::max(lines.names, static_cast<double>(wrapText(row.title, name, width).size()));
        }
        lines.rowHeight = lines.names * theme.px(kNameLine) + theme.px(kLine);
        return lines;
    }

    void addNumbers(const QString& title, int decimals, const std::vector<double>& values,
                    const std::vector<double>& errors)
    {
        Row row{title, {}, {}, false};
        for (std::size_t trace = 0; trace < values.size(); ++trace) {
            const bool known = trace < errors.size() && std::isfinite(errors[trace]);
            row.shown << formatKnown(values[trace], decimals, 2)
                             + (known ? QLatin1Char(' ') + formatError(errors[trace]) : QString());
            row.brief << formatKnown(values[trace], decimals, 1);
            row.exact << QString::number(values[trace], 'g', 9);
            row.errors << (known ? QString::number(errors[trace], 'g', 9) : QString());
        }
        m_rows.push_back(std::move(row));
    }

    template <typename T> static std::vector<double> membersOf(const std::vector<T>& traces, double T::*member)
    {
        std::vector<double> values;
        for (const T& trace : traces)
            values.push_back(trace.*member);
        return values;
    }

    // Numbers that follow from a comparison's outputs, one for each trace.
    void addFrom(const QString& title, int decimals,
                 const std::function<std::vector<double>(const Comparison&)>& numbers)
    {
        addNumbers(title, decimals, numbers(*m_comparison), outputErrors(*m_comparison, numbers));
    }

    void addPooled()
    {
        const std::vector<PooledSimilarity> all = pooledSimilarities(*m_comparison);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto of = [i](double VectorSimilarity::*member) {
                return [i, member](const Comparison& comparison) {
                    return membersOf(pooledSimilarities(comparison).at(i).traces, member);
                };
            };
            const QString name = QString::fromStdString(all[i].output);
            addFrom(name + QStringLiteral(": cosine with A"), 4, of(&VectorSimilarity::cosine));
            addFrom(name + QStringLiteral(": relative error"), 4, of(&VectorSimilarity::relativeError));
        }
    }

    void addChange(const QString& title, const std::vector<OutputChange>& changes, double OutputChange::*member,
                   double OutputChangeErrors::*error)
    {
        std::vector<double> errors;
        for (const OutputChange& change : changes)
            errors.push_back(change.error.*error);
        addNumbers(title, 3, membersOf(changes, member), errors);
    }

    void addChanges()
    {
        const std::vector<OutputChange> changes = outputChanges(*m_comparison);
        if (changes.empty())
            return;
        Row top{QStringLiteral("First answer"), {}, {}, true};
        for (const OutputChange& change : changes)
            top.shown << QString::fromStdString(change.top);
        top.exact = top.shown;
        m_rows.push_back(std::move(top));
        using Errors = OutputChangeErrors;
        addChange(QStringLiteral("P of A’s first answer"), changes, &OutputChange::topOfA, &Errors::topOfA);
        addChange(QStringLiteral("Margin"), changes, &OutputChange::margin, &Errors::margin);
        if (!std::isfinite(changes.front().kl))
            return;  // no distribution
        addChange(QStringLiteral("KL from A, nats"), changes, &OutputChange::kl, &Errors::kl);
        addChange(QStringLiteral("Jensen–Shannon, nats"), changes, &OutputChange::jensenShannon,
                  &Errors::jensenShannon);
        addChange(QStringLiteral("Total variation"), changes, &OutputChange::totalVariation, &Errors::totalVariation);
    }

    ComparisonPointer m_comparison;
    std::vector<Row> m_rows;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<OutputChangeFigure>(comparison);
}

QString obstacle(const Comparison& comparison)
{
    return !comparison.traces.front()->outputs.empty() ? QString() : QStringLiteral("The run kept no outputs.");
}

}  // namespace

const FigureType& output_changeFigure()
{
    static const FigureType type{QStringLiteral("output-change"), QStringLiteral("Output change in numbers"), &make,
                                 &obstacle};
    return type;
}

}  // namespace ketscope
