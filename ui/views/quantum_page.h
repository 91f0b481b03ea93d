// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/pair_reader.h"
#include "ui/views/pane_page.h"

namespace ketscope {

// Quantum: one query and one key at the selected head, from their vectors through states, circuit and measurement to
// the weight. What the head's mechanism does not have is left out; its feature vectors stand in place of amplitudes.
class QuantumPage : public PanePage {
    Q_OBJECT

public:
    QuantumPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    std::vector<QWidget*> makeLeftSections() override;
    std::vector<QWidget*> makeRightSections() override;
    QString obstacle() const override;
    QString explanation() const override;
    bool drawsCircuit() const override;
    void exportCircuit() override;
    void importCounts() override;
    void stepCircuit(int step) override;
    // Draws the counts in `file` beside the circuit's exact outcomes; what is wrong with it is said by failed().
    void importCountsFrom(const QString& file, BitOrder order);

    const PairReader& reader() const { return *m_reader; }

private:
    QWidget* makeHeader();
    QWidget* makeNote();
    QWidget* makeCountsSection();
    void refresh();
    void refreshStages();
    void refreshTitle();
    void refreshPanes();
    void showPanes(const std::vector<std::pair<FigurePane*, bool>>& panes);
    void showCursor();
    void placeOutcomes();
    void arrange() override;

    PairReader* m_reader;
    QLabel* m_title = nullptr;
    ElidedLabel* m_place = nullptr;
    QLabel* m_note = nullptr;
    Segment* m_stage = nullptr;
    Segment* m_part = nullptr;
    QPushButton* m_back = nullptr;
    QPushButton* m_forward = nullptr;
    FigurePane* m_amplitudes = nullptr;
    FigurePane* m_features = nullptr;
    FigurePane* m_circuit = nullptr;
    QScrollArea* m_circuitArea = nullptr;
    QBoxLayout* m_header = nullptr;
    QVBoxLayout* m_figures = nullptr;
    QBoxLayout* m_below = nullptr;
    QBoxLayout* m_measured = nullptr;  // above it: what was counted, with the outcomes beside
    bool m_counted = false;            // whether they are there
    FigurePane* m_bloch = nullptr;
    FigurePane* m_density = nullptr;
    FigurePane* m_outcomes = nullptr;
    FigurePane* m_bonds = nullptr;
    FigurePane* m_counts = nullptr;
    Job m_import;
};

}  // namespace ketscope
