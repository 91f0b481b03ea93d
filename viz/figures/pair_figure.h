// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/interval.h"
#include "core/study/selected_pair.h"
#include "viz/figure.h"
#include "viz/head_maps.h"

#include <complex>

namespace ketscope {

// What the figures of the selected query and key share: the pair's reading, a title line, the caption, and bars on an axis.
class PairFigure : public Figure {
public:
    // Records the head's vectors where they are not there. Throws Error as selectedPair() does.
    explicit PairFigure(const ComparisonPointer& comparison);

    QString caption() const override;
    double smallestText(double width, const Theme& theme) const override;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;

protected:
    // "Amplitudes of |q⟩ and |k⟩": the beginning of the caption.
    virtual QString subject() const = 0;

    const SelectedPair& pair() const { return *m_pair; }
    const PairReading& reading() const { return m_pair->reading; }
    const QuantumView& view() const { return m_maps.comparison().study.view.quantum; }
    const HeadMaps& maps() const { return m_maps; }
    const Selection& selection() const { return m_maps.comparison().study.selection; }
    QString keyName(std::size_t key) const;  // "5 great"

    HeadMaps m_maps;
    std::shared_ptr<const SelectedPair> m_pair;
};

QColor roleColour(std::optional<PairRole> role, const Theme& theme);
QColor roleGround(std::optional<PairRole> role, const Theme& theme);

inline constexpr double kKeyLabelRoom = 74.0;  // below bars, for slanted names of keys at their longest
inline constexpr double kPairTitle = 26.0;     // of a title on one line
double pairTitleHeight(const QString& title, double width, const Theme& theme);
// What is left of `area`.
QRectF belowPairTitle(const QRectF& area, const QString& title, const Theme& theme);
// A bold title, on more lines than one where it needs them, with a muted rest behind it that is shortened where there is no
// room. Returns what is left of `area`.
QRectF paintPairTitle(QPainter& painter, const QRectF& area, const QString& title, const QString& rest,
                      const QColor& colour, const Theme& theme);
// A sentence in place of what is not there.
void paintSentence(QPainter& painter, const QRectF& area, const QString& sentence, const Theme& theme);

// Bars on a common axis from 0 (or symmetric about it), with what was expected drawn over them.
struct PairBar {
    QString label;
    double value = 0.0;
    double error = 0.0;           // one standard error; drawn twice
    std::optional<double> exact;  // a line
    std::optional<double> noisy;  // a dashed line
    bool marked = false;
    bool muted = false;                     // the rest of many
    std::optional<Interval> interval = {};  // drawn in place of the error
};

struct BarPlot {
    std::vector<PairBar> bars;
    double maximum = 1.0;
    bool isSigned = false;
    double labelHeight = 20.0;  // room below for labels, unscaled
    std::size_t trace = 1;      // whose bars they are; lines of exact values have A's colour, over A's own the text's
    QString seen = {};          // what outcomes' bars are, for the legend; empty = none are seen

    // The bars' own rectangle inside `area`, and the slot of one bar.
    QRectF plot(const QRectF& area, const Theme& theme) const;
    QRectF slot(const QRectF& plot, std::size_t bar) const;
    double y(const QRectF& plot, double value) const;
    std::optional<std::size_t> barAt(QPointF where, const QRectF& area, const Theme& theme) const;
};

void paintBars(QPainter& painter, const QRectF& area, const BarPlot& plot, const QColor& colour, const Theme& theme);
// What a line or bar is.
struct LegendEntry {
    QString text;
    QColor colour;
    Qt::PenStyle style = Qt::SolidLine;
    double thickness = 2.0;
};
// Outcomes as bars in their trace's colour, below as many lines as it takes to say what they and the lines over them
// are.
void paintOutcomes(QPainter& painter, const QRectF& area, const BarPlot& bars, const Theme& theme);
// The bar there, of what was painted into `area`.
std::optional<std::size_t> outcomeAt(QPointF where, const QRectF& area, const BarPlot& bars, const Theme& theme);
// Labels below the bars, at an angle where they do not fit beside each other.
void paintBarLabels(QPainter& painter, const QRectF& plot, double top, const BarPlot& bars, const Theme& theme);

// An amplitude: a disk of its size |α| ≤ 1 in a ring, with a hand at its phase.
void paintPhaseDisk(QPainter& painter, QPointF centre, double radius, std::complex<double> amplitude,
                    const QColor& colour, const Theme& theme);

// Places of the largest values, at most `most` in their own order, and whether anything was left out.
std::vector<std::size_t> largestInOrder(const std::vector<double>& values, std::size_t most);

}  // namespace ketscope
