// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/patch_picture.h"

#include "viz/labels.h"
#include "viz/map_panel.h"
#include "viz/picture.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kUsualOpacity = 0.7;
constexpr double kLeastAlpha = 0.18, kMostAlpha = 0.84;
constexpr double kLeastGridPitch = 4.0;  // closer lines would hide the picture

QColor withAlpha(QColor colour, double alpha)
{
    colour.setAlphaF(static_cast<float>(std::clamp(alpha, 0.0, 1.0)));
    return colour;
}

QColor heatColour(const PatchHeat& heat, float value)
{
    const double position = heat.scale.position(static_cast<double>(value));
    return withAlpha(QColor(heat.colours.at(position)), heatAlpha(position, heat.opacity, heat.scale.isSymmetric()));
}

// One pixel a patch.
QImage heatImage(const PatchHeat& heat, std::size_t rows, std::size_t columns)
{
    QImage image(static_cast<int>(columns), static_cast<int>(rows), QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    for (std::size_t row = 0; row < rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(row)));
        for (std::size_t column = 0; column < columns; ++column)
            if (const float value = heat.values[row * columns + column]; std::isfinite(value))
                line[column] = qPremultiply(heatColour(heat, value).rgba());
    }
    return image;
}

}  // namespace

double heatAlpha(double position, double opacity, bool symmetric)
{
    const double along = symmetric ? std::abs(position - 0.5) * 2.0 : position;
    return std::min(1.0, opacity / kUsualOpacity * (kLeastAlpha + (kMostAlpha - kLeastAlpha) * along));
}

PatchPicture::PatchPicture(const Comparison& comparison)
    : m_patches(comparison.input.patches.value()),
      m_size(static_cast<double>(m_patches.columns() * m_patches.patchWidth()),
             static_cast<double>(m_patches.rows() * m_patches.patchHeight()))
{
    const auto& picture = comparison.input.picture;
    const ImagePlacement& place = m_patches.placement();
    if (!picture || picture->width != place.originalWidth || picture->height != place.originalHeight)
        return;
    m_picture = pictureImage(*picture);
    if (comparison.study.view.alignment.ground == PictureGround::Grey)
        m_grey = m_picture.convertToFormat(QImage::Format_Grayscale8);
}

QRectF PatchPicture::regionRect(const QRectF& target, const PatchRegion& region) const
{
    const double width = target.width() / static_cast<double>(columns());
    const double height = target.height() / static_cast<double>(rows());
    return {target.left() + static_cast<double>(region.column) * width,
            target.top() + static_cast<double>(region.row) * height, static_cast<double>(region.columns) * width,
            static_cast<double>(region.rows) * height};
}

QRectF PatchPicture::patchRect(const QRectF& target, std::size_t patch) const
{
    return regionRect(target, {patch / columns(), patch % columns(), 1, 1});
}

QRectF PatchPicture::placeOf(const QRectF& target, const PixelRectangle& place) const
{
    const ImagePlacement& at = m_patches.placement();
    const auto x = [&](double original) {
        return original * static_cast<double>(at.resizedWidth) / static_cast<double>(at.originalWidth)
               - static_cast<double>(at.left);
    };
    const auto y = [&](double original) {
        return original * static_cast<double>(at.resizedHeight) / static_cast<double>(at.originalHeight)
               - static_cast<double>(at.top);
    };
    const QRectF seen = QRectF(QPointF(x(place.left), y(place.top)), QPointF(x(place.right), y(place.bottom)))
                            .intersected(QRectF(QPointF(0, 0), m_size));
    const double sx = target.width() / m_size.width(), sy = target.height() / m_size.height();
    return {target.left() + seen.left() * sx, target.top() + seen.top() * sy, seen.width() * sx, seen.height() * sy};
}

std::optional<std::size_t> PatchPicture::patchAt(const QRectF& target, QPointF where) const
{
    if (!target.contains(where))
        return std::nullopt;
    const auto index = [](double along, double length, std::size_t count) {
        return std::min(static_cast<std::size_t>(along / length * static_cast<double>(count)), count - 1);
    };
    return index(where.y() - target.top(), target.height(), rows()) * columns()
           + index(where.x() - target.left(), target.width(), columns());
}

// `window`: of what goes into the model, in its pixels. What lies outside of the picture stays as it is.
void PatchPicture::paintWindow(QPainter& painter, const QRectF& target, const QRectF& window,
                               const QImage& picture) const
{
    const ImagePlacement& at = m_patches.placement();
    const QRectF resized(-static_cast<double>(at.left), -static_cast<double>(at.top),
                         static_cast<double>(at.resizedWidth), static_cast<double>(at.resizedHeight));
    const QRectF seen = resized.intersected(window);
    if (seen.isEmpty())
        return;
    const double sx = target.width() / window.width(), sy = target.height() / window.height();
    const double ox = static_cast<double>(at.originalWidth) / resized.width();
    const double oy = static_cast<double>(at.originalHeight) / resized.height();
    const QRectF to(target.left() + (seen.left() - window.left()) * sx, target.top() + (seen.top() - window.top()) * sy,
                    seen.width() * sx, seen.height() * sy);
    const QRectF from((seen.left() - resized.left()) * ox, (seen.top() - resized.top()) * oy, seen.width() * ox,
                      seen.height() * oy);
    painter.save();
    // Enlarged pixels keep their edges: nothing between them was seen.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, from.width() > to.width());
    painter.drawImage(to, picture, from);
    painter.restore();
}

void PatchPicture::paintPicture(QPainter& painter, const QRectF& target, PictureGround ground, const Theme& theme) const
{
    painter.fillRect(target, theme.panel2);
    if (ground == PictureGround::Blank || m_picture.isNull())
        return;
    paintWindow(painter, target, QRectF(QPointF(0, 0), m_size),
                ground == PictureGround::Grey && !m_grey.isNull() ? m_grey : m_picture);
}

void PatchPicture::paintPart(QPainter& painter, const QRectF& target, const PatchRegion& part, const Theme& theme) const
{
    painter.fillRect(target, theme.panel2);
    if (!m_picture.isNull())
        paintWindow(painter, target, regionRect(QRectF(QPointF(0, 0), m_size), part), m_picture);
}

void PatchPicture::paintHeat(QPainter& painter, const QRectF& target, const PatchHeat& heat, const Theme& theme) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    const bool few = rows() <= kVectorCells && columns() <= kVectorCells;
    if (!heat.smooth && few && isVector(painter)) {
        for (std::size_t patch = 0; patch < heat.values.size(); ++patch)
            if (std::isfinite(heat.values[patch]))
                painter.fillRect(patchRect(target, patch), heatColour(heat, heat.values[patch]));
    } else {
        painter.setRenderHint(QPainter::SmoothPixmapTransform, heat.smooth);
        painter.drawImage(target, heatImage(heat, rows(), columns()));
    }
    painter.setPen(QPen(theme.error, 1.0));
    for (std::size_t patch = 0; patch < heat.values.size() && !heat.sparse; ++patch) {
        const QRectF cell = patchRect(target, patch);
        if (std::isfinite(heat.values[patch]) || cell.width() < kLeastGridPitch)
            continue;
        painter.drawLine(cell.topLeft(), cell.bottomRight());
        painter.drawLine(cell.topRight(), cell.bottomLeft());
    }
    painter.restore();
}

void PatchPicture::paintGrid(QPainter& painter, const QRectF& target, const Theme& theme) const
{
    const double pitch = target.width() / static_cast<double>(columns());
    if (pitch < kLeastGridPitch)
        return;
    painter.save();
    painter.setPen(QPen(withAlpha(theme.line, 0.45), 0.5));
    for (std::size_t column = 1; column < columns(); ++column) {
        const double x = target.left() + static_cast<double>(column) * pitch;
        painter.drawLine(QPointF(x, target.top()), QPointF(x, target.bottom()));
    }
    for (std::size_t row = 1; row < rows(); ++row) {
        const double y = target.top() + static_cast<double>(row) * target.height() / static_cast<double>(rows());
        painter.drawLine(QPointF(target.left(), y), QPointF(target.right(), y));
    }
    painter.restore();
}

void PatchPicture::paintBoxes(QPainter& painter, const QRectF& target, const std::vector<LabelledBox>& boxes,
                              const std::vector<std::size_t>& tokens, const Theme& theme) const
{
    painter.save();
    painter.setBrush(Qt::NoBrush);
    const QFont font = theme.ui(kTickPixels, QFont::DemiBold);
    const QFontMetricsF metrics(font);
    for (const LabelledBox& each : boxes) {
        const QRectF place = placeOf(target, each.box);
        if (place.isEmpty())
            continue;
        const bool named = std::ranges::any_of(
            tokens, [&](std::size_t token) { return std::ranges::find(each.tokens, token) != each.tokens.end(); });
        painter.setPen(QPen(theme.panel, 3.0));
        painter.drawRect(place);
        painter.setPen(QPen(theme.accent, named ? 2.0 : 1.2, named ? Qt::SolidLine : Qt::DashLine));
        painter.drawRect(place);
        const QString text = fitText(QString::fromStdString(each.label), font, target.right() - place.left() - 6.0);
        const double height = metrics.height();
        const double top = place.top() - height >= target.top() ? place.top() - height : place.bottom();
        painter.fillRect(QRectF(place.left(), top, textWidth(text, font) + 6.0, height), withAlpha(theme.panel, 0.9));
        drawLabel(painter, {place.left() + 3.0, top + metrics.ascent()}, text, font, theme.accent, theme);
    }
    painter.restore();
}

void PatchPicture::paintFrame(QPainter& painter, const QRectF& rect, const Theme& theme)
{
    painter.save();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.text, 2.0));
    painter.drawRect(rect.adjusted(-1.0, -1.0, 1.0, 1.0));
    painter.setPen(QPen(theme.panel, 1.0));
    painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5));
    painter.restore();
}

}  // namespace ketscope
