// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/mark_recorder.h"

#include <QFontMetricsF>
#include <QPaintEngine>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

// Takes every drawing call as it comes, with all features on so that the painter changes none of them.
class RecordingEngine final : public QPaintEngine {
public:
    explicit RecordingEngine(Marks& marks) : QPaintEngine(QPaintEngine::AllFeatures), m_marks(marks) {}

    bool begin(QPaintDevice*) override { return true; }
    bool end() override { return true; }
    Type type() const override { return QPaintEngine::User; }

    void updateState(const QPaintEngineState& changed) override
    {
        if (changed.state() & QPaintEngine::DirtyPen)
            m_pen = changed.pen();
        if (changed.state() & QPaintEngine::DirtyTransform)
            m_transform = changed.transform(), m_scale = std::sqrt(std::abs(m_transform.determinant()));
        if (changed.state() & QPaintEngine::DirtyOpacity)
            m_opacity = changed.opacity();
    }

    void drawPath(const QPainterPath&) override { stroke(); }
    void drawPolygon(const QPointF*, int, PolygonDrawMode) override { stroke(); }
    void drawPolygon(const QPoint*, int, PolygonDrawMode) override { stroke(); }
    void drawLines(const QLineF*, int) override { stroke(); }
    void drawLines(const QLine*, int) override { stroke(); }
    void drawRects(const QRectF*, int) override { stroke(); }
    void drawRects(const QRect*, int) override { stroke(); }
    void drawEllipse(const QRectF&) override { stroke(); }
    void drawEllipse(const QRect&) override { stroke(); }
    void drawPoints(const QPointF*, int) override { stroke(); }
    void drawPoints(const QPoint*, int) override { stroke(); }
    void drawPixmap(const QRectF&, const QPixmap&, const QRectF&) override { ++m_marks.images; }
    void drawTiledPixmap(const QRectF&, const QPixmap&, const QPointF&) override { ++m_marks.images; }
    void drawImage(const QRectF&, const QImage&, const QRectF&, Qt::ImageConversionFlags) override { ++m_marks.images; }

    void drawTextItem(const QPointF& at, const QTextItem& item) override
    {
        ++m_marks.texts;
        m_marks.smallestText = std::min(m_marks.smallestText, item.font().pixelSize() * m_scale);
        const double height = QFontMetricsF(item.font()).capHeight();
        const QRectF box(at.x(), at.y() - height, item.width(), height);
        if (!item.text().trimmed().isEmpty() && m_pen.color().alpha() > 0)
            m_marks.words.push_back(
                {item.text(), m_transform.map(QPolygonF(box)), item.font().weight() >= QFont::DemiBold});
    }

private:
    void stroke()
    {
        if (m_pen.style() == Qt::NoPen || m_pen.color().alpha() == 0 || m_opacity <= 0.0)
            return;
        ++m_marks.lines;
        // A pen of width 0 is one device pixel, which on paper is as thin as the device can.
        const double width = m_pen.isCosmetic() ? m_pen.widthF() : m_pen.widthF() * m_scale;
        m_marks.thinnestLine = std::min(m_marks.thinnestLine, width);
    }

    Marks& m_marks;
    QPen m_pen;
    QTransform m_transform;
    double m_scale = 1.0;
    double m_opacity = 1.0;
};

class RecordingDevice final : public QPaintDevice {
public:
    RecordingDevice(Marks& marks, QSize size) : m_engine(marks), m_size(size) {}
    QPaintEngine* paintEngine() const override { return &m_engine; }

protected:
    int metric(PaintDeviceMetric metric) const override
    {
        switch (metric) {
        case PdmWidth: return m_size.width();
        case PdmHeight: return m_size.height();
        case PdmDepth: return 32;
        case PdmNumColors: return std::numeric_limits<int>::max();
        case PdmDpiX:
        case PdmDpiY:
        case PdmPhysicalDpiX:
        case PdmPhysicalDpiY: return 96;
        case PdmDevicePixelRatio: return 1;
        default: return QPaintDevice::metric(metric);
        }
    }

private:
    mutable RecordingEngine m_engine;
    QSize m_size;
};

}  // namespace

Marks marksOf(const Figure& figure, const QRectF& area, const Theme& theme)
{
    Marks marks;
    RecordingDevice device(marks, area.toAlignedRect().size() + QSize(1, 1));
    QPainter painter(&device);
    figure.paint(painter, area, theme);
    painter.end();
    return marks;
}

namespace {

// The text that begins where another one ends, or ends where it begins; null = none. One text may be painted in pieces.
const MarkedText* touching(const Marks& marks, const MarkedText& word, bool after)
{
    constexpr double kGap = 1.5;
    constexpr int kRight = 2, kLeft = 3;  // lower corners
    const QPointF at = word.corners[after ? kRight : kLeft];
    for (const MarkedText& other : marks.words)
        if (other.strong && QLineF(other.corners[after ? kLeft : kRight], at).length() < kGap)
            return &other;
    return nullptr;
}

}  // namespace

QStringList cutTexts(const Marks& marks, const QRectF& page)
{
    QStringList cut;
    for (const MarkedText& word : marks.words)
        if (!page.contains(word.corners.boundingRect()))
            cut << word.text;
        else if (word.strong && word.text.endsWith(QChar(0x2026)) && touching(marks, word, true) == nullptr) {
            const MarkedText* before = touching(marks, word, false);
            cut << (before != nullptr ? before->text + word.text : word.text);
        }
    return cut;
}

QStringList overlaidTexts(const Marks& marks)
{
    constexpr double kTouch = 1.5;  // square units that may be shared: letters have room around them
    const auto area = [](const QPolygonF& polygon) {
        double twice = 0.0;
        for (qsizetype i = 0; i + 1 < polygon.size(); ++i)
            twice += polygon[i].x() * polygon[i + 1].y() - polygon[i + 1].x() * polygon[i].y();
        return std::abs(twice) / 2.0;
    };
    QStringList overlaid;
    for (std::size_t i = 0; i < marks.words.size(); ++i)
        for (std::size_t j = i + 1; j < marks.words.size(); ++j) {
            const QPolygonF &a = marks.words[i].corners, &b = marks.words[j].corners;
            if (a.boundingRect().intersects(b.boundingRect()) && area(a.intersected(b)) > kTouch)
                overlaid << QStringLiteral("“%1” over “%2”").arg(marks.words[j].text, marks.words[i].text);
        }
    return overlaid;
}

}  // namespace ketscope
