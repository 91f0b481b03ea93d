// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/alignment.h"

#include "core/measures/measures.h"
#include "viz/fitted_title.h"
#include "viz/labels.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kNote = 20.0;
constexpr double kHeader = 38.0;
constexpr double kGap = 16.0;
constexpr double kLeastDifference = 150.0;
constexpr double kLeastNumbers = 190.0;  // room for numbers beside the difference
constexpr double kNumberRow = 18.0;
constexpr double kValueRow = 14.0;  // of a value below its name
constexpr double kNumberTitle = 24.0;
constexpr double kNarrow = 600.0;
constexpr double kBarInset = 14.0;  // half the width of the ticks' labels at a bar's ends
constexpr double kUnbounded = 1e6;

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<AlignmentPictures>(comparison);
}

double largestOfAll(const std::vector<std::vector<float>>& values)
{
    double largest = 0.0;
    for (const auto& each : values)
        largest = std::max(largest, largestOf(each));
    return largest;
}

std::vector<std::vector<float>> focusValues(const AlignmentMaps& maps, const AlignmentFocus& focus)
{
    std::vector<std::vector<float>> values;
    for (std::size_t trace = 0; trace < maps.traces.size(); ++trace)
        values.push_back(valuesOfTokens(maps, trace, focus));
    return values;
}

double rightOf(const std::vector<AlignmentLayout::Panel>& panels)
{
    double right = 0.0;
    for (const AlignmentLayout::Panel& panel : panels)
        right = std::max(right, panel.picture.right());
    return right;
}

QString sharePercent(double share) { return QStringLiteral("%1 %").arg(formatNumber(share * 100.0, 1)); }

}  // namespace

const FigureType& alignmentFigure()
{
    static const FigureType type{QStringLiteral("alignment"),
                                 QStringLiteral("Alignment: words over the image"),
                                 &make,
                                 &alignmentFigureObstacle,
                                 false,
                                 true};
    return type;
}

AlignmentPictures::AlignmentPictures(const ComparisonPointer& comparison)
    : AlignmentFigure(comparison), m_values(focusValues(*m_maps, m_focus)), m_boxes(labelledBoxes(*comparison)),
      m_readings(readBoxes(*comparison, *m_maps, m_focus, m_boxes)), m_scale(scaleOf(false, largestOfAll(m_values))),
      m_differenceScale(scaleOf(true, 1.0))
{
    m_hasDifference = traces() > 1 && comparison->study.view.showDifference && !isSparse();
    if (m_hasDifference) {
        m_difference = differenceOf(m_values[m_pair.baseline], m_values[m_pair.candidate]);
        m_differenceScale = scaleOf(true, largestOf(m_difference));
    }
    m_numbers = makeNumbers();
}

std::vector<AlignmentPictures::Number> AlignmentPictures::makeNumbers() const
{
    std::vector<Number> numbers;
    if (traces() > 1) {
        const AlignmentNumbers found = compareAlignment(*m_maps, m_focus, m_pair.baseline, m_pair.candidate);
        if (!isSimilarity()) {
            numbers.push_back({QStringLiteral("KL(%1‖%2), nats").arg(tag(m_pair.baseline), tag(m_pair.candidate)),
                               shortNumber(found.kl)});
            numbers.push_back({QStringLiteral("Jensen–Shannon, nats"), shortNumber(found.jensenShannon)});
        }
        if (!isSparse()) {
            numbers.push_back({QStringLiteral("max |Δ|"), shortNumber(found.maximumDifference)});
            numbers.push_back({QStringLiteral("Top-%1 patches shared").arg(found.largestPatches),
                               QStringLiteral("%1 of %2").arg(found.sharedPatches).arg(found.largestPatches)});
        }
    }
    addOfTraces(numbers);
    return numbers;
}

// What every trace has by itself: "A 0.47 · B 0.50".
void AlignmentPictures::addOfTraces(std::vector<Number>& numbers) const
{
    const auto each = [&](const QString& name, const auto& text) {
        QStringList values;
        for (std::size_t trace = 0; trace < traces(); ++trace)
            values << tag(trace) + QLatin1Char(' ') + text(trace);
        numbers.push_back({name, values.join(QStringLiteral(" · "))});
    };
    if (m_maps->traces.front()->late) {
        const auto late = [&](std::size_t trace) { return *m_maps->traces[trace]->late; };
        each(QStringLiteral("Mean of words' best"),
             [&](std::size_t trace) { return shortNumber(late(trace).textScore); });
        each(QStringLiteral("Mean of patches' best"),
             [&](std::size_t trace) { return shortNumber(late(trace).imageScore); });
    }
    for (const BoxReading& box : m_readings) {
        const QString name = QString::fromStdString(box.label);
        if (!isSimilarity())
            each(QStringLiteral("Mass in “%1”").arg(name),
                 [&](std::size_t trace) { return shortNumber(box.mass[trace]); });
        each(QStringLiteral("Points into “%1”").arg(name),
             [&](std::size_t trace) { return box.points[trace] != 0 ? QStringLiteral("yes") : QStringLiteral("no"); });
    }
}

ColourBar AlignmentPictures::bar() const
{
    return {QStringLiteral("%1 per patch, %2").arg(valueName(), m_scale.name()), {}, {}, false};
}

ColourBar AlignmentPictures::differenceBar() const
{
    const QString candidate = tag(m_pair.candidate);
    return {{}, QStringLiteral("less in ") + candidate, QStringLiteral("more in ") + candidate, false};
}

// Panels of one size: as large as width and height allow, a difference of half the size beside or below them.
AlignmentLayout AlignmentPictures::layout(const QRectF& area, const Theme& theme) const
{
    AlignmentLayout layout;
    const std::size_t columns = traces() <= 3 ? traces() : 2, lines = (traces() + columns - 1) / columns;
    const double gap = theme.px(kGap), header = theme.px(kHeader);
    const bool aside = !m_numbers.empty() || m_hasDifference;
    const bool narrow = area.width() < theme.px(kNarrow);
    const double gaps = gap * static_cast<double>(columns - 1);
    double side = (area.width() - gaps) / static_cast<double>(columns);
    if (aside && !narrow) {
        side = (area.width() - gaps - gap) / (static_cast<double>(columns) + 0.5);
        if (side / 2.0 < theme.px(kLeastDifference))
            side = (area.width() - gaps - gap - theme.px(kLeastDifference)) / static_cast<double>(columns);
    }
    const auto wide = [&] { return static_cast<double>(columns) * side + gaps - theme.px(kBarInset); };
    const double barHeight = colourBarHeight(bar(), wide(), theme);
    if (!narrow) {
        const double rest = area.height() - theme.px(kNote) - theme.px(8.0) - barHeight
                            - static_cast<double>(lines) * header - gap * static_cast<double>(lines - 1);
        side = std::min(side, std::max(theme.px(60.0), rest / static_cast<double>(lines)) * m_picture.aspect());
    }
    const double tall = side / m_picture.aspect();
    double bottom = area.top();
    for (std::size_t trace = 0; trace < traces(); ++trace) {
        const double x = area.left() + static_cast<double>(trace % columns) * (side + gap);
        const double y = area.top() + theme.px(kNote) + static_cast<double>(trace / columns) * (header + tall + gap);
        layout.panels.push_back({{x, y, side, header}, {x, y + header, side, tall}});
        bottom = y + header + tall;
    }
    layout.bar = {area.left(), bottom + theme.px(8.0), wide(), colourBarHeight(bar(), wide(), theme)};
    layout.height = layout.bar.bottom() - area.top();
    if (aside)
        layoutDifference(layout, area, side, theme);
    return layout;
}

void AlignmentPictures::layoutDifference(AlignmentLayout& layout, const QRectF& area, double side,
                                         const Theme& theme) const
{
    const double gap = theme.px(kGap), header = theme.px(kHeader);
    const bool narrow = area.width() < theme.px(kNarrow);
    const double left = narrow ? area.left() : rightOf(layout.panels) + gap;
    const double top = narrow ? layout.bar.bottom() + gap : layout.panels.front().header.top();
    const double half = std::min(std::max(side / 2.0, theme.px(kLeastDifference)), area.right() - left);
    double numbersLeft = left, numbersTop = top, bottom = top;
    if (m_hasDifference) {
        layout.difference = {{left, top, half, header}, {left, top + header, half, half / m_picture.aspect()}};
        const double inset = theme.px(kBarInset), width = half - 2.0 * inset;
        layout.differenceBar = {left + inset, layout.difference->picture.bottom() + theme.px(8.0), width,
                                colourBarHeight(differenceBar(), width, theme)};
        bottom = layout.differenceBar.bottom();
        const bool beside = area.right() - left - half - gap >= theme.px(kLeastNumbers);
        numbersLeft = beside ? left + half + gap : left;
        numbersTop = beside ? top : bottom + theme.px(10.0);
    }
    const double width = std::min(area.right() - numbersLeft, std::max(half, theme.px(280.0)));
    const auto below =
        std::ranges::count_if(m_numbers, [&](const Number& number) { return standsBelow(number, width, theme); });
    const double height = theme.px(kNumberTitle + kNumberRow * static_cast<double>(m_numbers.size())
                                   + kValueRow * static_cast<double>(below));
    layout.numbers = {numbersLeft, numbersTop, width, height};
    layout.height = std::max({layout.height, layout.numbers.bottom() - area.top(), bottom - area.top()});
}

double AlignmentPictures::heightFor(double width, const Theme& theme) const
{
    return layout(QRectF(0.0, 0.0, width, kUnbounded), theme).height;
}

QString AlignmentPictures::details(std::size_t trace) const
{
    QStringList parts;
    const QString detail = QString::fromStdString(traceTitle(*m_comparison, trace).detail);
    if (!detail.isEmpty())
        parts << detail;
    if (isSimilarity()) {
        parts << QStringLiteral("largest %1").arg(shortNumber(largestOf(m_values[trace])));
        return parts.join(QStringLiteral(" · "));
    }
    parts << QStringLiteral("entropy %1 nats").arg(formatNumber(entropy(m_values[trace]), 2))
          << QStringLiteral("peak %1").arg(shortNumber(largestOf(m_values[trace])));
    const std::vector<double>& mass = m_maps->traces[trace]->mass;
    if (!mass.empty()) {
        double sum = 0.0;
        for (const std::size_t token : m_focus.tokens)
            sum += mass[token] / static_cast<double>(m_focus.tokens.size());
        parts << QStringLiteral("%1 on patches").arg(sharePercent(sum));
    }
    return parts.join(QStringLiteral(" · "));
}

void AlignmentPictures::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    const AlignmentLayout layout = this->layout(area, theme);
    const QFont font = theme.ui(kTickPixels);
    const QString method = QString::fromStdString(m_maps->source.method->title);
    const QString note = QStringLiteral("%1 of %2 · %3 · %4").arg(method, focusText(), placeText(), directionText());
    drawLabel(painter, {area.left(), area.top() + QFontMetricsF(font).ascent()}, fitParts(note, font, area.width()),
              font, theme.text3, theme);
    for (std::size_t trace = 0; trace < traces(); ++trace) {
        paintPanel(painter, layout.panels[trace], tag(trace), theme.trace(trace),
                   QString::fromStdString(traceTitle(*m_comparison, trace).title), details(trace), theme);
        paintMap(painter, layout.panels[trace].picture, m_values[trace], false, theme);
    }
    paintColourBar(painter, layout.bar, bar(), coloursOf(false, theme), m_scale, theme);
    if (layout.difference) {
        paintPanel(painter, *layout.difference, QStringLiteral("Δ"), QColor(),
                   QStringLiteral("%1 − %2").arg(tag(m_pair.candidate), tag(m_pair.baseline)), {}, theme);
        paintMap(painter, layout.difference->picture, m_difference, true, theme);
        paintColourBar(painter, layout.differenceBar, differenceBar(), coloursOf(true, theme), m_differenceScale,
                       theme);
    }
    paintNumbers(painter, layout.numbers, theme);
}

void AlignmentPictures::paintPanel(QPainter& painter, const AlignmentLayout::Panel& panel, const QString& letter,
                                   const QColor& fill, const QString& title, const QString& detail,
                                   const Theme& theme) const
{
    const double chip = theme.px(16.0), indent = chip + theme.px(7.0);
    drawChip(painter, QRectF(panel.header.left(), panel.header.top(), chip, chip), letter, fill, theme);
    const QFont bold = theme.ui(kTitlePixels, QFont::DemiBold), font = theme.ui(kTickPixels);
    const double left = panel.header.left() + indent, width = panel.header.width() - indent;
    const FittedTitle fitted = fitTitle(title, bold, width, theme);
    drawTitle(painter, {left, panel.header.top() + (chip + QFontMetricsF(fitted.font).capHeight()) / 2.0}, fitted,
              theme.text, theme);
    if (fitted.lines.size() == 1)  // else the title has the room of both
        drawLabel(painter, {left, panel.header.top() + theme.px(20.0) + QFontMetricsF(font).ascent()},
                  fitParts(detail, font, width), font, theme.text3, theme);
}

void AlignmentPictures::paintMap(QPainter& painter, const QRectF& target, std::span<const float> values,
                                 bool difference, const Theme& theme) const
{
    m_picture.paintPicture(painter, target, view().ground, theme);
    const ColourMap colours = coloursOf(difference, theme);
    m_picture.paintHeat(painter, target, heatOf(values, colours, difference ? m_differenceScale : m_scale), theme);
    if (view().grid)
        m_picture.paintGrid(painter, target, theme);
    if (view().boxes && !difference)
        m_picture.paintBoxes(painter, target, m_boxes, m_focus.tokens, theme);
    PatchPicture::paintFrame(painter, m_picture.regionRect(target, m_focus.region), theme);
    if (m_focus.region.count() > 1)
        PatchPicture::paintFrame(painter, m_picture.patchRect(target, m_focus.patch), theme);
}

void AlignmentPictures::paintMagnified(QPainter& painter, const QRectF& target, const Theme& theme) const
{
    const std::size_t row = m_focus.patch / m_picture.columns(), column = m_focus.patch % m_picture.columns();
    const std::size_t top = row == 0 ? 0 : row - 1, left = column == 0 ? 0 : column - 1;
    const PatchRegion part{top, left, std::min(row + 2, m_picture.rows()) - top,
                           std::min(column + 2, m_picture.columns()) - left};
    const double patch = std::min(target.width() / 3.0, target.height() / 3.0 * patchAspect());
    const double tall = patch / patchAspect();
    // The selected patch stays in the middle; at the edge of the picture there are fewer around it.
    const QRectF middle(target.center().x() - patch / 2.0, target.center().y() - tall / 2.0, patch, tall);
    const QRectF place(middle.left() - static_cast<double>(column - left) * patch,
                       middle.top() - static_cast<double>(row - top) * tall, static_cast<double>(part.columns) * patch,
                       static_cast<double>(part.rows) * tall);
    m_picture.paintPart(painter, place, part, theme);
    PatchPicture::paintFrame(painter, middle, theme);
}

double AlignmentPictures::patchAspect() const
{
    return m_picture.aspect() * static_cast<double>(m_picture.rows()) / static_cast<double>(m_picture.columns());
}

bool AlignmentPictures::standsBelow(const Number& number, double width, const Theme& theme) const
{
    return textWidth(number.name, theme.ui(kTickPixels)) + textWidth(number.value, theme.mono(kTickPixels))
           > width - theme.px(8.0);
}

void AlignmentPictures::paintNumbers(QPainter& painter, const QRectF& block, const Theme& theme) const
{
    if (m_numbers.empty())
        return;
    const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), font = theme.ui(kTickPixels),
                mono = theme.mono(kTickPixels);
    const QString title = traces() > 1 ? QStringLiteral("Comparison for %1").arg(focusText()) : focusText();
    drawTitle(painter, {block.left(), block.top() + QFontMetricsF(bold).ascent()},
              fitTitle(title, bold, block.width(), theme), theme.text, theme);
    double y = block.top() + theme.px(kNumberTitle);
    painter.save();
    for (const Number& number : m_numbers) {
        const double baseline = y + theme.px(12.0);
        const double below = standsBelow(number, block.width(), theme) ? theme.px(kValueRow) : 0.0;
        drawLabel(painter, {block.left(), baseline}, fitText(number.name, font, block.width()), font, theme.text2,
                  theme);
        drawLabel(painter, {block.right(), baseline + below}, fitText(number.value, mono, block.width()), mono,
                  theme.text, theme, Anchor::Right);
        y += theme.px(kNumberRow) + below;
        painter.setPen(QPen(theme.line, 1.0));
        painter.drawLine(QPointF(block.left(), y - theme.px(1.0)), QPointF(block.right(), y - theme.px(1.0)));
    }
    painter.restore();
}

std::vector<QRectF> AlignmentPictures::picturesIn(const QRectF& area, const Theme& theme) const
{
    const AlignmentLayout layout = this->layout(area, theme);
    std::vector<QRectF> pictures;
    for (const AlignmentLayout::Panel& panel : layout.panels)
        pictures.push_back(panel.picture);
    if (layout.difference)
        pictures.push_back(layout.difference->picture);
    return pictures;
}

std::vector<QRectF> AlignmentPictures::placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const
{
    if (!pointed.patch || *pointed.patch >= m_picture.rows() * m_picture.columns())
        return {};
    std::vector<QRectF> places = picturesIn(area, theme);
    for (QRectF& place : places)
        place = m_picture.patchRect(place, *pointed.patch);
    return places;
}

Hit AlignmentPictures::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    Hit hit;
    const std::vector<QRectF> pictures = picturesIn(area, theme);
    for (std::size_t panel = 0; panel < pictures.size(); ++panel) {
        hit.patch = m_picture.patchAt(pictures[panel], where);
        if (!hit.patch)
            continue;
        hit.panel = static_cast<int>(panel);
        QStringList values;
        for (std::size_t trace = 0; trace < traces(); ++trace)
            values << tag(trace) + QLatin1Char(' ') + shortNumber(static_cast<double>(m_values[trace][*hit.patch]));
        hit.sentence = QStringLiteral("patch row %1, column %2, for %3: %4")
                           .arg(*hit.patch / m_picture.columns())
                           .arg(*hit.patch % m_picture.columns())
                           .arg(focusText(), values.join(QStringLiteral(", ")));
        break;
    }
    return hit;
}

Table AlignmentPictures::table() const
{
    Table table;
    table.header = QStringList{QStringLiteral("row"), QStringLiteral("column")};
    for (std::size_t trace = 0; trace < traces(); ++trace)
        table.header << tag(trace);
    if (m_hasDifference)
        table.header << QStringLiteral("Δ");
    const auto text = [](float value) {
        return std::isfinite(value) ? QString::number(static_cast<double>(value), 'g', 9) : QString();
    };
    for (std::size_t patch = 0; patch < m_picture.rows() * m_picture.columns(); ++patch) {
        QStringList row{QString::number(patch / m_picture.columns()), QString::number(patch % m_picture.columns())};
        for (const auto& values : m_values)
            row << text(values[patch]);
        if (m_hasDifference)
            row << text(m_difference[patch]);
        table.rows.push_back(std::move(row));
    }
    return table;
}

QString AlignmentPictures::panelCaption() const
{
    const QString box =
        view().boxes && !m_boxes.empty() ? QStringLiteral(" Boxes are those of the picture's description.") : QString();
    return QStringLiteral("%1 of %2 over %3 × %4 patches (%5, %6).%7")
        .arg(QString::fromStdString(m_maps->source.method->title), focusText())
        .arg(m_picture.rows())
        .arg(m_picture.columns())
        .arg(placeText(), directionText(), box);
}

}  // namespace ketscope
