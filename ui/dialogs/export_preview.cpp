// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_preview.h"

#include "viz/labels.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kRuler = 26.0;
constexpr double kMargin = 10.0;
constexpr double kLeastTickGap = 34.0;  // between numbers on the ruler
constexpr int kZooms[] = {0, 1, 2};     // times the size on paper; 0 = fitted

}  // namespace

PageView::PageView(Appearance& appearance, QWidget* parent) : QWidget(parent), m_appearance(appearance)
{
    setAccessibleName(tr("Preview of the page"));
}

void PageView::setPage(const QImage& image, QSizeF millimetres)
{
    m_image = image;
    m_millimetres = millimetres;
    update();
}

void PageView::setScale(double scale)
{
    m_scale = scale;
    setFixedSize(sizeHint());
    update();
}

double PageView::paperScale(const QWidget& widget) { return widget.logicalDpiX() / 25.4; }

QSize PageView::sizeHint() const
{
    const Theme& theme = m_appearance.theme();
    return {static_cast<int>(std::ceil(m_millimetres.width() * m_scale + 2.0 * theme.px(kMargin))),
            static_cast<int>(std::ceil(m_millimetres.height() * m_scale + theme.px(kRuler + kMargin)))};
}

void PageView::paintEvent(QPaintEvent*)
{
    if (m_image.isNull())
        return;
    const Theme& theme = m_appearance.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    const QRectF page(QPointF(theme.px(kMargin), theme.px(kRuler)), m_millimetres * m_scale);
    painter.drawImage(page, m_image);
    painter.setPen(theme.line2);
    painter.drawRect(page);
    paintRuler(painter, page);
}

void PageView::paintRuler(QPainter& painter, const QRectF& page) const
{
    const Theme& theme = m_appearance.theme();
    int step = 10;
    while (step * m_scale < theme.px(kLeastTickGap))
        step *= 2;
    painter.setFont(theme.ui(kTickPixels));
    painter.setPen(theme.text3);
    const double bottom = page.top() - theme.px(2);
    for (int mm = 0; mm <= static_cast<int>(m_millimetres.width()); mm += std::max(1, step / 10)) {
        const bool numbered = mm % step == 0;
        const double x = page.left() + mm * m_scale;
        painter.drawLine(QPointF(x, bottom - theme.px(numbered ? 6 : 3)), QPointF(x, bottom));
        if (!numbered)
            continue;
        const QString text = mm == 0 ? tr("0 mm") : QString::number(mm);
        const double width = textWidth(text, painter.font());
        // Right of its tick, the last one left of it where it would be cut.
        const bool fits = x + theme.px(2) + width <= this->width();
        painter.drawText(QPointF(fits ? x + theme.px(2) : x - theme.px(2) - width, bottom - theme.px(7)), text);
    }
}

ExportPreview::ExportPreview(Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_appearance(appearance), m_vision(&colourVisions().front())
{
    setProperty("ground", u"bg"_s);
    setAttribute(Qt::WA_StyledBackground);
    m_zoom = new Segment({tr("Fit"), tr("100 %"), tr("200 %")}, this);
    m_zoom->setObjectName(u"previewZoom"_s);
    m_zoom->choose(0);
    m_page = new PageView(appearance, this);
    m_scroll = makeScrollArea(m_page, this);
    m_scroll->setWidgetResizable(false);
    m_scroll->setAlignment(Qt::AlignCenter);
    m_scroll->viewport()->setProperty("ground", u"bg"_s);
    m_scroll->viewport()->setAttribute(Qt::WA_StyledBackground);
    m_verdict = makeLabel(tr("Drawing…"), "hint", this);
    m_verdict->setObjectName(u"notices"_s);
    m_verdict->setWordWrap(true);
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(tr("Preview"), "title", this));
    auto* hint = new ElidedLabel("hint", this);
    hint->setText(tr("shown at actual proportions"));
    head->addWidget(hint, 1);
    head->addWidget(m_zoom);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 12, 18, 10);
    column->addLayout(head);
    column->addWidget(m_scroll, 1);
    column->addWidget(m_verdict);
    connect(m_zoom, &Segment::chosen, this, &ExportPreview::show);
}

void ExportPreview::setPage(const QImage& image, QSizeF millimetres)
{
    m_image = image;
    m_seen = seenWith(*m_vision, image);
    m_millimetres = millimetres;
    show();
}

void ExportPreview::setVision(const ColourVision& vision)
{
    m_vision = &vision;
    m_seen = seenWith(vision, m_image);
    show();
}

void ExportPreview::setVerdict(const QString& text, bool good)
{
    m_verdict->setText(text);
    setRole(*m_verdict, good ? "good" : "warning");
}

void ExportPreview::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    show();
}

void ExportPreview::show()
{
    if (m_image.isNull())
        return;
    const Theme& theme = m_appearance.theme();
    m_page->setPage(m_seen, m_millimetres);
    const int zoom = kZooms[m_zoom->current()];
    const QSizeF room = QSizeF(m_scroll->viewport()->size()) - QSizeF(2, 2);
    const double fitted = std::min((room.width() - 2.0 * theme.px(kMargin)) / m_millimetres.width(),
                                   (room.height() - theme.px(kRuler + kMargin)) / m_millimetres.height());
    m_page->setScale(zoom == 0 ? std::max(0.2, fitted) : zoom * PageView::paperScale(*this));
}

}  // namespace ketscope
