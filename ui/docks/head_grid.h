// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"

#include <QImage>
#include <QWidget>

class QMenu;

namespace ketscope {

enum class HeadPicture { Baseline, Candidate, Difference };

// One small picture for every head of the selected stack: rows are layers, columns heads. Large models get one coloured
// cell a head: mean entropy, or for the difference Jensen–Shannon divergence.
class HeadGrid : public QWidget {
    Q_OBJECT

public:
    HeadGrid(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    void setPicture(HeadPicture picture);
    HeadPicture picture() const { return m_picture; }
    std::size_t layers() const;
    std::size_t heads() const;
    bool showsScalars() const { return layers() > 24 || heads() > 16; }
    QRectF cellRect(std::size_t layer, std::size_t head) const;
    bool hasPictures() const { return !m_pictures.empty(); }
    // Acts of one head, for its context menu.
    void fillMenu(QMenu& menu, std::size_t layer, std::size_t head);

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct CellAt {
        std::size_t layer;
        std::size_t head;
    };
    double cellSize(double width) const;
    double labelWidth() const;
    std::optional<CellAt> cellAt(QPointF where) const;
    void select(std::size_t layer, std::size_t head);
    void redraw();
    bool isPatched(std::size_t layer, std::size_t head) const;
    QString patcherTag() const;
    void describe();
    void paintLabels(QPainter& painter) const;
    void paintCell(QPainter& painter, std::size_t layer, std::size_t head) const;
    void paintLegend(QPainter& painter) const;

    StudyController& m_controller;
    Appearance& m_appearance;
    HeadPicture m_picture = HeadPicture::Candidate;
    std::size_t m_stack = 0;         // that the pictures are of
    std::vector<QImage> m_pictures;  // layers × heads
    Job m_drawing;
};

// The grid with its switch.
class HeadsSection : public Section {
    Q_OBJECT

public:
    HeadsSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refreshStacks();

    StudyController& m_controller;
    ChoiceBox* m_stacks;
};

}  // namespace ketscope
