// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/lessons/lesson_card.h"

#include <QPointer>
#include <QTimer>

namespace ketscope {

// Darkens the window but for a step's targets and the lesson's card. Only these take input: the rest of the window gets
// neither mouse nor keys, Tab goes round in them, and Esc asks to end.
class LessonOverlay : public QWidget {
    Q_OBJECT

public:
    LessonOverlay(LessonPlayer& player, Appearance& appearance, QWidget& window);
    ~LessonOverlay() override;

    LessonCard& card() { return *m_card; }
    // Where a target that can be seen lies, in the overlay's coordinates, and the number of its instruction, 0 = none.
    struct Hole {
        QRect rect;
        int number = 0;

        bool operator==(const Hole&) const = default;
    };
    std::vector<Hole> holes() const;
    // Keys that act in every step.
    void setKeys(const QList<QKeySequence>& keys) { m_keys = keys; }
    // Targets of the step that the window does not have.
    QStringList missingTargets() const;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Lit {
        QPointer<QWidget> widget;
        int number = 0;  // of its instruction; 0 = none
    };

    void begin();
    void finish();
    void findTargets();
    void bringIntoView();
    void follow();
    bool isBuried() const;
    void place();
    void refreshMask();
    QPointF badgeOf(const Hole& hole) const;
    bool mayUse(const QObject* object) const;
    bool mayPress(QKeyCombination key) const;
    bool filterKey(QKeyEvent& key, const QObject* watched);
    void moveFocus(bool forward);
    std::vector<QWidget*> focusChain() const;

    LessonPlayer& m_player;
    Appearance& m_appearance;
    QWidget& m_window;
    LessonCard* m_card;
    std::vector<Lit> m_targets;
    std::vector<Hole> m_holes;
    QStringList m_missing;
    QList<QKeySequence> m_keys;
    QTimer m_follow;
};

// The place for a card: inside the largest rectangle of `room` that is free of `taken`. `heightFor` says what a width
// needs. Where nothing is free it lies at the lower right.
QRect placeInFreeRoom(const QRect& room, const std::vector<QRect>& taken, int preferredWidth, int smallestWidth,
                      const std::function<int(int)>& heightFor);

}  // namespace ketscope
