// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lessons/lesson_card.h"

#include "ui/controls/controls.h"
#include "ui/lessons/lesson_parts.h"

#include <QMouseEvent>
#include <QPainter>
#include <QRadioButton>
#include <QScrollBar>
#include <QTimer>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kWidth = 644.0;
constexpr double kSmallest = 340.0;
constexpr double kBesideFrom = 540.0;  // the prediction stands beside the text from this width on
constexpr double kPrediction = 216.0;
constexpr double kRadius = 6.0;

}  // namespace

LessonCard::LessonCard(LessonPlayer& player, Appearance& appearance, QWidget* parent)
    : QFrame(parent), m_player(player), m_appearance(appearance)
{
    setObjectName(u"lessonCard"_s);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(1, 1, 1, 1);
    column->setSpacing(0);
    m_head = makeHead();
    m_scroll = makeScrollArea(makeBody(), this);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_foot = makeFoot();
    m_ask = makeAsk();
    column->addWidget(m_head);
    column->addWidget(m_scroll, 1);
    column->addWidget(m_foot);
    column->addWidget(m_ask);
    m_ask->hide();
    connect(&player, &LessonPlayer::stepChanged, this, &LessonCard::showStep);
    connect(&player, &LessonPlayer::progressed, this, &LessonCard::showProgress);
    connect(&appearance, &Appearance::changed, this, [this] {
        applySizes();
        if (m_player.isPlaying())
            showStep();
    });
    applySizes();
}

QWidget* LessonCard::makeHead()
{
    auto* head = new QWidget(this);
    head->setCursor(Qt::SizeAllCursor);
    m_lesson = makeLabel({}, "title", head);
    m_lesson->setObjectName(u"lessonTitle"_s);
    m_place = makeLabel({}, "", head);
    m_place->setObjectName(u"lessonPlace"_s);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(16, 10, 16, 10);
    row->addWidget(m_lesson, 1);
    row->addWidget(m_place);
    return head;
}

QWidget* LessonCard::makeBody()
{
    m_body = new QWidget(this);
    m_body->setProperty("ground", u"panel"_s);
    m_progress = new LessonProgress(m_appearance, m_body);
    m_title = makeLabel({}, "lesson", m_body);
    m_title->setWordWrap(true);
    m_text = makeMarkdown("read", m_body);
    m_text->setObjectName(u"lessonText"_s);
    m_instructions = new QVBoxLayout;
    m_instructions->setSpacing(6);
    auto* words = new QVBoxLayout;
    words->setSpacing(8);
    words->addWidget(m_title);
    words->addWidget(m_text);
    words->addLayout(m_instructions);
    words->addStretch(1);
    m_prediction = new QFrame(m_body);
    m_prediction->setProperty("role", u"aside"_s);
    m_predictionLines = new QVBoxLayout(m_prediction);
    m_predictionLines->setContentsMargins(12, 10, 12, 10);
    m_predictionLines->setSpacing(6);
    m_columns = new QBoxLayout(QBoxLayout::LeftToRight);
    m_columns->setSpacing(16);
    m_columns->addLayout(words, 1);
    m_columns->addWidget(m_prediction, 0, Qt::AlignTop);
    m_hint = makeMarkdown("hintText", m_body);
    m_answer = makeMarkdown("answer", m_body);
    m_answer->setObjectName(u"lessonAnswer"_s);
    m_caveat = makeMarkdown("caveat", m_body);
    auto* column = new QVBoxLayout(m_body);
    column->setContentsMargins(18, 12, 18, 14);
    column->setSpacing(10);
    column->addWidget(m_progress);
    column->addLayout(m_columns);
    for (QLabel* label : {m_hint, m_answer, m_caveat})
        column->addWidget(label);
    column->addStretch(1);
    return m_body;
}

QWidget* LessonCard::makeFoot()
{
    auto* foot = new QWidget(this);
    m_waiting = makeLabel({}, "", foot);
    m_waiting->setObjectName(u"lessonWaiting"_s);
    m_waiting->setWordWrap(true);
    m_hintButton = makeLink({}, foot);
    auto* end = makeLink({}, foot);
    end->setObjectName(u"endLesson"_s);
    m_showMe = new QPushButton(foot);
    m_showMe->setObjectName(u"showMe"_s);
    m_back = new QPushButton(foot);
    m_back->setObjectName(u"lessonBack"_s);
    m_next = new QPushButton(foot);
    m_next->setObjectName(u"lessonNext"_s);
    m_next->setProperty("role", u"primary"_s);
    auto* row = new QHBoxLayout;
    row->setSpacing(10);
    row->addStretch(1);
    for (QPushButton* button : {m_hintButton, end, m_showMe, m_back, m_next}) {
        button->setAutoDefault(true);
        row->addWidget(button);
    }
    m_footLines = new QBoxLayout(QBoxLayout::LeftToRight, foot);
    m_footLines->setContentsMargins(16, 9, 16, 9);
    m_footLines->setSpacing(10);
    m_footLines->addWidget(m_waiting, 1);
    m_footLines->addLayout(row);
    m_buttons.insert(m_buttons.end(),
                     {{m_hintButton, "Hin&t"}, {end, "End lesson"}, {m_showMe, "&Show me"}, {m_back, "&Back"}});
    connect(m_hintButton, &QPushButton::clicked, this, [this] {
        m_hint->setVisible(!m_hint->isVisible());
        emit changed();
    });
    connect(end, &QPushButton::clicked, this, &LessonCard::askToEnd);
    connect(m_showMe, &QPushButton::clicked, &m_player, &LessonPlayer::showMe);
    connect(m_back, &QPushButton::clicked, &m_player, &LessonPlayer::back);
    connect(m_next, &QPushButton::clicked, &m_player, &LessonPlayer::next);
    return foot;
}

QWidget* LessonCard::makeAsk()
{
    auto* ask = new QWidget(this);
    m_question = makeLabel({}, "value", ask);
    m_question->setWordWrap(true);
    m_keepOn = new QPushButton(ask);
    m_keepOn->setObjectName(u"keepOn"_s);
    auto* again = new QPushButton(ask);
    auto* end = new QPushButton(ask);
    end->setObjectName(u"reallyEnd"_s);
    end->setProperty("role", u"primary"_s);
    auto* row = new QHBoxLayout(ask);
    row->setContentsMargins(16, 9, 16, 9);
    row->setSpacing(10);
    row->addWidget(m_question, 1);
    for (QPushButton* button : {m_keepOn, again, end}) {
        button->setAutoDefault(true);
        row->addWidget(button);
    }
    m_buttons.insert(m_buttons.end(), {{m_keepOn, "Keep on"}, {again, "Start again"}, {end, "End"}});
    connect(m_keepOn, &QPushButton::clicked, this, [this] { setAsking(false); });
    connect(again, &QPushButton::clicked, this, [this] {
        setAsking(false);
        m_player.restart();
    });
    connect(end, &QPushButton::clicked, this, &LessonCard::endWanted);
    return ask;
}

void LessonCard::applySizes()
{
    const Theme& theme = m_appearance.theme();
    m_prediction->setMaximumWidth(m_sideBySide ? qRound(theme.px(kPrediction)) : QWIDGETSIZE_MAX);
    m_prediction->setMinimumWidth(m_sideBySide ? qRound(theme.px(kPrediction)) : 0);
}

int LessonCard::preferredWidth() const { return qRound(m_appearance.theme().px(kWidth)); }

int LessonCard::smallestWidth() const { return qRound(m_appearance.theme().px(kSmallest)); }

void LessonCard::choose(bool sideBySide)
{
    if (sideBySide == m_sideBySide)
        return;
    m_sideBySide = sideBySide;
    m_columns->setDirection(sideBySide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    m_footLines->setDirection(sideBySide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    m_columns->setAlignment(m_prediction, sideBySide ? Qt::AlignTop : Qt::Alignment());
    applySizes();
}

int LessonCard::heightFor(int width)
{
    choose(width >= m_appearance.theme().px(kBesideFrom));
    QLayout* body = m_body->layout();
    body->activate();
    const int inside = width - 2;
    const auto heightOf = [&](QWidget* part) {
        QLayout* layout = part->layout();
        return layout->hasHeightForWidth() ? layout->totalHeightForWidth(inside) : layout->totalSizeHint().height();
    };
    return heightOf(m_head) + heightOf(m_body) + heightOf(m_asking ? m_ask : m_foot) + 6;
}

void LessonCard::resizeEvent(QResizeEvent* event)
{
    QFrame::resizeEvent(event);
    choose(width() >= m_appearance.theme().px(kBesideFrom));
}

QString LessonCard::said(const char* english) const { return QString::fromStdString(m_player.lesson().said(english)); }

void LessonCard::showTitle()
{
    const Lesson& lesson = m_player.lesson();
    m_lesson->setText(said("Lesson %1 · %2").arg(lesson.number).arg(QString::fromStdString(lesson.title)));
}

void LessonCard::askToEnd() { setAsking(true); }

void LessonCard::setAsking(bool on)
{
    m_asking = on;
    m_ask->setVisible(on);
    m_foot->setVisible(!on);
    emit changed();
    if (on)
        m_keepOn->setFocus(Qt::OtherFocusReason);
    else
        takeFocus();
}

void LessonCard::takeFocus()
{
    if (m_asking)
        return m_keepOn->setFocus(Qt::OtherFocusReason);
    if (!m_choices.empty() && m_choices.front().first->isEnabled())
        return m_choices.front().first->setFocus(Qt::OtherFocusReason);
    (m_next->isEnabled() ? m_next : m_showMe)->setFocus(Qt::OtherFocusReason);
}

void LessonCard::showStep()
{
    const LessonStep& step = m_player.step();
    const std::size_t steps = m_player.lesson().steps.size();
    m_moved = m_wasReady = false;
    for (const auto& [button, words] : m_buttons)
        button->setText(said(words));
    m_question->setText(said("End the lesson? What was open comes back as it was."));
    m_place->setText(said("Step %1 of %2").arg(m_player.index() + 1).arg(steps));
    m_progress->show(m_player.index(), steps);
    m_title->setText(QString::fromStdString(step.title));
    m_text->setText(paragraphs(QString::fromStdString(step.text), *m_text, m_appearance.theme()));
    m_hint->setText(said("**Hint.** %1").arg(QString::fromStdString(step.hint)));
    m_hint->hide();
    m_scroll->verticalScrollBar()->setValue(0);
    showInstructions();
    showPrediction();
    showProgress();
}

void LessonCard::showInstructions()
{
    clearLayout(*m_instructions);
    const auto& instructions = m_player.step().instructions;
    for (std::size_t i = 0; i < instructions.size(); ++i) {
        auto* row = new QHBoxLayout;
        row->setSpacing(10);
        row->addWidget(new LessonBadge(static_cast<int>(i + 1), m_appearance, m_body), 0, Qt::AlignTop);
        QLabel* text = makeMarkdown("read", m_body);
        text->setText(QString::fromStdString(instructions[i].text));
        row->addWidget(text, 1);
        m_instructions->addLayout(row);
    }
}

void LessonCard::showPrediction()
{
    clearLayout(*m_predictionLines);
    m_choices.clear();
    const auto& prediction = m_player.step().prediction;
    m_prediction->setVisible(prediction.has_value());
    if (!prediction)
        return;
    m_predictionLines->addWidget(makeLabel(said("Before you act: predict"), "title", m_prediction));
    QLabel* question = makeMarkdown("", m_prediction);
    question->setText(QString::fromStdString(prediction->question));
    m_predictionLines->addWidget(question);
    for (std::size_t i = 0; i < prediction->choices.size(); ++i) {
        auto* choice = new QRadioButton(m_prediction);
        choice->setObjectName(u"choice.%1"_s.arg(i + 1));
        auto* words = new ChoiceText(*choice);
        words->setObjectName(u"choiceText.%1"_s.arg(i + 1));
        auto* row = new QHBoxLayout;
        row->setSpacing(2);
        row->addWidget(choice, 0, Qt::AlignTop);
        row->addWidget(words, 1);
        m_predictionLines->addLayout(row);
        m_choices.emplace_back(choice, words);
        connect(choice, &QRadioButton::clicked, &m_player, [this, i] { m_player.predict(i); });
    }
}

// After the act the choices say which was right; the learner's stays marked.
void LessonCard::showProgress()
{
    if (!m_player.isPlaying())
        return;
    const bool over = m_player.isMet() && (m_player.prediction() || !m_player.step().prediction);
    const auto& prediction = m_player.step().prediction;
    for (std::size_t i = 0; prediction && i < prediction->choices.size(); ++i) {
        const QString text = QString::fromStdString(prediction->choices[i].text);
        const bool right = over && m_player.right() == i;
        const bool wrong = over && m_player.prediction() == i && !right;
        const QString marked = right ? tr("%1 ✓").arg(text) : wrong ? tr("%1 ✗").arg(text) : text;
        auto* choice = m_choices.at(i).first;
        choice->setAccessibleName(marked);
        choice->setEnabled(!over);
        m_choices[i].second->setText(marked);
        setRole(*m_choices[i].second, right ? "good" : "value");
    }
    const QString answer = over ? m_player.answer() : QString();
    m_answer->setVisible(!answer.isEmpty());
    m_answer->setText(answer);
    const QString caveat = over ? m_player.caveat() : QString();
    m_caveat->setVisible(!caveat.isEmpty());
    m_caveat->setText(said("**Caveat.** %1").arg(caveat));
    showWaiting();
    emit changed();
    QWidget* now = !answer.isEmpty() ? m_answer : awaitsPrediction() ? m_prediction : nullptr;
    if (now != nullptr)
        QTimer::singleShot(0, now, [this, now] { m_scroll->ensureWidgetVisible(now); });
}

// All is done but the guess, which a small card may have scrolled out of sight.
bool LessonCard::awaitsPrediction() const
{
    return m_player.isReady() && m_player.isMet() && m_player.step().prediction && !m_player.prediction();
}

void LessonCard::showWaiting()
{
    const LessonStep& step = m_player.step();
    const bool asks = !step.until.isEmpty();
    if (!m_player.isReady())
        m_waiting->setText(said("◌ Getting ready…"));
    else if (m_player.mayGoOn())
        m_waiting->setText(asks ? said("● Done") : QString());
    else if (m_player.isMet())
        m_waiting->setText(said("○ Waiting for your prediction"));
    else
        m_waiting->setText(said("○ Waiting for %1").arg(QString::fromStdString(step.waiting)));
    setRole(*m_waiting, m_player.mayGoOn() ? "good" : "");
    m_hintButton->setVisible(!step.hint.empty() && !m_player.isMet());
    m_showMe->setVisible(asks && !m_player.isMet());
    m_showMe->setEnabled(m_player.isReady());
    m_back->setEnabled(m_player.index() > 0);
    m_next->setText(m_player.isLast() ? said("Fi&nish") : said("&Next →"));
    const bool hadFocus = isAncestorOf(QApplication::focusWidget());
    const bool opens = !m_next->isEnabled() && m_player.mayGoOn();
    m_next->setEnabled(m_player.mayGoOn());
    if (hadFocus && opens)
        m_next->setFocus(Qt::OtherFocusReason);
    if (m_player.isReady() && !std::exchange(m_wasReady, true))
        takeFocus();
}

void LessonCard::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    const QRect foot = (m_asking ? m_ask : m_foot)->geometry();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.line2, 1.0));
    painter.setBrush(theme.panel2);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    const QRectF body(1, m_head->geometry().bottom() + 1, width() - 2, foot.top() - m_head->geometry().bottom() - 1);
    painter.fillRect(body, theme.panel);
    painter.setPen(theme.line);
    painter.drawLine(body.topLeft(), body.topRight());
    painter.drawLine(body.bottomLeft(), body.bottomRight());
}

void LessonCard::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && event->position().y() <= m_head->geometry().bottom())
        m_grabbed = event->position().toPoint();
}

void LessonCard::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_grabbed)
        return;
    const QRect room = parentWidget()->rect();
    const QPoint wanted = mapToParent(event->position().toPoint()) - *m_grabbed;
    move(std::clamp(wanted.x(), 0, std::max(0, room.width() - width())),
         std::clamp(wanted.y(), 0, std::max(0, room.height() - height())));
    m_moved = true;
    emit movedByHand();
}

void LessonCard::mouseReleaseEvent(QMouseEvent*) { m_grabbed.reset(); }

}  // namespace ketscope
