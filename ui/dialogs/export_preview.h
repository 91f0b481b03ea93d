// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "viz/colour_vision.h"

#include <QImage>

namespace ketscope {

// A page at its size on paper, with a ruler in millimetres above it.
class PageView : public QWidget {
    Q_OBJECT

public:
    PageView(Appearance& appearance, QWidget* parent);

    void setPage(const QImage& image, QSizeF millimetres);
    // Logical pixels a millimetre.
    void setScale(double scale);
    QSizeF millimetres() const { return m_millimetres; }
    static double paperScale(const QWidget& widget);  // at which the page has its size on paper
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void paintRuler(QPainter& painter, const QRectF& page) const;

    Appearance& m_appearance;
    QImage m_image;
    QSizeF m_millimetres;
    double m_scale = 1.0;
};

// The preview of an export: the page fitted, at its size or twice that, as readers with other eyes see it, and what is to
// be known of it.
class ExportPreview : public QWidget {
    Q_OBJECT

public:
    ExportPreview(Appearance& appearance, QWidget* parent);

    bool hasPage() const { return !m_image.isNull(); }
    void setPage(const QImage& image, QSizeF millimetres);
    void setVision(const ColourVision& vision);
    // `good`: nothing to warn of.
    void setVerdict(const QString& text, bool good);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void show();

    Appearance& m_appearance;
    const ColourVision* m_vision;
    QImage m_image;
    QImage m_seen;  // m_image as m_vision sees it
    QSizeF m_millimetres;
    Segment* m_zoom;
    QScrollArea* m_scroll;
    PageView* m_page;
    QLabel* m_verdict;
};

}  // namespace ketscope
