// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"
#include "core/study/labelled_boxes.h"
#include "viz/colour_map.h"
#include "viz/scale.h"
#include "viz/theme.h"

#include <QImage>
#include <QPainter>

namespace ketscope {

// Values over the patches and how they are laid over the picture.
struct PatchHeat {
    std::span<const float> values;  // row by row; not finite: a cross, or nothing where `sparse`
    const ColourMap& colours;
    const ValueScale& scale;
    double opacity = 0.7;
    bool smooth = false;
    bool sparse = false;
};

// How opaque the heat is at a position of its scale: 18 % at its beginning to 84 % at its end with an opacity of 0.7,
// in proportion with others. A symmetric scale begins in its middle.
double heatAlpha(double position, double opacity, bool symmetric);

// The part of the picture that the model saw, cut into its patches. Places are those of `target`, which all patches
// fill.
class PatchPicture {
public:
    // The comparison's input must have patches; its picture may be missing.
    explicit PatchPicture(const Comparison& comparison);

    std::size_t rows() const { return m_patches.rows(); }
    std::size_t columns() const { return m_patches.columns(); }
    double aspect() const { return m_size.width() / m_size.height(); }
    bool hasPicture() const { return !m_picture.isNull(); }

    QRectF regionRect(const QRectF& target, const PatchRegion& region) const;
    QRectF patchRect(const QRectF& target, std::size_t patch) const;
    // A rectangle of the original picture, cut to what the model saw; empty where it saw nothing of it.
    QRectF placeOf(const QRectF& target, const PixelRectangle& place) const;
    std::optional<std::size_t> patchAt(const QRectF& target, QPointF where) const;

    void paintPicture(QPainter& painter, const QRectF& target, PictureGround ground, const Theme& theme) const;
    // Only the region, stretched to `target`.
    void paintPart(QPainter& painter, const QRectF& target, const PatchRegion& part, const Theme& theme) const;
    void paintHeat(QPainter& painter, const QRectF& target, const PatchHeat& heat, const Theme& theme) const;
    void paintGrid(QPainter& painter, const QRectF& target, const Theme& theme) const;
    void paintBoxes(QPainter& painter, const QRectF& target, const std::vector<LabelledBox>& boxes,
                    const std::vector<std::size_t>& tokens, const Theme& theme) const;
    // A frame of two colours, so that it is seen on any ground.
    static void paintFrame(QPainter& painter, const QRectF& rect, const Theme& theme);

private:
    void paintWindow(QPainter& painter, const QRectF& target, const QRectF& window, const QImage& picture) const;

    PatchGeometry m_patches;
    QSizeF m_size;  // of all patches, in pixels of what goes into the model
    QImage m_picture;
    QImage m_grey;
};

}  // namespace ketscope
