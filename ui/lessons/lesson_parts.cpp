// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lessons/lesson_parts.h"

#include "ui/controls/controls.h"
#include "viz/labels.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kBadge = 10.5;
constexpr double kBetweenParagraphs = 6.0;

}  // namespace

QLabel* makeMarkdown(const char* role, QWidget* parent)
{
    QLabel* label = makeLabel({}, role, parent);
    label->setTextFormat(Qt::MarkdownText);
    label->setWordWrap(true);
    label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    return label;
}

QString paragraphs(const QString& markdown, const QLabel& label, const Theme& theme)
{
    label.ensurePolished();
    QTextDocument document;
    document.setDefaultFont(label.font());
    document.setMarkdown(markdown);
    for (QTextBlock block = document.begin(); block.next().isValid(); block = block.next()) {
        QTextBlockFormat format = block.blockFormat();
        format.setBottomMargin(theme.px(kBetweenParagraphs));
        QTextCursor(block).setBlockFormat(format);
    }
    return document.toHtml();
}

void clearLayout(QLayout& layout)
{
    while (QLayoutItem* item = layout.takeAt(0)) {
        if (item->widget() != nullptr)
            item->widget()->deleteLater();
        if (item->layout() != nullptr)
            clearLayout(*item->layout());
        delete item;
    }
}

double badgeRadius(const Theme& theme) { return theme.px(kBadge); }

void paintBadge(QPainter& painter, QPointF centre, int number, const Theme& theme)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.accent);
    painter.drawEllipse(centre, badgeRadius(theme), badgeRadius(theme));
    const QFont font = theme.ui(kLabelPixels, QFont::DemiBold);
    drawLabel(painter, centre + QPointF(0.0, QFontMetricsF(font).capHeight() / 2.0), QString::number(number), font,
              theme.panel, theme, Anchor::Centre);
}

LessonProgress::LessonProgress(Appearance& appearance, QWidget* parent) : QWidget(parent), m_appearance(appearance)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void LessonProgress::show(std::size_t step, std::size_t steps)
{
    m_step = step;
    m_steps = steps;
    update();
}

QSize LessonProgress::sizeHint() const
{
    const Theme& theme = m_appearance.theme();
    return {qRound(theme.px(100)), qRound(theme.px(4))};
}

void LessonProgress::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const double gap = theme.px(8.0), count = static_cast<double>(m_steps);
    const double length = (width() - gap * (count - 1.0)) / count;
    QColor current = theme.accent;
    current.setAlphaF(0.6F);
    for (std::size_t i = 0; i < m_steps; ++i) {
        painter.setBrush(i < m_step ? theme.accent : i == m_step ? current : theme.line);
        painter.drawRoundedRect(QRectF(static_cast<double>(i) * (length + gap), 0, length, height()), 2, 2);
    }
}

LessonBadge::LessonBadge(int number, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_number(number), m_appearance(appearance)
{
    const int side = qCeil(2.0 * badgeRadius(appearance.theme())) + 2;
    setFixedSize(side, side);
}

void LessonBadge::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintBadge(painter, QRectF(rect()).center(), m_number, m_appearance.theme());
}

ChoiceText::ChoiceText(QRadioButton& choice) : QLabel(choice.parentWidget()), m_choice(choice)
{
    setWordWrap(true);
    setProperty("role", u"value"_s);
}

void ChoiceText::mouseReleaseEvent(QMouseEvent*) { m_choice.click(); }

}  // namespace ketscope
