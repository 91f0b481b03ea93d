// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/controls.h"

#include "ui/appearance.h"

#include <QHash>
#include <QPainter>
#include <QStyle>
#include <QStyleOptionButton>
#include <QStyleOptionComboBox>
#include <QStylePainter>
#include <QWheelEvent>

namespace ketscope {

namespace {

// Remembers how high its lines are: a dock asks all of its labels whenever the text of one of them changes.
class Label final : public QLabel {
public:
    using QLabel::QLabel;

    int heightForWidth(int width) const override
    {
        if (m_measured != text()) {
            m_heights.clear();
            m_measured = text();
        }
        const auto known = m_heights.constFind(width);
        if (known != m_heights.constEnd())
            return *known;
        return *m_heights.insert(width, QLabel::heightForWidth(width));
    }

protected:
    bool event(QEvent* event) override
    {
        if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange
            || event->type() == QEvent::Polish || event->type() == QEvent::ContentsRectChange)
            m_heights.clear();
        return QLabel::event(event);
    }

private:
    mutable QString m_measured;
    mutable QHash<int, int> m_heights;
};

}  // namespace

QLabel* makeLabel(const QString& text, const char* role, QWidget* parent)
{
    auto* label = new Label(text, parent);
    label->setProperty("role", QString::fromLatin1(role));
    // Whatever family the style sheet chooses for tokens and numbers: no ligatures, as Theme::mono.
    QFont font = label->font();
    font.setStyleStrategy(QFont::PreferNoShaping);
    if (qstrcmp(role, "mono") == 0 || qstrcmp(role, "stale") == 0)
        label->setFont(font);
    return label;
}

QLabel* makeWrappedLabel(const char* role, QWidget* parent)
{
    QLabel* label = makeLabel({}, role, parent);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QScrollArea* makeScrollArea(QWidget* content, QWidget* parent)
{
    auto* area = new QScrollArea(parent);
    area->setWidget(content);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    return area;
}

void setRole(QWidget& widget, const char* role)
{
    const QString wanted = QString::fromLatin1(role);
    if (widget.property("role").toString() == wanted)
        return;
    widget.setProperty("role", wanted);
    widget.style()->unpolish(&widget);
    widget.style()->polish(&widget);
}

ElidedLabel::ElidedLabel(const char* role, QWidget* parent) : QLabel(parent)
{
    setProperty("role", QString::fromLatin1(role));
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

void ElidedLabel::paintEvent(QPaintEvent*)
{
    constexpr int kLeastCharacters = 5;
    const QString shown = fontMetrics().elidedText(text(), Qt::ElideRight, width());
    if (shown != text() && shown.size() <= kLeastCharacters)
        return;  // nothing that could be read
    QPainter painter(this);
    style()->drawItemText(&painter, rect(), Qt::AlignVCenter, palette(), isEnabled(), shown, foregroundRole());
}

QPushButton* makeLink(const QString& text, QWidget* parent)
{
    auto* link = new QPushButton(text, parent);
    link->setProperty("role", QStringLiteral("link"));
    link->setCursor(Qt::PointingHandCursor);
    return link;
}

void resizeInside(QWidget& dialog, QSize wanted)
{
    constexpr double kShare = 0.95;
    const QWidget* parent = dialog.parentWidget();
    dialog.resize(parent == nullptr ? wanted : wanted.boundedTo(parent->window()->size() * kShare));
}

void paintChevron(QWidget& widget, const QPalette& palette)
{
    QPainter painter(&widget);
    painter.setRenderHint(QPainter::Antialiasing);
    const double unit = widget.fontMetrics().height() / 15.0;
    const QPointF centre(widget.width() - 11.0 * unit, widget.height() / 2.0 + 0.5 * unit);
    const auto group = widget.isEnabled() ? QPalette::Active : QPalette::Disabled;
    painter.setPen(QPen(palette.color(group, QPalette::WindowText), 1.3 * unit, Qt::SolidLine, Qt::RoundCap));
    const QPointF points[] = {centre + QPointF(-3.5, -2) * unit, centre + QPointF(0, 1.7) * unit,
                              centre + QPointF(3.5, -2) * unit};
    painter.drawPolyline(points, 3);
}

void ChoiceBox::choose(const QVariant& id)
{
    const QSignalBlocker blocker(this);
    setCurrentIndex(findData(id));
}

void ChoiceBox::paintEvent(QPaintEvent*)
{
    QStyleOptionComboBox option;
    initStyleOption(&option);
    const QRect room = style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this);
    option.currentText = fontMetrics().elidedText(option.currentText, Qt::ElideRight, room.width());
    {
        QStylePainter painter(this);
        painter.drawComplexControl(QStyle::CC_ComboBox, option);
        painter.drawControl(QStyle::CE_ComboBoxLabel, option);
    }
    paintChevron(*this, palette());
}

void ChoiceBox::wheelEvent(QWheelEvent* event)
{
    if (hasFocus())
        return QComboBox::wheelEvent(event);
    event->ignore();
}

MenuButton::MenuButton(QWidget* parent) : QPushButton(parent) { setProperty("role", QStringLiteral("menu")); }

void MenuButton::paintEvent(QPaintEvent* event)
{
    static_cast<void>(event);
    QStyleOptionButton option;
    initStyleOption(&option);
    option.text.clear();
    QStylePainter painter(this);
    painter.drawControl(QStyle::CE_PushButton, option);
    const int unit = fontMetrics().height() / 2;
    const QRect room = rect().adjusted(unit, 0, -3 * unit, 0);
    const QString shown = fontMetrics().elidedText(text(), Qt::ElideMiddle, room.width());
    painter.drawItemText(room, Qt::AlignLeft | Qt::AlignVCenter, palette(), isEnabled(), shown, QPalette::ButtonText);
    paintChevron(*this, palette());
}

void TickBox::paintEvent(QPaintEvent* event)
{
    QCheckBox::paintEvent(event);
    if (!isChecked())
        return;
    QStyleOptionButton option;
    initStyleOption(&option);
    QPainter painter(this);
    paintTick(painter, style()->subElementRect(QStyle::SE_CheckBoxIndicator, &option, this), palette());
}

void paintTick(QPainter& painter, const QRectF& box, const QPalette& palette)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(palette.color(QPalette::HighlightedText), box.width() / 8.0, Qt::SolidLine, Qt::RoundCap));
    const QPointF points[] = {{box.left() + 0.25 * box.width(), box.top() + 0.53 * box.height()},
                              {box.left() + 0.43 * box.width(), box.top() + 0.72 * box.height()},
                              {box.left() + 0.76 * box.width(), box.top() + 0.3 * box.height()}};
    painter.drawPolyline(points, 3);
}

Segment::Segment(const QStringList& titles, QWidget* parent) : QWidget(parent)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    for (int index = 0; index < titles.size(); ++index) {
        auto* button = new QPushButton(titles[index], this);
        button->setCheckable(true);
        button->setProperty("role", QStringLiteral("segment"));
        button->setProperty("first", index == 0);
        button->setProperty("last", index == titles.size() - 1);
        m_buttons.addButton(button, index);
        row->addWidget(button);
    }
    m_buttons.setExclusive(true);
    choose(0);
    fitButtons();
    connect(&m_buttons, &QButtonGroup::idClicked, this, &Segment::chosen);
}

void Segment::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        fitButtons();
}

// The chosen one is semibold: every button has room for that, so that choosing moves nothing and cuts nothing.
void Segment::fitButtons()
{
    for (QAbstractButton* button : m_buttons.buttons()) {
        button->ensurePolished();
        QFont bold = button->font();
        bold.setWeight(QFont::DemiBold);
        const QString text = QString(button->text()).replace(QStringLiteral("&&"), QStringLiteral("&"));
        const int more = QFontMetrics(bold).horizontalAdvance(text) - button->fontMetrics().horizontalAdvance(text);
        button->setMinimumWidth(0);
        button->setMinimumWidth(button->sizeHint().width() + std::max(0, more) + 2);
    }
}

void Segment::offer(int index, bool offered)
{
    m_buttons.button(index)->setVisible(offered);
    std::vector<QAbstractButton*> shown;
    for (QAbstractButton* button : m_buttons.buttons())
        if (!button->isHidden())
            shown.push_back(button);
    for (QAbstractButton* button : shown) {  // the ends are round
        const bool first = button == shown.front(), last = button == shown.back();
        if (button->property("first") == first && button->property("last") == last)
            continue;
        button->setProperty("first", first);
        button->setProperty("last", last);
        button->style()->unpolish(button);
        button->style()->polish(button);
    }
}

void Segment::choose(int index)
{
    if (QAbstractButton* wanted = m_buttons.button(index))
        wanted->setChecked(true);
}

Section::Section(const QString& title, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_appearance(appearance), m_outer(new QVBoxLayout(this)), m_head(new QHBoxLayout),
      m_body(new QVBoxLayout), m_title(makeLabel(title, "title", this))
{
    m_head->addWidget(m_title);
    m_head->addStretch(1);
    m_outer->addLayout(m_head);
    m_outer->addLayout(m_body);
    applySpacing();
    connect(&appearance, &Appearance::changed, this, &Section::applySpacing);
}

void Section::addToTitleRow(QWidget* widget) { m_head->addWidget(widget); }

void Section::applySpacing()
{
    const auto px = [this](double pixels) { return qRound(m_appearance.theme().px(pixels)); };
    m_outer->setContentsMargins(px(12), px(9), px(12), px(11));
    m_outer->setSpacing(px(6));
    m_body->setSpacing(px(4));
    update();
}

void Section::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(m_appearance.theme().line);
    painter.drawLine(0, height() - 1, width(), height() - 1);
}

}  // namespace ketscope
