// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/alignment.h"
#include "ui/views/alignment_pane.h"
#include "ui/views/pane_page.h"
#include "ui/when_visible.h"

#include <QSplitter>
#include <QStackedWidget>

namespace ketscope {

class OverlaySection;

// Alignment: what words see of the image, by every method that is defined for the model.
class AlignmentPage : public PanePage {
    Q_OBJECT

public:
    AlignmentPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    std::vector<QWidget*> makeLeftSections() override;
    std::vector<QWidget*> makeRightSections() override;
    QString obstacle() const override;
    QString explanation() const override;

private:
    QString normalisationOf(const AlignmentSource& source) const;
    AlignmentPane* addAlignmentPane(const char* figureId, AlignmentPane::Arrows arrows, QWidget* parent);
    QWidget* makeHeader();
    QWidget* makeBelow();
    QWidget* makeBelowHeader(QWidget* parent);
    void choose(int method);
    void arrange() override;
    void refreshControls();
    void refreshMethods();
    void refreshSanity();
    void computeRelevance();

    Segment* m_methods = nullptr;
    ChoiceBox* m_methodBox = nullptr;  // in place of the segment where that has no room
    ChoiceBox* m_scale = nullptr;
    ChoiceBox* m_colourMap = nullptr;
    QBoxLayout* m_belowHeader = nullptr;
    Segment* m_below = nullptr;        // every word, or the assignment
    Segment* m_differences = nullptr;  // A and B, or their difference
    QPushButton* m_sanity = nullptr;
    ElidedLabel* m_sanityText = nullptr;
    AlignmentPane* m_pictures = nullptr;
    AlignmentPane* m_tokens = nullptr;
    AlignmentPane* m_assignment = nullptr;
    AlignmentPane* m_patch = nullptr;
    OverlaySection* m_overlay = nullptr;
    QStackedWidget* m_pages = nullptr;
    QSplitter* m_split = nullptr;
    QScrollArea* m_scroll = nullptr;
    WhenVisible* m_relevance = nullptr;
    std::vector<std::shared_ptr<const Trace>> m_relevanceOf;  // for which it was asked
    bool m_arrangedByHand = false;
};

}  // namespace ketscope
