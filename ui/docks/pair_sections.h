// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/kept_grid.h"
#include "ui/pair_reader.h"

namespace ketscope {

// Which query, key and head.
class PairSection : public Section {
    Q_OBJECT

public:
    PairSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();

    StudyController& m_controller;
    ChoiceBox* m_query;
    ChoiceBox* m_key;
    ChoiceBox* m_layer;
    ChoiceBox* m_head;
};

// A bar for the score of the query with every key; a click, or an arrow key, chooses one.
class ScoreBars : public QWidget {
    Q_OBJECT

public:
    ScoreBars(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    // `trace`: whose scores they are.
    void show(std::vector<double> scores, QStringList names, std::size_t selected, std::size_t trace);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {0, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    double rowHeight() const;

    StudyController& m_controller;
    Appearance& m_appearance;
    std::vector<double> m_scores;
    QStringList m_names;
    std::size_t m_selected = 0;
    std::size_t m_trace = 0;
};

class ScoresSection : public Section {
    Q_OBJECT

public:
    ScoresSection(PairReader& reader, StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();

    PairReader& m_reader;
    StudyController& m_controller;
    ScoreBars* m_bars;
    QLabel* m_hint;
};

// Numbers of the pair in two columns: from the score to the weight, or what is known of states and measurement.
class FactsSection : public Section {
    Q_OBJECT

public:
    enum class What { Arithmetic, Results };

    FactsSection(What what, PairReader& reader, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();
    void addFact(int row, const QString& title, const QString& value);
    void addFacts(const SelectedPair& pair);

    What m_what;
    PairReader& m_reader;
    KeptGrid* m_list;
};

}  // namespace ketscope
