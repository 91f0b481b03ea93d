// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/quantum_page.h"

#include "core/study/token_axis.h"
#include "ui/docks/counts_section.h"
#include "ui/docks/info_sections.h"
#include "ui/docks/pair_sections.h"
#include "ui/docks/parameter_panel.h"
#include "viz/figures/circuit_layout.h"
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"

#include <QFileDialog>

#include <utility>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kMostCircuit = 230.0;
constexpr double kMeasured = 236.0;  // height of outcomes beside counts
constexpr double kBeside = 180.0;
constexpr std::size_t kFewQubits = 4;  // more have their Bloch vectors in one line, at the cost of what stands beside
constexpr double kOneHeader = 740.0;   // room for title and controls beside each other
constexpr double kSideBySide = 660.0;  // and for three figures
constexpr double kLeastShare = 0.8;    // of the height that vectors like; then the page is scrolled
constexpr int kBelowStretch = 3;

}  // namespace

QuantumPage::QuantumPage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : PanePage(controller, appearance, parent), m_reader(new PairReader(controller, *this))
{
    setObjectName(u"quantumPage"_s);
    auto* content = new QWidget(this);
    content->setProperty("ground", u"panel"_s);
    content->setAttribute(Qt::WA_StyledBackground);
    m_amplitudes = addPane("pair-amplitudes", content);
    m_features = addPane("pair-features", content);
    auto* sheet = new QWidget(content);
    m_circuit = addPane("pair-circuit", sheet);
    auto* lines = new QVBoxLayout(sheet);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->addWidget(m_circuit);
    m_circuitArea = makeScrollArea(sheet, content);
    m_bloch = addPane("pair-bloch", content);
    m_density = addPane("pair-density", content);
    m_outcomes = addPane("pair-outcomes", content);
    m_bonds = addPane("mps-bonds", content);
    m_counts = addPane("pair-counts", content);
    m_below = new QBoxLayout(QBoxLayout::LeftToRight);
    m_below->setSpacing(0);
    m_below->addWidget(m_bloch, 5);
    m_below->addWidget(m_density, 4);
    m_below->addWidget(m_outcomes, 5);
    m_below->addWidget(m_bonds, 5);
    m_measured = new QBoxLayout(QBoxLayout::LeftToRight);
    m_measured->setSpacing(0);
    m_measured->addWidget(m_counts, 1);
    m_figures = new QVBoxLayout(content);
    m_figures->setContentsMargins(0, 0, 0, 0);
    m_figures->setSpacing(0);
    m_figures->addWidget(m_amplitudes, 2);
    m_figures->addWidget(m_features, 2);
    m_figures->addWidget(m_circuitArea);
    m_figures->addLayout(m_measured);
    m_figures->addLayout(m_below, kBelowStretch);
    m_figures->addStretch(1);
    connect(m_features, &FigurePane::figureChanged, this, &QuantumPage::arrange);
    connect(m_circuit, &FigurePane::countsWanted, this, &QuantumPage::importCounts);
    connect(&m_import, &Job::failed, &controller, &StudyController::failed);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(makeNote());
    column->addWidget(makeScrollArea(content, this), 1);
    connect(m_reader, &PairReader::changed, this, &QuantumPage::refresh);
    connect(m_circuit, &FigurePane::figureChanged, this, &QuantumPage::showCursor);
    connect(&controller, &StudyController::viewChanged, this, &QuantumPage::refresh);
    connect(&appearance, &Appearance::changed, this, [this] {
        refreshTitle();
        arrange();
    });
    refresh();
    arrange();
}

QWidget* QuantumPage::makeHeader()
{
    auto* header = new QWidget(this);
    m_title = makeLabel({}, "page", header);
    m_title->setTextFormat(Qt::RichText);
    m_place = new ElidedLabel("hint", header);
    m_stage = new Segment({tr("After U(q)"), tr("After U†(k)"), tr("Measured")}, header);
    m_stage->setAccessibleName(tr("Circuit"));
    m_stage->setObjectName(u"pairStage"_s);
    m_stage->setToolTip(tr("Where the circuit is looked at: cursor, Bloch vectors and density matrix follow."));
    m_part = new Segment({tr("Re"), tr("Im"), tr("|·|")}, header);
    m_part->setAccessibleName(tr("Density matrix"));
    m_part->setObjectName(u"densityPart"_s);
    m_part->setToolTip(tr("What of the density matrix is drawn."));
    m_back = new QPushButton(tr("◂ Step"), header);
    m_back->setAccessibleName(tr("Step the circuit back"));
    m_back->setToolTip(tr("One column of the circuit back (,)"));
    m_forward = new QPushButton(tr("Step ▸"), header);
    m_forward->setAccessibleName(tr("Step the circuit forward"));
    m_forward->setToolTip(tr("One column of the circuit forward (.)"));
    auto* names = new QHBoxLayout;
    auto* controls = new QHBoxLayout;
    names->setSpacing(10);
    controls->setSpacing(10);
    names->addWidget(m_title);
    names->addWidget(m_place, 1);
    for (QWidget* each : std::initializer_list<QWidget*>{m_part, m_stage, m_back, m_forward})
        controls->addWidget(each);
    controls->addWidget(makeExplanationButton(appearance(), header));
    controls->addStretch(0);
    m_header = new QBoxLayout(QBoxLayout::LeftToRight, header);
    m_header->setContentsMargins(14, 6, 14, 6);
    m_header->setSpacing(6);
    m_header->addLayout(names, 1);
    m_header->addLayout(controls);
    connect(m_stage, &Segment::chosen, this, [this](int index) {
        controller().changeView([index](ViewSettings& view) {
            view.quantum.stage = static_cast<PairStage>(index);
            view.quantum.step.reset();
        });
    });
    connect(m_part, &Segment::chosen, this, [this](int index) {
        controller().changeView([index](auto& view) { view.quantum.densityPart = static_cast<DensityPart>(index); });
    });
    connect(m_back, &QPushButton::clicked, this, [this] { stepCircuit(-1); });
    connect(m_forward, &QPushButton::clicked, this, [this] { stepCircuit(1); });
    return header;
}

// How the pair is compared, and what is only an illustration.
QWidget* QuantumPage::makeNote()
{
    m_note = makeLabel({}, "hint", this);
    m_note->setObjectName(u"pairNote"_s);
    m_note->setWordWrap(true);
    m_note->setContentsMargins(14, 0, 14, 6);
    return m_note;
}

std::vector<QWidget*> QuantumPage::makeLeftSections()
{
    return {new PairSection(controller(), appearance()), new ScoresSection(*m_reader, controller(), appearance()),
            new FactsSection(FactsSection::What::Arithmetic, *m_reader, appearance())};
}

std::vector<QWidget*> QuantumPage::makeRightSections()
{
    return {new MechanismSection(controller(), appearance()), new ParameterSection(controller(), appearance()),
            new FactsSection(FactsSection::What::Results, *m_reader, appearance()), makeCountsSection(),
            new CellSection(controller(), appearance())};
}

QWidget* QuantumPage::makeCountsSection()
{
    auto* section = new CountsSection(*m_reader, controller(), appearance());
    connect(section, &CountsSection::importWanted, this, &QuantumPage::importCounts);
    return section;
}

QString QuantumPage::obstacle() const
{
    const ComparisonPointer& comparison = controller().comparison();
    return comparison ? QString::fromStdString(obstacleToRecording(*comparison)) : QString();
}

QString QuantumPage::explanation() const
{
    const auto& pair = m_reader->pair();
    if (!pair)
        return explainTraces(controller());
    const PairReading& reading = pair->reading;
    const auto rich = [](const std::string& text) { return QString::fromStdString(text).toHtmlEscaped(); };
    QString text = tr("<p><b>One query with one key</b> of the selected head, as %1 compares them. %2</p>")
                       .arg(rich(pair->used->info().title), rich(reading.comparison));
    if (pair->isIllustration())
        text += tr(
            "<p><b>An illustration:</b> the head itself compares the vectors; the states shown are its query and key, "
            "amplitude-encoded.</p>");
    if (!reading.states.empty())
        text +=
            tr("<p><b>Amplitudes.</b> |x⟩ = Σ x<sub>i</sub>|i⟩ / ‖x‖ of length 1: 2<sup>n</sup> numbers for n qubits. "
               "Bars are |α|², which sum to 1; the disk's hand is the phase. Qubit 0 is the leftmost digit.</p>");
    if (reading.features)
        text +=
            tr("<p><b>Features.</b> φ(q) and φ(k), one number for each feature; the score is φ(q)·φ(k), added up from "
               "the left.</p>");
    if (reading.features && !reading.features->exact.empty())
        text += tr("<p><b>Kernel.</b> What the score estimates, exactly, for every key: lines. Bars are the estimates, "
                   "whiskers two standard errors over draws of the features.</p>");
    if (!reading.circuits.empty())
        text += tr(
            "<p><b>Circuit.</b> U prepares a state, U† undoes it. Inversion test: P(all zeros) = |⟨k|q⟩|²; swap test: "
            "the "
            "first wire reads 0 with (1 + |⟨k|q⟩|²)/2; Hadamard test: with (1 + Re⟨q|k⟩)/2. Time goes from left to "
            "right; diamonds are noise channels. Steps move the cursor that the figures below "
            "follow.</p>"
            "<p><b>Bloch vectors.</b> (⟨X⟩, ⟨Y⟩, ⟨Z⟩) of each qubit alone; length 1 is a pure state, shorter is "
            "noise or entanglement. Dashed: without noise.</p>"
            "<p><b>Density matrix.</b> ρ, 2<sup>n</sup> × 2<sup>n</sup>, trace 1; rows and columns are basis states. "
            "Of more than 5 qubits, ρ is of some of them.</p>");
    if (reading.outcomes)
        text +=
            tr("<p><b>Outcomes.</b> Shares of the shots ± 2 standard errors; lines are exact probabilities, with and "
               "without noise. They sum to 1.</p>");
    if (m_reader->counts())
        text +=
            tr("<p><b>Measured counts.</b> Shares of the imported shots of this circuit, with Wilson's 95 % intervals, "
               "beside its exact probabilities; qubit 0 is the leftmost digit. Total variation: ½ Σ |share − exact|, "
               "over the outcomes named there. Exact draws of as many shots would not give 0 either, but the second "
               "number on average.</p>");
    if (reading.bonds)
        text += tr(
            "<p><b>Bonds.</b> Schmidt values at each cut of the chain; their squares sum to 1 before anything is cut "
            "off.</p>");
    text +=
        tr("<p><b>Direction and normalisation.</b> The query looks at the key; the score of every key of this query "
           "becomes its weight as the left dock's arithmetic says.</p>");
    return text + explainTraces(controller());
}

bool QuantumPage::drawsCircuit() const
{
    const auto& pair = m_reader->pair();
    return pair && !pair->reading.circuits.empty();
}

void QuantumPage::exportCircuit() { m_circuit->exportCircuit(); }

void QuantumPage::importCounts()
{
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Import measured counts"), {}, tr("Counts of bitstrings (*.json)"));
    if (!file.isEmpty())
        importCountsFrom(file, BitOrder::Qubit0Last);
}

void QuantumPage::importCountsFrom(const QString& file, BitOrder order)
{
    const ComparisonPointer comparison = controller().comparison();
    if (!comparison)
        return;
    m_import.start([this, comparison, order, path = file.toStdString()](Monitor& monitor) -> Job::Delivery {
        const MeasuredCounts counts =
            readMeasuredCounts(path, order, *selectedPair(comparison, monitor), comparison->study.selection);
        return [this, counts] { setCounts(controller(), tr("Import measured counts"), counts); };
    });
}

void QuantumPage::stepCircuit(int step)
{
    const auto& pair = m_reader->pair();
    if (!pair || pair->reading.circuits.empty())
        return;
    const PairCircuit& circuit = pair->reading.circuits.front();
    const std::size_t now = shownColumns(circuit, controller().study().view.quantum);
    const std::size_t next = step < 0 ? (now == 0 ? 0 : now - 1) : std::min(now + 1, circuit.columns());
    controller().changeView([next](auto& view) { view.quantum.step = next; });
}

void QuantumPage::refresh()
{
    const QuantumView& view = controller().study().view.quantum;
    m_stage->choose(static_cast<int>(view.stage));
    m_part->choose(static_cast<int>(view.densityPart));
    refreshStages();
    refreshTitle();
    refreshPanes();
    arrange();
}

// Named after the circuit's own blocks; one that prepares both states at once has them prepared, then together.
void QuantumPage::refreshStages()
{
    const auto& pair = m_reader->pair();
    if (!pair || pair->reading.circuits.empty())
        return;
    QStringList titles = {tr("Prepared"), tr("After U"), tr("Measured")};
    for (const CircuitBlock& block : pair->reading.circuits.front().blocks)
        if (block.role)
            titles[block.role == PairRole::Query ? 0 : 1] =
                tr("After %1").arg(QString::fromStdString(block.title).section(u':', 0, 0));
    for (int index = 0; index < titles.size(); ++index)
        m_stage->button(index)->setText(titles[index]);
}

void QuantumPage::refreshTitle()
{
    const ComparisonPointer& comparison = controller().comparison();
    if (!comparison) {
        m_title->setText(tr("Quantum"));
        return m_place->setText({});
    }
    const Selection& at = comparison->study.selection;
    const StackInfo& stack = comparison->model.stacks.at(at.stack);
    const auto token = [&](TokenAxis axis, std::size_t index) {
        return elideMiddle(QString::fromStdString(printable(axisLabel(comparison->input, axis, index), 200)))
            .toHtmlEscaped();
    };
    const Theme& theme = appearance().theme();
    m_title->setText(tr("Query <span style=\"color:%1\">%2 %3</span> × key <span style=\"color:%4\">%5 %6</span>")
                         .arg(theme.accent.name(), token(stack.queries, at.query), QString::number(at.query),
                              theme.key.name(), token(stack.keys, at.key), QString::number(at.key)));
    QString place = u"L%1 H%2"_s.arg(at.layer).arg(at.head);
    if (const auto& pair = m_reader->pair())
        place += u" · "_s + QString::fromStdString(traceTag(pair->trace) + ": " + pair->used->info().title);
    m_place->setText(place);
}

// Controls stand below the title, and figures below each other, where there is no room beside.
void QuantumPage::arrange()
{
    const Theme& theme = appearance().theme();
    const bool narrow = width() < theme.px(kOneHeader) && !m_stage->isHidden();
    m_header->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    for (QBoxLayout* row : {m_below, m_measured})
        row->setDirection(width() < theme.px(kSideBySide) ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    placeOutcomes();
    const auto& pair = m_reader->pair();
    const bool many =
        pair && !pair->reading.circuits.empty() && pair->reading.circuits.front().circuit.qubits() > kFewQubits;
    m_below->setStretchFactor(m_bloch, many ? 100 : 5);
    for (FigurePane* beside : {m_density, m_outcomes})
        beside->setMinimumWidth(qRound(theme.px(many ? kBeside : 200.0)));
    m_features->setMinimumHeight(qRound(kLeastShare * m_features->heightForWidth(m_features->width())));
}

// A long circuit is scrolled inside the page, to the line that the cursor is on.
void QuantumPage::showCursor()
{
    const auto& pair = m_reader->pair();
    if (!pair || pair->reading.circuits.empty())
        return;
    const Theme& theme = appearance().theme();
    const int whole = m_circuit->heightForWidth(m_circuit->width());
    m_circuitArea->setFixedHeight(std::min(whole, qRound(theme.px(kMostCircuit))));
    const PairCircuit& circuit = pair->reading.circuits.front();
    const CircuitLayout layout(circuit, m_circuit->area().width(), theme);
    const std::size_t columns = shownColumns(circuit, controller().study().view.quantum);
    const std::size_t line = layout.lineOf(columns == 0 ? 0 : columns - 1);
    const double top = theme.px(kPairTitle) + layout.lineTop(line), height = layout.lineTop(1);
    m_circuitArea->ensureVisible(0, qRound(top + height / 2.0), 0, qRound(height / 2.0));
}

// Counts that were measured elsewhere stand in sight, beside the outcomes that they are held against: above the figures
// that have no fixed height.
void QuantumPage::placeOutcomes()
{
    const bool counted = controller().study().view.quantum.counts.has_value();
    for (FigurePane* pane : {m_outcomes, m_counts})
        pane->setMaximumHeight(counted ? qRound(appearance().theme().px(kMeasured)) : QWIDGETSIZE_MAX);
    if (counted == std::exchange(m_counted, counted))
        return;
    (counted ? m_below : m_measured)->removeWidget(m_outcomes);
    if (counted)
        m_measured->insertWidget(0, m_outcomes, 1);
    else
        m_below->insertWidget(m_below->indexOf(m_density) + 1, m_outcomes, 5);
}

// A pane that goes passes the focus on to the first that stays; left alone, it would go to the next button and scroll.
void QuantumPage::showPanes(const std::vector<std::pair<FigurePane*, bool>>& panes)
{
    bool focusGoes = false;
    for (const auto& [pane, shown] : panes) {
        if (!shown && pane->hasFocus()) {
            pane->clearFocus();
            focusGoes = true;
        }
        pane->setVisible(shown);
    }
    if (focusGoes)
        takeFocus();
}

// What the mechanism does not have is hidden; hidden figures are not made.
void QuantumPage::refreshPanes()
{
    const auto& pair = m_reader->pair();
    const PairReading empty;
    const PairReading& reading = pair ? pair->reading : empty;
    const bool circuit = !reading.circuits.empty();
    m_circuitArea->setVisible(circuit);
    showPanes({{m_amplitudes, !pair || !reading.states.empty()},
               {m_features, reading.features.has_value()},
               {m_circuit, circuit},
               {m_bloch, circuit},
               {m_density, circuit},
               {m_outcomes, reading.outcomes.has_value()},
               {m_bonds, reading.bonds.has_value()},
               {m_counts, controller().study().view.quantum.counts.has_value()}});
    for (QWidget* each : std::initializer_list<QWidget*>{m_stage, m_part, m_back, m_forward})
        each->setVisible(circuit);
    const bool below = circuit || reading.outcomes || reading.bonds;  // else the figures above have all of the page
    m_figures->setStretchFactor(m_below, below ? kBelowStretch : 0);
    m_figures->setStretch(m_figures->count() - 1, below ? 1 : 0);
    if (!pair) {
        setRole(*m_note, m_reader->problem().isEmpty() ? "hint" : "warning");
        return m_note->setText(m_reader->problem());
    }
    if (pair->isIllustration()) {
        setRole(*m_note, "warning");
        return m_note->setText(
            tr("Not what this head used: %1 compares the vectors themselves. As an illustration, they "
               "are shown as amplitude-encoded states with their fidelity. Patch this head to see "
               "another mechanism at work.")
                .arg(QString::fromStdString(pair->used->info().title).toLower()));
    }
    setRole(*m_note, "hint");
    QString text = QString::fromStdString(reading.comparison);
    if (!reading.noStates.empty())
        text += u". "_s + QString::fromStdString(reading.noStates);
    m_note->setText(text);
}

}  // namespace ketscope
