// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/colour_bar.h"
#include "viz/figures/alignment_figure.h"

namespace ketscope {

// Where everything lies: painting, hits and tests use the same value.
struct AlignmentLayout {
    struct Panel {
        QRectF header;
        QRectF picture;
    };
    std::vector<Panel> panels;        // one for each trace
    std::optional<Panel> difference;  // at half size
    QRectF bar;
    QRectF differenceBar;
    QRectF numbers;
    double height = 0.0;
};

// The picture as the model saw it, with what the selected word looks at as heat: every trace at one size and on one
// range, and B − A at half size with the numbers that compare them.
class AlignmentPictures final : public AlignmentFigure {
public:
    explicit AlignmentPictures(const ComparisonPointer& comparison);

    AlignmentLayout layout(const QRectF& area, const Theme& theme) const;
    const std::vector<LabelledBox>& boxes() const { return m_boxes; }
    // The selected patch with its neighbours, without heat.
    void paintMagnified(QPainter& painter, const QRectF& target, const Theme& theme) const;

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;
    std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const override;
    Table table() const override;
    QString panelCaption() const override;
    QStringList alikeInGrey(double, const Theme&) const override
    {
        return isSimilarity()    ? QStringList{QStringLiteral("the similarity")}
               : m_hasDifference ? QStringList{QStringLiteral("the difference")}
                                 : QStringList();
    }

private:
    struct Number {
        QString name;
        QString value;
    };
    std::vector<Number> makeNumbers() const;
    void addOfTraces(std::vector<Number>& numbers) const;
    std::vector<QRectF> picturesIn(const QRectF& area, const Theme& theme) const;  // of all panels
    void layoutDifference(AlignmentLayout& layout, const QRectF& area, double side, const Theme& theme) const;
    double patchAspect() const;
    QString details(std::size_t trace) const;
    ColourBar bar() const;
    ColourBar differenceBar() const;
    void paintPanel(QPainter& painter, const AlignmentLayout::Panel& panel, const QString& letter, const QColor& fill,
                    const QString& title, const QString& detail, const Theme& theme) const;
    void paintMap(QPainter& painter, const QRectF& target, std::span<const float> values, bool difference,
                  const Theme& theme) const;
    // Names that do not fit beside their value have it below them.
    bool standsBelow(const Number& number, double width, const Theme& theme) const;
    void paintNumbers(QPainter& painter, const QRectF& block, const Theme& theme) const;

    std::vector<std::vector<float>> m_values;  // of the focus, for each trace
    std::vector<float> m_difference;
    std::vector<LabelledBox> m_boxes;
    std::vector<BoxReading> m_readings;
    std::vector<Number> m_numbers;
    ValueScale m_scale;
    ValueScale m_differenceScale;
    bool m_hasDifference = false;
};

}  // namespace ketscope
