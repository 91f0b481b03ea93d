// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/outputs_page.h"

#include "core/study/token_loss.h"
#include "ui/trace_notes.h"

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kSideBySide = 860.0;  // room for two figures beside each other
constexpr double kLeastCurves = 220.0;
constexpr double kLeastLoss = 250.0;
constexpr double kMostAnswers = 460.0;  // longer lists are scrolled

bool hasPooled(const Comparison& comparison) { return !comparison.traces.front()->outputs.empty(); }

bool hasHidden(const Comparison& comparison)
{
    return comparison.traces.size() > 1
           && std::ranges::any_of(comparison.traces.front()->stacks,
                                  [](const StackTrace& stack) { return !stack.hidden.empty(); });
}

}  // namespace

OutputsPage::OutputsPage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : PanePage(controller, appearance, parent), m_none(makeLabel({}, "value", this)),
      m_answers(new QSplitter(Qt::Horizontal, this)), m_hidden(new QSplitter(Qt::Horizontal, this))
{
    setObjectName(u"outputsPage"_s);
    m_none->setObjectName(u"noOutputs"_s);
    m_none->setWordWrap(true);
    m_none->setMargin(14);
    m_outputs = addPane("outputs", m_answers);
    m_change = addPane("output-change", m_answers);
    for (FigurePane* pane : {m_outputs, m_change})
        m_answers->addWidget(makeScrollArea(pane, m_answers));
    m_answers->setStretchFactor(0, 3);
    m_answers->setStretchFactor(1, 2);
    for (const char* figure : {"hidden-similarity", "token-similarity"}) {
        m_hiddenPanes.push_back(addPane(figure, m_hidden));
        m_hidden->addWidget(m_hiddenPanes.back());
    }
    auto* content = new QWidget(this);
    m_loss = addPane("token-loss", content);
    auto* figures = new QVBoxLayout(content);
    figures->setContentsMargins(0, 0, 0, 0);
    figures->setSpacing(0);
    figures->addWidget(m_none);
    figures->addWidget(m_answers);
    figures->addWidget(m_loss, 3);
    figures->addWidget(m_hidden, 3);
    for (QSplitter* each : {m_answers, m_hidden}) {
        each->setHandleWidth(1);
        each->setChildrenCollapsible(false);
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(makeScrollArea(content, this), 1);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this, &OutputsPage::refresh);
    for (FigurePane* pane : {m_outputs, m_change})
        connect(pane, &FigurePane::figureChanged, this, &OutputsPage::arrange);
    refresh();
}

QWidget* OutputsPage::makeHeader()
{
    auto* header = m_header = new PageHeader(tr("Outputs"), this);
    m_rows = new ChoiceBox(header);
    m_rows->setObjectName(u"outputRows"_s);
    m_rows->setAccessibleName(tr("Answers listed"));
    for (const int rows : {5, 10, 20, 50})
        m_rows->addItem(tr("First %1").arg(rows), rows);
    m_place = new Segment({tr("After the text"), tr("After the selected token")}, header);
    m_place->setAccessibleName(tr("Answers"));
    m_place->setObjectName(u"outputPlace"_s);
    m_measure = new Segment({tr("Cosine"), tr("Relative error")}, header);
    m_measure->setAccessibleName(tr("Hidden states"));
    m_measure->setObjectName(u"hiddenMeasure"_s);
    m_measure->setToolTip(tr("Hidden states of each trace against those of A: cosine of the angle, or ‖B − A‖ / ‖A‖."));
    for (QWidget* control :
         std::initializer_list<QWidget*>{m_rows, m_place, m_measure, makeExplanationButton(appearance(), header)})
        header->add(control);
    connectHeader();
    return header;
}

void OutputsPage::connectHeader()
{
    const auto change = [this](const std::function<void(OutputsView&)>& edit) {
        controller().changeView([&](ViewSettings& view) { edit(view.outputs); });
    };
    connect(m_rows, &QComboBox::activated, this, [this, change] {
        change([this](OutputsView& view) { view.rows = m_rows->currentData().value<std::size_t>(); });
    });
    connect(m_place, &Segment::chosen, this,
            [change](int index) { change([index](OutputsView& view) { view.atSelected = index == 1; }); });
    connect(m_measure, &Segment::chosen, this, [change](int index) {
        change([index](OutputsView& view) { view.hidden = static_cast<HiddenMeasure>(index); });
    });
}

QString OutputsPage::obstacle() const
{
    const ComparisonPointer& comparison = controller().comparison();
    if (!comparison || hasPooled(*comparison) || hasHidden(*comparison))
        return {};
    return controller().isRecorded() ? tr("The file holds neither outputs nor hidden states of two traces.")
                                     : tr("This model gives no outputs, and there is no second trace to compare.");
}

QString OutputsPage::explanation() const
{
    return tr("<p><b>Answers.</b> Softmax of the model's logits, for every trace: all rows of one trace sum to 1 with "
              "those "
              "that are not listed. Δ is against A; ranks are places in the trace's own order.</p>"
              "<p><b>What changes.</b> KL(A‖·), Jensen–Shannon divergence and total variation are between the whole "
              "distributions of answers, in nats where a unit is named. The margin is the first answer's probability "
              "less "
              "the second's.</p>"
              "<p><b>±.</b> One standard error of a number f that follows from the outputs, where all weights that are "
              "left "
              "to chance are means of R ≥ 2 repeats: the delete-a-group jackknife. The repeats are parted into G = "
              "min(R, 10) "
              "groups, the model runs G times without one of them, and SE² = (G − 1)/G · Σ(f_g − mean f)² (Quenouille "
              "1956, "
              "Tukey 1958, Efron 1982). It is of the output of the mean weights, as shown, and not of a mean of "
              "outputs; "
              "whiskers are two. It says nothing of a bias, and errs on the large side where shots in one layer follow "
              "on "
              "shots in another.</p>"
              "<p><b>Loss.</b> Of causal models: −ln P(the token that comes next), at every position; perplexity is e "
              "to "
              "the mean loss.</p>"
              "<p><b>Hidden states.</b> After each layer, token by token against A: cos(a, b), or ‖b − a‖ / ‖a‖; by "
              "layer "
              "the mean over the tokens that are no padding. Layer 0 is the embedding.</p>")
           + explainTraces(controller());
}

void OutputsPage::refresh()
{
    const OutputsView& view = controller().study().view.outputs;
    const auto rows = static_cast<int>(view.rows);
    if (m_rows->findData(rows) < 0)
        m_rows->addItem(tr("First %1").arg(rows), rows);
    m_rows->choose(rows);
    m_place->choose(view.atSelected ? 1 : 0);
    m_measure->choose(static_cast<int>(view.hidden));
    const ComparisonPointer& comparison = controller().comparison();
    const bool causal = comparison && hasTokenLosses(*comparison);
    const bool answers = comparison && hasAnswers(*comparison);
    const QString draws = comparison ? oneDrawText(*comparison) : QString();
    const QString errors = comparison ? outputErrorsText(*comparison) : QString();
    m_header->setNote(errors.isEmpty()  ? tr("nothing is left to chance")
                      : errors == draws ? tr("%1: its error is not known here, Sweep gives it over seeds").arg(draws)
                                        : errors);
    m_header->setToolTip(comparison ? outputErrorsExplained(*comparison) : QString());
    m_place->setVisible(causal);
    m_loss->setVisible(causal);
    m_rows->setEnabled(answers);
    m_answers->setVisible(answers || (comparison && hasPooled(*comparison)));
    m_answers->widget(0)->setVisible(answers);
    m_hidden->setVisible(comparison && hasHidden(*comparison));
    m_none->setVisible(!answers);
    m_none->setText(!comparison                 ? tr("Shown after the first run.")
                    : controller().isRecorded() ? tr("The file holds no answers: what it holds is compared below.")
                                                : tr("This model has no output head: its hidden states are compared "
                                                     "below."));
    arrange();
}

// Figures stand below each other where there is no room for two.
void OutputsPage::arrange()
{
    const Theme& theme = appearance().theme();
    const bool narrow = width() < theme.px(kSideBySide);
    for (QSplitter* each : {m_answers, m_hidden})
        each->setOrientation(narrow ? Qt::Vertical : Qt::Horizontal);
    m_hidden->setMinimumHeight(qRound(theme.px(narrow ? 2.0 * kLeastCurves : kLeastCurves)));
    m_loss->setMinimumHeight(qRound(theme.px(kLeastLoss)));
    for (FigurePane* pane : {m_outputs, m_change})
        pane->setMinimumHeight(pane->heightForWidth(pane->width()));
    const int most = qRound(theme.px(kMostAnswers));
    const int list = std::min(most, m_outputs->minimumHeight());
    const int table = std::min(most, m_change->minimumHeight());
    m_answers->setFixedHeight(narrow ? list + table : std::max(list, table));
    if (narrow)
        m_answers->setSizes({list, table});
    else
        m_answers->setSizes({width() * 3 / 5, width() * 2 / 5});
}

}  // namespace ketscope
