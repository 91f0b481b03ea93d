// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/selected_maps.h"

#include "viz/labels.h"
#include "viz/thumbnail.h"

#include <QHBoxLayout>
#include <QPainter>

#include <algorithm>
#include <tuple>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kLargest = 108.0;
constexpr double kLeast = 48.0;
constexpr double kChip = 16.0;
constexpr double kApart = 4.0;  // between a map and its letter
constexpr int kMapPixels = 128;

}  // namespace

SmallMap::SmallMap(Appearance& appearance, QWidget* parent) : QAbstractButton(parent), m_appearance(appearance)
{
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&appearance, &Appearance::changed, this, &QWidget::updateGeometry);
}

void SmallMap::show(std::size_t trace, const QImage& map)
{
    m_trace = trace;
    m_map = map;
    setVisible(true);
    update();
}

double SmallMap::side(double width) const { return std::min(width, m_appearance.theme().px(kLargest)); }

int SmallMap::heightForWidth(int width) const { return qCeil(side(width) + m_appearance.theme().px(kApart + kChip)); }

QSize SmallMap::sizeHint() const
{
    const int width = qRound(m_appearance.theme().px(kLargest));
    return {width, heightForWidth(width)};
}

QSize SmallMap::minimumSizeHint() const
{
    const int width = qRound(m_appearance.theme().px(kLeast));
    return {width, heightForWidth(width)};
}

void SmallMap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    const double side = this->side(width());
    // A map of more keys than queries is as wide as it is, and lower.
    const QSizeF size = QSizeF(m_map.size()).scaled(side, side, Qt::KeepAspectRatio);
    const QRectF place(QPointF(0.0, 0.0), size);
    painter.fillRect(place, theme.panel);
    painter.setRenderHint(QPainter::SmoothPixmapTransform, m_map.width() > place.width() * devicePixelRatioF());
    painter.drawImage(place, m_map);
    const bool marked = hasFocus() || underMouse();
    const double line = marked ? 2.0 : 1.0;
    painter.setPen(QPen(marked ? theme.accent : theme.line2, line));
    painter.drawRect(place.adjusted(line / 2.0, line / 2.0, -line / 2.0, -line / 2.0));
    const double chip = theme.px(kChip);
    drawChip(painter, QRectF(0.0, place.bottom() + theme.px(kApart), chip, chip),
             QString::fromStdString(traceTag(m_trace)), theme.trace(m_trace), theme);
}

SelectedMaps::SelectedMaps(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller),
      m_appearance(appearance), m_maps{new SmallMap(appearance, this), new SmallMap(appearance, this)},
      m_redrawing(new WhenVisible(*this, [this] { redraw(); }))
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    for (std::size_t i = 0; i < m_maps.size(); ++i) {
        m_maps[i]->setObjectName(u"smallMap.%1"_s.arg(i));
        m_maps[i]->hide();
        row->addWidget(m_maps[i], 1);
        connect(m_maps[i], &QAbstractButton::clicked, this, [this] { m_controller.setPerspective("heatmap"); });
    }
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged})
        connect(&controller, signal, m_redrawing, &WhenVisible::request);
    connect(&controller, &StudyController::viewChanged, this, &SelectedMaps::redrawIfAffected);
    connect(&appearance, &Appearance::changed, m_redrawing, &WhenVisible::request);
    m_redrawing->request();
}

void SelectedMaps::redrawIfAffected()
{
    const auto affecting = [](const ViewSettings& view) {
        return std::tie(view.colourMap, view.scale, view.compared.baseline, view.compared.candidate);
    };
    if (affecting(m_controller.study().view) != affecting(m_view))
        m_redrawing->request();
}

void SelectedMaps::redraw()
{
    m_view = m_controller.study().view;
    const ComparisonPointer comparison = m_controller.comparison();
    const Selection& at = m_controller.selection();
    if (!comparison || comparison->traces.front()->stacks.at(at.stack).attention.at(at.layer) == nullptr) {
        m_drawing.cancel();
        for (SmallMap* map : m_maps)
            map->hide();
        return;
    }
    const ComparedPair pair = m_controller.pair();
    std::vector<std::size_t> traces{pair.baseline};
    if (pair.candidate != pair.baseline)
        traces.push_back(pair.candidate);
    m_drawing.start([this, comparison, traces, dark = m_appearance.theme().dark](Monitor&) -> Job::Delivery {
        std::vector<MapSource> sources;
        for (const std::size_t trace : traces)
            sources.push_back({trace, {}, false});
        const auto maps = headThumbnails(HeadMaps(comparison, comparison->study.selection), sources,
                                         {kMapPixels, kMapPixels}, comparison->study.view, dark);
        return [this, comparison, traces, maps] { show(comparison, traces, maps); };
    });
}

void SelectedMaps::show(const ComparisonPointer& comparison, const std::vector<std::size_t>& traces,
                        const std::vector<QImage>& maps)
{
    const Selection& at = comparison->study.selection;
    for (std::size_t i = 0; i < m_maps.size(); ++i) {
        SmallMap& map = *m_maps[i];
        map.setVisible(i < traces.size());
        if (i >= traces.size())
            continue;
        map.show(traces[i], maps[i]);
        const QString what =
            tr("Attention %1, L%2 H%3").arg(QString::fromStdString(traceTag(traces[i]))).arg(at.layer).arg(at.head);
        map.setAccessibleName(tr("%1: show the heatmap").arg(what));
        map.setToolTip(what + u'\n'
                       + (traces.size() > 1 ? tr("Rows are queries, columns keys; both maps are on one scale.")
                                            : tr("Rows are queries, columns keys."))
                       + u'\n' + tr("Click for the heatmap."));
    }
}

}  // namespace ketscope
