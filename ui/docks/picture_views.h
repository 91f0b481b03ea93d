// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/image/patch_geometry.h"
#include "ui/appearance.h"

#include <QImage>
#include <QWidget>

namespace ketscope {

class FigurePane;

// A picture in the width of a dock, dark where the model did not see it.
class PictureView : public QWidget {
    Q_OBJECT

public:
    PictureView(Appearance& appearance, QWidget* parent = nullptr);

    void show(const QImage& picture, const PatchGeometry& patches);
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Appearance& m_appearance;
    QImage m_picture;
    QRectF m_seen;  // in parts of the picture
};

// The selected patch of an alignment's figure and the eight around it.
class Magnifier : public QWidget {
    Q_OBJECT

public:
    Magnifier(const FigurePane& pane, Appearance& appearance, QWidget* parent = nullptr);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const FigurePane& m_pane;
    Appearance& m_appearance;
};

}  // namespace ketscope
