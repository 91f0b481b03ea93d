// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/job.h"
#include "ui/study_controller.h"
#include "ui/when_visible.h"
#include "viz/figure.h"

#include <QPixmap>
#include <QTimer>
#include <QWidget>

namespace ketscope {

// Any figure on screen: made in a job, painted once into a pixmap, with its sentence under the pointer; a click selects
// what it names. The figure follows the study as long as it can be seen.
class FigurePane : public QWidget {
    Q_OBJECT

public:
    FigurePane(const QString& figureId, StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    const QString& figureId() const { return m_type.id; }
    const Figure* figure() const { return m_figure.get(); }
    QRectF area() const;
    // What the figure is of; the controller's comparison unless another source is given.
    void setSource(std::function<ComparisonPointer()> source);
    void refresh() { m_rebuilding->request(); }         // something beside study and result changed
    void setInDock(bool inDock) { m_inDock = inDock; }  // on a dock's ground
    void setOfHead(bool ofHead) { m_ofHead = ofHead; }  // of the selected head's map alone
    // When what is shown no longer holds, where that is not when the whole result does not.
    void setOutdatedWhen(std::function<bool()> outdated) { m_outdated = std::move(outdated); }
    bool isOutdated() const;
    void copyTable() const;  // tab-separated
    void copyImage() const;
    void exportCircuit();  // asks for a file; nothing where the figure draws no circuit

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

signals:
    void figureChanged();
    void exportWanted(const QString& figureId);
    void itemChosen(std::size_t item);  // Hit::item
    void countsWanted();                // of the circuit that is drawn

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    // What of a hit the other views can mark.
    virtual Pointed pointedAt(const Hit& hit) const { return hit; }

private:
    void rebuild();
    void mark();
    void accept(std::shared_ptr<const Figure> figure, const ComparisonPointer& comparison);
    void invalidate();
    void drawCache();
    bool isLate() const { return m_job.isRunning() && !m_late.isActive(); }
    void paintWithoutFigure(QPainter& painter) const;
    QColor ground() const;
    void choose(const Hit& hit, bool keyOnly);

    const FigureType& m_type;
    StudyController& m_controller;
    Appearance& m_appearance;
    std::function<ComparisonPointer()> m_source;
    std::shared_ptr<const Figure> m_figure;
    ComparisonPointer m_comparison;  // that the figure is of
    QString m_problem;
    QPixmap m_cache;
    std::vector<QRectF> m_marked;  // places of what the pointer is at
    bool m_inDock = false;
    bool m_ofHead = false;
    std::function<bool()> m_outdated;
    bool m_failed = false;
    QTimer m_late;  // since a figure was begun: only one that takes longer is said to be on its way
    Job m_job;
    Job m_exportJob;
    WhenVisible* m_rebuilding;
};

}  // namespace ketscope
