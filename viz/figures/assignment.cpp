// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/measures/transport.h"
#include "viz/figures/alignment_figure.h"
#include "viz/fitted_title.h"
#include "viz/labels.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kHeader = 38.0;
constexpr double kGap = 24.0;
constexpr double kNames = 96.0;
constexpr double kRow = 20.0;
constexpr double kTint = 0.62;
constexpr double kNarrow = 620.0;
constexpr double kUnbounded = 1e6;

// Who belongs to whom in one trace.
struct Assigned {
    std::vector<std::size_t> tokenOfPatch;  // that brings most of the transported mass
    std::vector<std::pair<std::size_t, std::size_t>> mutual;
    TransportPlan transport;
};

struct Panel {
    QRectF header, names, picture;
};

// Links name only a few patches; the similarities that they come from say how all of them are assigned.
ComparisonPointer withAllValues(const ComparisonPointer& comparison)
{
    if (comparison->study.view.alignment.method != "late-interaction")
        return comparison;
    auto whole = std::make_shared<Comparison>(*comparison);
    whole->study.view.alignment.method = "patch-cosine";
    return whole;
}

// Every patch in the colour of the word that optimal transport assigns it to, with lines between words and patches that
// are each other's best.
class Assignment final : public AlignmentFigure {
public:
    explicit Assignment(const ComparisonPointer& comparison) : AlignmentFigure(withAllValues(comparison))
    {
        if (!m_maps->source.perToken)
            refuse({"assignment", "a method in which words take part", m_maps->source.method->title,
                    "Choose another method."});
        for (const std::size_t row : shownRows())
            if (!comparison->input.tokens[row].special)
                m_words.push_back(row);
        if (m_words.empty())
            m_words = shownRows();
        std::vector<std::uint8_t> marks(m_maps->rows.size(), 0);
        for (const std::size_t word : m_words)
            marks[word] = 1;
        for (const auto& trace : m_maps->traces)
            m_assigned.push_back(assign(trace->values.matrix(), marks));
    }

    double heightFor(double width, const Theme& theme) const override
    {
        const std::vector<Panel> all = panels(QRectF(0.0, 0.0, width, kUnbounded), theme);
        return std::max(all.back().picture.bottom(), all.back().names.bottom()) + theme.px(4.0);
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const std::vector<Panel> all = panels(area, theme);
        for (std::size_t trace = 0; trace < all.size(); ++trace)
            paintPanel(painter, all[trace], trace, theme);
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const std::vector<Panel> all = panels(area, theme);
        for (std::size_t trace = 0; trace < all.size(); ++trace) {
            for (std::size_t place = 0; place < m_words.size(); ++place)
                if (nameRect(all[trace], place, theme).contains(where)) {
                    hit.panel = static_cast<int>(trace);
                    hit.token = m_words[place];
                    hit.sentence = quoted(m_words[place]);
                }
            hit.patch = hit.token ? std::nullopt : m_picture.patchAt(all[trace].picture, where);
            if (!hit.patch)
                continue;
            hit.panel = static_cast<int>(trace);
            hit.sentence = QStringLiteral("%1, patch row %2, column %3: assigned to %4")
                               .arg(tag(trace))
                               .arg(*hit.patch / m_picture.columns())
                               .arg(*hit.patch % m_picture.columns())
                               .arg(quoted(m_assigned[trace].tokenOfPatch[*hit.patch]));
            break;
        }
        return hit;
    }

    std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const override
    {
        std::vector<QRectF> places;
        const auto word = placeAmong(m_words, pointed);
        for (const Panel& panel : panels(area, theme)) {
            if (word)
                places.push_back(nameRect(panel, *word, theme));
            if (pointed.patch && *pointed.patch < m_picture.rows() * m_picture.columns())
                places.push_back(m_picture.patchRect(panel.picture, *pointed.patch));
        }
        return places;
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("trace"),      QStringLiteral("row"),  QStringLiteral("column"),
                                   QStringLiteral("token"),      QStringLiteral("text"), QStringLiteral("transported"),
                                   QStringLiteral("mutual best")};
        for (std::size_t trace = 0; trace < m_assigned.size(); ++trace)
            for (std::size_t patch = 0; patch < m_assigned[trace].tokenOfPatch.size(); ++patch) {
                const std::size_t token = m_assigned[trace].tokenOfPatch[patch];
                const auto pair = std::pair(token, patch);
                const bool mutual = std::ranges::find(m_assigned[trace].mutual, pair) != m_assigned[trace].mutual.end();
                table.rows.push_back({tag(trace), QString::number(patch / m_picture.columns()),
                                      QString::number(patch % m_picture.columns()), QString::number(token),
                                      tokenText(token),
                                      QString::number(m_assigned[trace].transport.plan.matrix()(token, patch), 'g', 9),
                                      mutual ? QStringLiteral("yes") : QStringLiteral("no")});
            }
        return table;
    }

    QString panelCaption() const override
    {
        QStringList errors;
        for (std::size_t trace = 0; trace < m_assigned.size(); ++trace)
            errors << QStringLiteral("%1 %2").arg(tag(trace), transportText(trace));
        return QStringLiteral("Each patch in the colour of the word that brings it most in an entropic optimal "
                              "transport of %1 (%2; equal masses on words and on patches, ε %3 of the range; %4). "
                              "Lines join words and patches that are each other's best.")
            .arg(QString::fromStdString(m_maps->source.method->title).toLower(), placeText(),
                 QString::number(TransportOptions().regularisation), errors.join(QStringLiteral("; ")));
    }

private:
    static Assigned assign(MatrixView values, const std::vector<std::uint8_t>& marks)
    {
        Assigned found{{}, mutualBest(lateInteraction(values, marks), marks), entropicTransport(values, marks)};
        const MatrixView plan = found.transport.plan.matrix();
        for (std::size_t patch = 0; patch < plan.columns; ++patch) {
            std::size_t best = 0;
            for (std::size_t token = 1; token < plan.rows; ++token)
                if (marks[token] != 0 && (marks[best] == 0 || plan(token, patch) > plan(best, patch)))
                    best = token;
            found.tokenOfPatch.push_back(best);
        }
        return found;
    }

    QString transportText(std::size_t trace) const
    {
        const TransportPlan& plan = m_assigned[trace].transport;
        return QStringLiteral("%1, error of the margins %2%3")
            .arg(plan.iterations == 1 ? QStringLiteral("1 iteration")
                                      : QStringLiteral("%1 iterations").arg(plan.iterations))
            .arg(QString::number(plan.marginalError, 'g', 2),
                 plan.converged ? QString() : QStringLiteral(" (not converged)"));
    }

    // Along viridis, in the order of the text.
    QColor colourOf(std::size_t word) const
    {
        const auto place = static_cast<double>(std::ranges::find(m_words, word) - m_words.begin());
        const double last = std::max(1.0, static_cast<double>(m_words.size()) - 1.0);
        return colourMaps().front().at(place / last);
    }

    std::vector<Panel> panels(const QRectF& area, const Theme& theme) const
    {
        const bool narrow = area.width() < theme.px(kNarrow);
        const std::size_t columns = narrow ? 1 : std::min<std::size_t>(traces(), 2);
        const double gap = theme.px(kGap), header = theme.px(kHeader), names = theme.px(kNames);
        const double lines = std::ceil(static_cast<double>(traces()) / static_cast<double>(columns));
        const double width = (area.width() - gap * static_cast<double>(columns - 1)) / static_cast<double>(columns);
        double side = width - names;
        if (!narrow)
            side = std::min(side, (area.height() / lines - header - theme.px(8.0)) * m_picture.aspect());
        side = std::max(side, theme.px(60.0));
        const double tall = side / m_picture.aspect();
        const double list = theme.px(kRow) * static_cast<double>(m_words.size());
        std::vector<Panel> all;
        for (std::size_t trace = 0; trace < traces(); ++trace) {
            const double x = area.left() + static_cast<double>(trace % columns) * (width + gap);
            const double y =
                area.top() + static_cast<double>(trace / columns) * (header + std::max(tall, list) + theme.px(8.0));
            all.push_back({{x, y, width, header}, {x, y + header, names, list}, {x + names, y + header, side, tall}});
        }
        return all;
    }

    static QRectF nameRect(const Panel& panel, std::size_t place, const Theme& theme)
    {
        return {panel.names.left(), panel.names.top() + theme.px(kRow) * static_cast<double>(place),
                panel.names.width(), theme.px(kRow)};
    }

    void paintPanel(QPainter& painter, const Panel& panel, std::size_t trace, const Theme& theme) const
    {
        const double chip = theme.px(16.0), indent = chip + theme.px(7.0);
        drawChip(painter, QRectF(panel.header.topLeft(), QSizeF(chip, chip)), tag(trace), theme.trace(trace), theme);
        const QFont bold = theme.ui(kTitlePixels, QFont::DemiBold), font = theme.ui(kTickPixels);
        const double left = panel.header.left() + indent, width = panel.header.width() - indent;
        const FittedTitle title =
            fitTitle(QString::fromStdString(traceTitle(*m_comparison, trace).title), bold, width, theme);
        drawTitle(painter, {left, panel.header.top() + (chip + QFontMetricsF(title.font).capHeight()) / 2.0}, title,
                  theme.text, theme);
        const QString detail = QStringLiteral("mutual best: %1 of %2 words · transport: %3")
                                   .arg(m_assigned[trace].mutual.size())
                                   .arg(m_words.size())
                                   .arg(transportText(trace));
        drawLabel(painter, {left, panel.header.top() + theme.px(20.0) + QFontMetricsF(font).ascent()},
                  fitParts(detail, font, width), font, theme.text3, theme);
        paintPatches(painter, panel.picture, trace, theme);
        for (std::size_t place = 0; place < m_words.size(); ++place)
            paintName(painter, nameRect(panel, place, theme), m_words[place], theme);
        paintLinks(painter, panel, trace, theme);
    }

    void paintPatches(QPainter& painter, const QRectF& target, std::size_t trace, const Theme& theme) const
    {
        m_picture.paintPicture(painter, target, view().ground, theme);
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing, false);
        for (std::size_t patch = 0; patch < m_assigned[trace].tokenOfPatch.size(); ++patch) {
            QColor colour = colourOf(m_assigned[trace].tokenOfPatch[patch]);
            colour.setAlphaF(static_cast<float>(kTint));
            painter.fillRect(m_picture.patchRect(target, patch), colour);
        }
        painter.restore();
        if (view().grid)
            m_picture.paintGrid(painter, target, theme);
    }

    void paintName(QPainter& painter, const QRectF& row, std::size_t word, const Theme& theme) const
    {
        const bool selected = std::ranges::find(m_focus.tokens, word) != m_focus.tokens.end();
        const double box = theme.px(10.0);
        const QRectF swatch(row.left(), row.center().y() - box / 2.0, box, box);
        painter.fillRect(swatch, colourOf(word));
        const QFont font = theme.mono(kTickPixels, selected ? QFont::DemiBold : QFont::Normal);
        drawLabel(painter, {swatch.right() + theme.px(5.0), row.center().y() + QFontMetricsF(font).capHeight() / 2.0},
                  fitText(tokenText(word), font, row.width() - box - theme.px(16.0)), font,
                  selected ? theme.accent : theme.text, theme);
    }

    void paintLinks(QPainter& painter, const Panel& panel, std::size_t trace, const Theme& theme) const
    {
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        for (const auto& [token, patch] : m_assigned[trace].mutual) {
            const auto found = std::ranges::find(m_words, token);
            const QRectF from = nameRect(panel, static_cast<std::size_t>(found - m_words.begin()), theme);
            const QRectF cell = m_picture.patchRect(panel.picture, patch);
            const bool selected = std::ranges::find(m_focus.tokens, token) != m_focus.tokens.end();
            const QPointF begin(from.right() - theme.px(6.0), from.center().y());
            painter.setPen(QPen(theme.panel, theme.px(3.0)));
            painter.drawLine(begin, cell.center());
            painter.setPen(QPen(selected ? theme.accent : theme.text, theme.px(selected ? 2.0 : 1.2)));
            painter.drawLine(begin, cell.center());
            painter.setBrush(theme.panel);
            painter.drawEllipse(cell.center(), theme.px(3.0), theme.px(3.0));
        }
        painter.restore();
    }

    std::vector<std::size_t> m_words;  // tokens that are no specials
    std::vector<Assigned> m_assigned;
};

QString obstacle(const Comparison& comparison)
{
    const QString none = alignmentFigureObstacle(comparison);
    if (!none.isEmpty() || alignmentSource(comparison).perToken)
        return none;
    return QStringLiteral("No word takes part in %1: choose another method.")
        .arg(QString::fromStdString(alignmentSource(comparison).method->title).toLower());
}

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<Assignment>(comparison); }

}  // namespace

const FigureType& assignmentFigure()
{
    static const FigureType type{QStringLiteral("assignment"),
                                 QStringLiteral("Alignment: words assigned to patches"),
                                 &make,
                                 &obstacle,
                                 false,
                                 true};
    return type;
}

}  // namespace ketscope
