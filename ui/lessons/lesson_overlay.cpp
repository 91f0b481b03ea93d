// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lessons/lesson_overlay.h"

#include "ui/lessons/lesson_parts.h"

#include <QApplication>
#include <QDockWidget>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollArea>
#include <QShortcut>
#include <QShortcutEvent>
#include <QTabBar>

#include <algorithm>
#include <map>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kFollowMs = 80;
constexpr int kAround = 4;  // a hole is larger than its target by this
constexpr int kMargin = 12;
constexpr float kScrim = 0.52F;
constexpr int kLeastHeight = 200;
constexpr int kReadable = 60;  // % of its height that a card needs

bool isFree(const QRect& rect, const std::vector<QRect>& taken)
{
    return std::ranges::none_of(taken, [&](const QRect& each) { return each.intersects(rect); });
}

// Where there is no room to read beside the targets: at the side or in the corner where least of them is covered.
QRect leastCovering(const QRect& room, const std::vector<QRect>& taken, std::initializer_list<int> widths,
                    const std::function<int(int)>& heightFor)
{
    const QRect inside = room.adjusted(kMargin, kMargin, -kMargin, -kMargin);
    QRect best;
    qint64 least = 0;
    for (const int wanted : widths) {
        const int width = std::min(wanted, inside.width()), height = std::min(heightFor(width), room.height() / 2);
        for (const int x : {inside.right() + 1 - width, inside.left(), inside.center().x() - width / 2}) {
            for (const int y : {inside.bottom() + 1 - height, inside.top(), inside.center().y() - height / 2}) {
                const QRect place(x, y, width, height);
                qint64 covered = 0;
                for (const QRect& rect : taken) {
                    const QRect both = rect.intersected(place);
                    covered += qint64{both.width()} * both.height();
                }
                if (best.isEmpty() || covered < least) {
                    best = place;
                    least = covered;
                }
            }
        }
    }
    return best;
}

}  // namespace

QRect placeInFreeRoom(const QRect& room, const std::vector<QRect>& taken, int preferredWidth, int smallestWidth,
                      const std::function<int(int)>& heightFor)
{
    std::vector<int> xs = {room.left(), room.right() + 1}, ys = {room.top(), room.bottom() + 1};
    for (const QRect& rect : taken) {
        xs.insert(xs.end(), {rect.left(), rect.right() + 1});
        ys.insert(ys.end(), {rect.top(), rect.bottom() + 1});
    }
    std::map<int, int> heights;
    const auto neededAt = [&](int width) {
        const auto known = heights.find(width);
        return known != heights.end() ? known->second : heights[width] = heightFor(width);
    };
    QRect best;
    std::tuple<bool, int, qint64> bestScore{false, 0, 0};  // holds all of the text; how much of it; area
    for (const int left : xs)
        for (const int right : xs)
            for (const int top : ys)
                for (const int bottom : ys) {
                    const QRect free = QRect(QPoint(left, top), QPoint(right - 1, bottom - 1)).intersected(room);
                    const QRect inside = free.adjusted(kMargin, kMargin, -kMargin, -kMargin);
                    const int width = std::min(preferredWidth, inside.width());
                    if (width < smallestWidth || inside.height() < kLeastHeight || !isFree(free, taken))
                        continue;
                    const int needed = neededAt(width), height = std::min(needed, inside.height());
                    const qint64 area = qint64{inside.width()} * inside.height();
                    const std::tuple score{height == needed, height * 100 / needed, area};
                    if (score <= bestScore)
                        continue;
                    bestScore = score;
                    best = QRect(0, 0, width, height);
                    best.moveCenter(inside.center());
                }
    const bool readable = std::get<0>(bestScore) || std::get<1>(bestScore) >= kReadable;
    return !best.isEmpty() && readable ? best : leastCovering(room, taken, {preferredWidth, smallestWidth}, heightFor);
}

LessonOverlay::LessonOverlay(LessonPlayer& player, Appearance& appearance, QWidget& window)
    : QWidget(&window), m_player(player), m_appearance(appearance), m_window(window),
      m_card(new LessonCard(player, appearance, this))
{
    setObjectName(u"lessonOverlay"_s);
    hide();
    m_follow.setInterval(kFollowMs);
    connect(&m_follow, &QTimer::timeout, this, &LessonOverlay::follow);
    connect(&player, &LessonPlayer::began, this, &LessonOverlay::begin);
    connect(&player, &LessonPlayer::ended, this, &LessonOverlay::finish);
    connect(&player, &LessonPlayer::stepChanged, this, [this] {
        findTargets();
        QTimer::singleShot(0, this, [this] {
            bringIntoView();
            follow();
        });
    });
    connect(m_card, &LessonCard::changed, this, &LessonOverlay::place);
    connect(m_card, &LessonCard::movedByHand, this, &LessonOverlay::refreshMask);
    connect(m_card, &LessonCard::endWanted, &player, &LessonPlayer::end);
}

LessonOverlay::~LessonOverlay() { qApp->removeEventFilter(this); }

void LessonOverlay::begin()
{
    setGeometry(m_window.rect());
    m_card->showTitle();
    show();
    raise();
    m_follow.start();
    qApp->installEventFilter(this);
}

void LessonOverlay::finish()
{
    qApp->removeEventFilter(this);
    m_follow.stop();
    m_targets.clear();
    hide();
}

void LessonOverlay::findTargets()
{
    m_targets.clear();
    m_missing.clear();
    if (!m_player.isPlaying())
        return;
    const LessonStep& step = m_player.step();
    for (const std::string& name : step.litTargets()) {
        Lit lit;
        // Several pages may have a widget of this name: the one that can be seen counts.
        const auto all = m_window.findChildren<QWidget*>(QString::fromStdString(name));
        for (QWidget* each : all)
            if (lit.widget == nullptr || each->isVisible())
                lit.widget = each;
        for (std::size_t i = 0; i < step.instructions.size() && lit.number == 0; ++i)
            if (step.instructions[i].target == name)
                lit.number = static_cast<int>(i + 1);
        if (lit.widget)
            m_targets.push_back(lit);
        else
            m_missing += QString::fromStdString(name);
    }
}

QStringList LessonOverlay::missingTargets() const { return m_missing; }

// The first target's dock comes to the front, and every one is scrolled to.
void LessonOverlay::bringIntoView()
{
    for (auto lit = m_targets.rbegin(); lit != m_targets.rend(); ++lit)
        for (QWidget* above = lit->widget; above != nullptr; above = above->parentWidget()) {
            if (auto* area = qobject_cast<QScrollArea*>(above))
                area->ensureWidgetVisible(lit->widget);
            if (auto* dock = qobject_cast<QDockWidget*>(above))
                dock->raise();
        }
    raise();  // a dock that comes to the front comes before its siblings
}

std::vector<LessonOverlay::Hole> LessonOverlay::holes() const
{
    std::vector<Hole> holes;
    for (const Lit& lit : m_targets) {
        if (!lit.widget || !lit.widget->isVisible())
            continue;
        QRect seen = lit.widget->rect();  // cut by what scrolls it
        for (QWidget* above = lit.widget->parentWidget(); above != nullptr && above != &m_window;
             above = above->parentWidget())
            seen = seen.intersected(above->rect().translated(-lit.widget->mapTo(above, QPoint())));
        if (seen.isEmpty())
            continue;
        const QRect around(lit.widget->mapTo(&m_window, seen.topLeft()), seen.size());
        holes.push_back({around.adjusted(-kAround, -kAround, kAround, kAround).intersected(rect()), lit.number});
    }
    return holes;
}

// Docks that are arranged anew come before their siblings.
bool LessonOverlay::isBuried() const
{
    const QObjectList& siblings = m_window.children();
    const auto above = std::ranges::find(siblings, static_cast<const QObject*>(this)) + 1;
    return std::any_of(above, siblings.end(), [](const QObject* each) {
        const auto* dock = qobject_cast<const QDockWidget*>(each);
        const auto* widget = qobject_cast<const QWidget*>(each);
        return (dock != nullptr && dock->isVisible() && !dock->isFloating())
               || (qobject_cast<const QTabBar*>(widget) != nullptr && widget->isVisible());
    });
}

void LessonOverlay::follow()
{
    if (isBuried())
        raise();
    const bool resized = size() != m_window.size();
    if (resized)
        setGeometry(m_window.rect());
    findTargets();
    const std::vector<Hole> now = holes();
    if (now == m_holes && !resized)
        return;
    m_holes = now;
    place();
}

void LessonOverlay::place()
{
    if (!m_player.isPlaying())
        return;
    std::vector<QRect> taken;
    for (const Hole& hole : m_holes)
        taken.push_back(hole.rect);
    if (m_card->isMovedByHand())
        m_card->resize(m_card->width(), std::min(m_card->heightFor(m_card->width()), height()));
    else
        m_card->setGeometry(placeInFreeRoom(rect(), taken, m_card->preferredWidth(), m_card->smallestWidth(),
                                            [this](int width) { return m_card->heightFor(width); }));
    m_card->heightFor(m_card->width());  // arranged for the width that it has, whichever was asked for last
    refreshMask();
}

QPointF LessonOverlay::badgeOf(const Hole& hole) const
{
    const double radius = badgeRadius(m_appearance.theme()) + 1.0;
    return {std::max<double>(hole.rect.left() + 1, radius), std::max<double>(hole.rect.top() + 1, radius)};
}

// Where the mask is open, mouse and painting are those of the widgets below.
void LessonOverlay::refreshMask()
{
    QRegion region(rect());
    for (const Hole& hole : m_holes)
        region -= QRegion(hole.rect.adjusted(2, 2, -2, -2));
    const int radius = qCeil(badgeRadius(m_appearance.theme())) + 1;
    for (const Hole& hole : m_holes)
        if (hole.number > 0)
            region += QRegion(QRect(badgeOf(hole).toPoint() - QPoint(radius, radius), QSize(2 * radius, 2 * radius)),
                              QRegion::Ellipse);
    setMask(region + m_card->geometry());
    update();
    for (const Lit& lit : m_targets)  // what was darkened before may be open now
        if (lit.widget && lit.widget->parentWidget() != nullptr)
            lit.widget->parentWidget()->update();
}

void LessonOverlay::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    QRegion scrim(rect());
    for (const Hole& hole : m_holes)
        scrim -= hole.rect;
    QColor dark = Qt::black;
    dark.setAlphaF(kScrim);
    for (const QRect& part : scrim)
        painter.fillRect(part, dark);
    painter.setRenderHint(QPainter::Antialiasing);
    for (const Hole& hole : m_holes) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.accent, 2.0));
        painter.drawRect(QRectF(hole.rect).adjusted(1, 1, -1, -1));
    }
    for (const Hole& hole : m_holes)
        if (hole.number > 0)
            paintBadge(painter, badgeOf(hole), hole.number, theme);
}

bool LessonOverlay::mayUse(const QObject* object) const
{
    for (; object != nullptr; object = object->parent()) {
        if (object == m_card)
            return true;
        if (std::ranges::any_of(m_targets, [&](const Lit& lit) { return lit.widget == object; }))
            return true;
        if (object == &m_window)
            return false;
    }
    return true;  // of another window
}

bool LessonOverlay::mayPress(QKeyCombination key) const
{
    const QKeySequence pressed(key);
    if (m_keys.contains(pressed))
        return true;
    const auto& keys = m_player.step().keys;
    return std::ranges::any_of(keys, [&](const std::string& each) {
        return QKeySequence(QString::fromStdString(each)).matches(pressed) == QKeySequence::ExactMatch;
    });
}

std::vector<QWidget*> LessonOverlay::focusChain() const
{
    std::vector<QWidget*> chain;
    const auto append = [&](QWidget* top) {
        QList<QWidget*> all = top->findChildren<QWidget*>();
        all.prepend(top);
        for (QWidget* each : all)
            if (each->isVisible() && each->isEnabled() && (each->focusPolicy() & Qt::TabFocus) != 0)
                chain.push_back(each);
    };
    append(m_card);
    for (const Lit& lit : m_targets)
        if (lit.widget)
            append(lit.widget);
    return chain;
}

void LessonOverlay::moveFocus(bool forward)
{
    const std::vector<QWidget*> chain = focusChain();
    if (chain.empty())
        return;
    const auto count = static_cast<std::ptrdiff_t>(chain.size());
    const auto at = std::ranges::find(chain, QApplication::focusWidget()) - chain.begin();
    const auto next = at == count ? 0 : (at + (forward ? 1 : count - 1)) % count;
    chain[static_cast<std::size_t>(next)]->setFocus(forward ? Qt::TabFocusReason : Qt::BacktabFocusReason);
}

bool LessonOverlay::filterKey(QKeyEvent& key, const QObject* watched)
{
    if (key.key() == Qt::Key_Escape) {
        m_card->askToEnd();
        return true;
    }
    if (key.key() == Qt::Key_Tab || key.key() == Qt::Key_Backtab) {
        moveFocus(key.key() == Qt::Key_Tab);
        return true;
    }
    return !mayUse(watched);
}

bool LessonOverlay::eventFilter(QObject* watched, QEvent* event)
{
    if (!m_player.isPlaying() || QApplication::activeModalWidget() != nullptr)
        return false;
    if (event->type() == QEvent::Shortcut) {
        const QKeySequence sequence = static_cast<QShortcutEvent*>(event)->key();
        const auto* owner = qobject_cast<QWidget*>(watched);  // a button's own key
        const bool isShortcut = qobject_cast<QShortcut*>(watched) != nullptr;
        const auto* around = isShortcut ? qobject_cast<QWidget*>(watched->parent()) : owner;
        if (around != nullptr && around->window() != &m_window)
            return false;  // the presenter's notes; actions of menus are the window's
        if (sequence.isEmpty() || mayPress(sequence[0]) || (owner != nullptr && mayUse(owner)))
            return false;
        if (sequence[0].key() == Qt::Key_Escape)
            m_card->askToEnd();
        return true;
    }
    auto* widget = qobject_cast<QWidget*>(watched);
    if (widget == nullptr || widget->window() != &m_window)
        return false;
    if (event->type() == QEvent::KeyPress)
        return filterKey(*static_cast<QKeyEvent*>(event), watched);
    if (event->type() == QEvent::FocusIn && widget != this && !mayUse(widget))
        QTimer::singleShot(0, m_card, [this] {
            if (m_player.isPlaying() && !mayUse(QApplication::focusWidget()))
                m_card->takeFocus();
        });
    return false;
}

}  // namespace ketscope
