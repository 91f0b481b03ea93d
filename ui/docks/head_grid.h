// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/docks/head_pictures.h"
#include "ui/study_controller.h"

#include <QImage>
#include <QTimer>
#include <QWidget>

class QMenu;

namespace ketscope {

// One small picture for every head of the selected stack: rows are layers, columns heads, or in each layer the heads
// from the largest measure to the least. Maps, or one coloured cell a head; the heads with the largest measure are
// marked.
class HeadGrid : public QWidget {
    Q_OBJECT

public:
    HeadGrid(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    void setPicture(HeadPicture picture);
    HeadPicture picture() const
    {
        return m_controller.comparison() ? shownPicture(*m_controller.comparison(), m_picture) : m_picture;
    }
    std::size_t layers() const;
    std::size_t heads() const;
    bool showsNumbers() const;
    const HeadPictures& drawn() const { return m_drawn; }
    QRectF cellRect(std::size_t layer, std::size_t head) const;
    // Above a column: a head's number, or where heads are sorted the place "1st".
    QString columnTitle(std::size_t place) const;
    // In a cell of sorted heads, as long as there is room: "H7", "7" or nothing.
    QString cellTag(std::size_t head) const;
    bool hasPictures() const { return !m_drawn.pictures.empty(); }
    // Acts of one head, for its context menu.
    void fillMenu(QMenu& menu, std::size_t layer, std::size_t head);

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
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
    void redrawIfAffected();
    bool isSorted() const { return !m_drawn.order.empty() && m_controller.study().view.heatmap.sortHeads; }
    std::optional<QRectF> pointedCell() const;
    std::size_t placeOf(std::size_t layer, std::size_t head) const;
    std::size_t headAt(std::size_t layer, std::size_t place) const;
    bool isPatched(std::size_t layer, std::size_t head) const;
    QString patcherTag() const;
    void describe();
    Table spokenTable() const;
    void paintLabels(QPainter& painter) const;
    void paintCell(QPainter& painter, std::size_t layer, std::size_t head) const;
    void paintMark(QPainter& painter, const QRectF& cell) const;
    void paintTag(QPainter& painter, const QRectF& cell, std::size_t head) const;
    void paintLegend(QPainter& painter) const;

    StudyController& m_controller;
    Appearance& m_appearance;
    HeadPicture m_picture = HeadPicture::Candidate;
    std::size_t m_stack = 0;  // that the pictures are of
    HeadPictures m_drawn;
    std::optional<QRectF> m_marked;  // the cell that the pointer is at, here or in another view
    ViewSettings m_view;             // that they were asked for with
    Job m_drawing;
    QTimer m_rest;  // all heads are drawn when the slider rests
};

// The grid with its switch.
class HeadsSection : public Section {
    Q_OBJECT

public:
    HeadsSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void addMeasures(HeadGrid& grid);
    void refreshStacks();
    void refreshControls(const HeadGrid& grid);
    void refreshPictures(const HeadGrid& grid);

    StudyController& m_controller;
    ChoiceBox* m_stacks;
    Segment* m_pictures;
    Segment* m_cells;
    ChoiceBox* m_measure;
    TickBox* m_sorted;
};

}  // namespace ketscope
