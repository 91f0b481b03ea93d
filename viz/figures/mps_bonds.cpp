// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kSmallest = 1e-6;  // of Schmidt values drawn
constexpr double kLabelLine = 16.0;

// Schmidt values of every bond of the matrix product state, kept ones filled, and the entropy across the bond.
class MpsBonds final : public PairFigure {
public:
    explicit MpsBonds(const ComparisonPointer& comparison) : PairFigure(comparison) {}

    double heightFor(double, const Theme& theme) const override { return theme.px(bonds() == 0 ? 90.0 : 260.0); }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const QString note =
            bonds() == 0 ? QString()
                         : QString::fromStdString(reading().bonds->title)
                               + QStringLiteral(" · Schmidt values σ, log scale; filled: kept; S: entropy, nats");
        const QRectF rest =
            paintPairTitle(painter, area, QStringLiteral("Matrix product state"), note, theme.text, theme);
        if (bonds() == 0)
            return paintSentence(painter, rest, absence(), theme);
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF plot = plotOf(rest, theme);
        const QFont font = theme.ui(kTickPixels);
        for (int power = 0; power >= -6; power -= 2) {
            const double y = yOf(plot, std::pow(10.0, power));
            painter.setPen(QPen(theme.line, 1.0));
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
            drawLabel(painter, {plot.left() - theme.px(5.0), y + QFontMetricsF(font).capHeight() / 2.0},
                      power == 0 ? QStringLiteral("1") : QStringLiteral("1e%1").arg(formatNumber(power, 0)), font,
                      theme.text3, theme, Anchor::Right);
        }
        const std::vector<QStringList> labels = labelLines(plot.width() / static_cast<double>(bonds()), theme);
        for (std::size_t bond = 0; bond < bonds(); ++bond)
            paintBond(painter, plot, bond, labels[bond], theme);
        painter.restore();
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        if (bonds() == 0)
            return hit;
        const QRectF plot = plotOf(area.adjusted(0.0, theme.px(kPairTitle), 0.0, 0.0), theme);
        for (std::size_t bond = 0; bond < bonds(); ++bond)
            if (where.x() >= xOf(plot, bond) && where.x() < xOf(plot, bond + 1) && area.contains(where)) {
                hit.panel = 0;
                hit.sentence = QStringLiteral("bond %1: %2 of %3 shown Schmidt values kept, entropy %4 nats")
                                   .arg(QString::number(bond), formatNumber(reading().bonds->kept[bond], 0),
                                        QString::number(reading().bonds->schmidt[bond].size()),
                                        formatNumber(reading().bonds->entropy[bond], 4));
            }
        return hit;
    }

    QString absence() const override
    {
        return bonds() == 0 ? QStringLiteral("This head stores no matrix product state with a bond.") : QString();
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("bond"), QStringLiteral("kept"), QStringLiteral("entropy"),
                                   QStringLiteral("Schmidt values")};
        for (std::size_t bond = 0; bond < bonds(); ++bond) {
            QStringList values;
            for (const double value : reading().bonds->schmidt[bond])
                values << QString::number(value, 'g', 6);
            table.rows.push_back({QString::number(bond), formatNumber(reading().bonds->kept[bond], 0),
                                  QString::number(reading().bonds->entropy[bond], 'g', 9),
                                  values.join(QLatin1Char(' '))});
        }
        return table;
    }

protected:
    QString subject() const override
    {
        return QStringLiteral("Schmidt values of every bond (filled: kept) and entanglement entropy");
    }

private:
    std::size_t bonds() const { return reading().bonds ? reading().bonds->kept.size() : 0; }

    QStringList labelsOf(std::size_t bond) const
    {
        return {QStringLiteral("bond %1").arg(bond),
                QStringLiteral("χ %1").arg(formatNumber(reading().bonds->kept[bond], 0)),
                QStringLiteral("S %1").arg(formatNumber(reading().bonds->entropy[bond], 3))};
    }

    // A bond and its dimension on one line, where there is room for that at all of them.
    std::vector<QStringList> labelLines(double width, const Theme& theme) const
    {
        std::vector<QStringList> three, two;
        bool fits = true;
        for (std::size_t bond = 0; bond < bonds(); ++bond) {
            const QStringList labels = labelsOf(bond);
            three.push_back(labels);
            two.push_back({labels[0] + QStringLiteral(" · ") + labels[1], labels[2]});
            fits = fits && textWidth(two.back()[0], theme.ui(kTickPixels)) + theme.px(6.0) <= width;
        }
        return fits ? two : three;
    }

    QRectF plotOf(const QRectF& rest, const Theme& theme) const
    {
        const QRectF plot = rest.adjusted(theme.px(40.0), theme.px(8.0), -theme.px(4.0), -theme.px(8.0));
        const qsizetype lines = labelLines(plot.width() / static_cast<double>(bonds()), theme).front().size();
        return plot.adjusted(0.0, 0.0, 0.0, -theme.px(kLabelLine) * static_cast<double>(lines));
    }

    double xOf(const QRectF& plot, std::size_t bond) const
    {
        return plot.left() + plot.width() * static_cast<double>(bond) / static_cast<double>(bonds());
    }

    static double yOf(const QRectF& plot, double value)
    {
        const double share = std::log10(std::clamp(value, kSmallest, 1.0)) / std::log10(kSmallest);
        return plot.top() + share * plot.height();
    }

    void paintBond(QPainter& painter, const QRectF& plot, std::size_t bond, const QStringList& labels,
                   const Theme& theme) const
    {
        const BondReading& found = *reading().bonds;
        const double left = xOf(plot, bond), width = xOf(plot, bond + 1) - left;
        const std::vector<double>& values = found.schmidt[bond];
        const double step = width * 0.8 / static_cast<double>(std::max<std::size_t>(values.size(), 1));
        for (std::size_t i = 0; i < values.size(); ++i) {
            const QPointF at(left + width * 0.1 + (static_cast<double>(i) + 0.5) * step, yOf(plot, values[i]));
            const QColor ink = theme.trace(pair().trace);
            painter.setPen(QPen(ink, theme.px(1.3)));
            painter.setBrush(static_cast<double>(i) < found.kept[bond] ? QBrush(ink) : QBrush(theme.panel));
            painter.drawEllipse(at, theme.px(3.2), theme.px(3.2));
        }
        painter.setBrush(Qt::NoBrush);
        const QFont font = theme.ui(kTickPixels);
        const double centre = left + width / 2.0, ascent = QFontMetricsF(font).ascent();
        double baseline = plot.bottom() + theme.px(5.0) + ascent;
        for (const QString& line : labels) {
            drawLabel(painter, {centre, baseline}, line, font, theme.text2, theme, Anchor::Centre);
            baseline += theme.px(kLabelLine);
        }
    }
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<MpsBonds>(comparison); }

}  // namespace

const FigureType& mps_bondsFigure()
{
    static const FigureType type{QStringLiteral("mps-bonds"), QStringLiteral("Pair: bonds of the matrix product state"),
                                 &make, nullptr, true};
    return type;
}

}  // namespace ketscope
