// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/token_panel.h"

#include <QHBoxLayout>
#include <QScrollBar>

namespace ketscope {

using namespace Qt::StringLiterals;

TokenPanel::TokenPanel(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance),
      m_strip(new TokenStrip(controller, appearance)), m_caption(new CaptionStrip(controller, appearance)),
      m_minimap(new TokenMinimap(controller, appearance)), m_row(new QWidget), m_scroll(new QScrollArea(this)),
      m_heading(makeHeading())
{
    setProperty("ground", u"panel2"_s);
    setAttribute(Qt::WA_StyledBackground);
    auto* places = new QHBoxLayout(m_row);
    places->setContentsMargins(0, 0, 0, 0);
    for (QWidget* each : std::initializer_list<QWidget*>{m_strip, m_caption, m_minimap})
        places->addWidget(each);
    m_scroll->setWidget(m_row);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_heading);
    row->addWidget(m_scroll, 1);
    connectAll();
    refresh();
}

QWidget* TokenPanel::makeHeading()
{
    auto* heading = new QWidget(this);
    m_title = makeLabel({}, "title", heading);
    m_count = makeLabel({}, "hint", heading);
    m_hint = makeLabel({}, "hint", heading);
    m_direction = new Segment({tr("Query → keys"), tr("Key → queries")}, heading);
    m_direction->setObjectName(u"direction"_s);
    m_direction->setAccessibleName(tr("Direction"));
    m_direction->setToolTip(
        tr("Whether bars, row chart, ranks and filters follow the query's row or the key's column. R"));
    m_bars = new Segment({tr("Patch → tokens"), tr("Token entropy")}, heading);
    m_bars->setObjectName(u"captionBars"_s);
    m_bars->setAccessibleName(tr("Bars of the caption's tokens"));
    auto* title = new QHBoxLayout;
    title->addWidget(m_title);
    title->addStretch(1);
    title->addWidget(m_count);
    auto* column = new QVBoxLayout(heading);
    column->setContentsMargins(12, 8, 12, 4);
    column->setSpacing(4);
    column->addLayout(title);
    column->addWidget(m_direction, 0, Qt::AlignLeft);
    column->addWidget(m_bars, 0, Qt::AlignLeft);
    column->addWidget(m_hint);
    column->addStretch(1);
    return heading;
}

void TokenPanel::connectAll()
{
    connect(m_strip, &TokenStrip::selectionMoved, this, [this](const QRect& chip) {
        if (m_shown == m_strip)
            follow(chip);
    });
    connect(m_caption, &CaptionStrip::selectionMoved, this, [this](const QRect& chip) {
        if (m_shown == m_caption)
            follow(chip);
    });
    // A window that becomes narrower, or a longer text, would leave it out of sight.
    connect(m_scroll->horizontalScrollBar(), &QScrollBar::rangeChanged, m_strip, &TokenStrip::showSelected);
    connect(m_scroll->horizontalScrollBar(), &QScrollBar::rangeChanged, m_caption, &CaptionStrip::showSelected);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::viewChanged})
        connect(&m_controller, signal, this, &TokenPanel::refresh);
    connect(m_caption, &CaptionStrip::changed, this, &TokenPanel::refresh);
    connect(&m_appearance, &Appearance::changed, this, &TokenPanel::refresh);
    connect(m_direction, &Segment::chosen, this, [this](int index) {
        m_controller.changeView(
            [index](ViewSettings& view) { view.heatmap.direction = static_cast<AttentionDirection>(index); });
    });
    connect(m_bars, &Segment::chosen, this, [this](int index) {
        m_controller.changeView([index](ViewSettings& view) { view.alignment.tokenEntropy = index == 1; });
    });
}

void TokenPanel::follow(const QRect& chip) { m_scroll->ensureVisible(chip.center().x(), 0, chip.width(), 0); }

void TokenPanel::refresh()
{
    const bool caption = m_caption->applies();
    const bool overview = !caption && m_minimap->applies();
    QWidget* const before = m_shown;
    m_shown = caption ? static_cast<QWidget*>(m_caption) : overview ? static_cast<QWidget*>(m_minimap) : m_strip;
    for (QWidget* each : std::initializer_list<QWidget*>{m_strip, m_caption, m_minimap})
        each->setVisible(each == m_shown);
    const std::size_t count = caption ? m_caption->tokens() : m_controller.comparison() ? m_strip->tokens() : 0;
    m_title->setText(caption ? tr("Caption tokens") : tr("Input tokens"));
    m_count->setText(count == 1 ? tr("1 token") : tr("%1 tokens").arg(count));
    m_hint->setText(caption    ? tr("Click: token · Shift: add to the mean")
                    : overview ? tr("Click: query · Shift: key · drag: zoom")
                               : tr("Click: query · Shift: key · right-click: edit"));
    m_direction->setVisible(!caption);
    m_direction->choose(static_cast<int>(m_controller.study().view.heatmap.direction));
    m_bars->setVisible(caption);
    m_bars->choose(m_controller.study().view.alignment.tokenEntropy ? 1 : 0);
    m_bars->button(1)->setEnabled(m_caption->hasEntropy());
    m_bars->button(1)->setToolTip(m_caption->hasEntropy()
                                      ? tr("Of each token's row over the patches, in parts of ln n.")
                                      : tr("This method's rows are no distributions."));
    m_bars->button(0)->setToolTip(tr("What each token has of the selected patches, in parts of the largest."));
    applySize();
    if (m_shown != before && caption)
        m_caption->showSelected();
    else if (m_shown != before)
        m_strip->showSelected();
}

void TokenPanel::applySize()
{
    const Theme& theme = m_appearance.theme();
    m_heading->setFixedWidth(qRound(theme.px(252)));
    m_scroll->setFixedHeight(m_shown->sizeHint().height() + qRound(theme.px(12)));
}

}  // namespace ketscope
