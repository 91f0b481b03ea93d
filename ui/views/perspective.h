// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/controls/explanation.h"
#include "ui/study_controller.h"

namespace ketscope {

// A page of the window's centre, and what stands in the docks beside it. Its actions() are entries of the Run menu.
class Perspective : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    // The figure that is exported from here: an id of figures.def.
    virtual QString figureId() const = 0;
    virtual void copyImage() const = 0;
    virtual void copyValues() const = 0;  // tab-separated
    virtual void takeFocus() = 0;
    virtual void resetZoom() {}
    virtual bool drawsCircuit() const { return false; }
    virtual void exportCircuit() {}     // asks for a file, where a circuit is drawn
    virtual void importCounts() {}      // likewise: counts of that circuit, measured elsewhere
    virtual void stepCircuit(int step)  // ±1 column of a drawn circuit
    {
        static_cast<void>(step);
    }

    // Sections that take the place of the window's own in the left and right dock, made for the caller; empty = the
    // window's stay.
    virtual std::vector<QWidget*> makeLeftSections() { return {}; }
    virtual std::vector<QWidget*> makeRightSections() { return {}; }

    // Why there is nothing to see here for what is open, as one sentence; empty = there is.
    virtual QString obstacle() const { return {}; }

    // Whether `error` stands on the page, so that it need not be said elsewhere.
    virtual bool says(const QString& error) const
    {
        static_cast<void>(error);
        return false;
    }

    // "What am I looking at?" as plain rich text: formula, shapes, direction, normalisation, mask, what is left out of
    // sight. A page that explains itself puts makeExplanationButton() at the end of its header.
    virtual QString explanation() const { return {}; }
    void explain();

signals:
    void exportWanted(const QString& figureId);
    void inputWanted();  // the dialog with all of the input
    void shownWanted();  // this page, from wherever its action was called

protected:
    ExplanationButton* makeExplanationButton(Appearance& appearance, QWidget* parent);

private:
    ExplanationButton* m_explain = nullptr;
};

// Parts of explanations that several perspectives share, one HTML paragraph each; the traces' formulas, what maps there
// are and what the mask lets through. Empty without a comparison.
QString explainTraces(const StudyController& controller);
QString explainMaps(const StudyController& controller);
QString explainMask(const StudyController& controller);

// A row of the list in perspective.cpp. The tool bar, the View menu and the keys 1, 2, … follow from it.
struct PerspectiveType {
    QString id;
    QString title;  // plain
    Perspective* (*make)(StudyController& controller, Appearance& appearance, QWidget* parent);
};

const std::vector<PerspectiveType>& perspectiveTypes();

}  // namespace ketscope
