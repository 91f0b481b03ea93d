// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/picture_views.h"

#include "ui/views/figure_pane.h"
#include "viz/figures/alignment.h"

#include <QPainter>

namespace ketscope {

namespace {

constexpr double kMagnifier = 96.0;
constexpr double kMostTall = 0.8;  // of the width, for upright pictures
constexpr float kUnseen = 0.55F;

}  // namespace

PictureView::PictureView(Appearance& appearance, QWidget* parent) : QWidget(parent), m_appearance(appearance)
{
    setAccessibleName(tr("The picture and what the model sees of it"));
    QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void PictureView::show(const QImage& picture, const PatchGeometry& patches)
{
    const PixelRectangle first = patches.rectangle(0), last = patches.rectangle(patches.patches() - 1);
    const ImagePlacement& place = patches.placement();
    const double width = static_cast<double>(place.originalWidth), height = static_cast<double>(place.originalHeight);
    m_picture = picture;
    // A patch of padding alone has no place.
    m_seen = first.empty() || last.empty() ? QRectF(0, 0, 1, 1)
                                           : QRectF(QPointF(first.left / width, first.top / height),
                                                    QPointF(last.right / width, last.bottom / height));
    updateGeometry();
    update();
}

int PictureView::heightForWidth(int width) const
{
    if (m_picture.isNull())
        return 0;
    const double tall = static_cast<double>(width) * m_picture.height() / m_picture.width();
    return qRound(std::min(tall, kMostTall * width));
}

QSize PictureView::sizeHint() const
{
    const int width = std::max(this->width(), qRound(m_appearance.theme().px(100)));
    return {qRound(m_appearance.theme().px(100)), heightForWidth(width)};
}

void PictureView::paintEvent(QPaintEvent*)
{
    if (m_picture.isNull())
        return;
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    const QSizeF size = QSizeF(m_picture.size()).scaled(QSizeF(this->size()), Qt::KeepAspectRatio);
    const QRectF place((width() - size.width()) / 2.0, 0.0, size.width(), size.height());
    painter.setRenderHint(QPainter::SmoothPixmapTransform, place.width() < m_picture.width());
    painter.drawImage(place, m_picture);
    const QRectF seen(place.left() + m_seen.left() * place.width(), place.top() + m_seen.top() * place.height(),
                      m_seen.width() * place.width(), m_seen.height() * place.height());
    QColor veil = theme.text;
    if (theme.dark)
        veil = theme.bg;
    veil.setAlphaF(kUnseen);
    const QRegion hidden = QRegion(place.toAlignedRect()) - QRegion(seen.toAlignedRect());
    for (const QRect& part : hidden)
        painter.fillRect(part, veil);
    PatchPicture::paintFrame(painter, seen.adjusted(1.5, 1.5, -1.5, -1.5), theme);
}

Magnifier::Magnifier(const FigurePane& pane, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_pane(pane), m_appearance(appearance)
{
    setObjectName(QStringLiteral("magnifier"));
    setAccessibleName(tr("The selected patch and the patches around it"));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&appearance, &Appearance::changed, this, [this] { updateGeometry(); });
}

QSize Magnifier::sizeHint() const
{
    const int side = qRound(m_appearance.theme().px(kMagnifier));
    return {side, side};
}

void Magnifier::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    if (const auto* figure = dynamic_cast<const AlignmentPictures*>(m_pane.figure()))
        figure->paintMagnified(painter, QRectF(rect()), theme);
    else
        painter.fillRect(rect(), theme.line);
}

}  // namespace ketscope
