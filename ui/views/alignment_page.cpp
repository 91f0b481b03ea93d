// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/alignment_page.h"

#include "core/study/sanity_check.h"
#include "ui/alignment_choice.h"
#include "ui/controls/view_boxes.h"
#include "ui/docks/alignment_sections.h"
#include "ui/docks/info_sections.h"
#include "ui/docks/parameter_panel.h"
#include "ui/docks/traces_section.h"
#include "viz/figures/alignment.h"

#include <QStandardItemModel>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kLeastPictures = 330.0;
constexpr double kLeastBelow = 200.0;
constexpr double kLeastAssignment = 220.0;
constexpr double kMostBelow = 0.5;  // of the height
constexpr double kNarrow = 640.0;   // pictures are as tall as they like and scrolled
constexpr int kMargin = 14;

}  // namespace

AlignmentPage::AlignmentPage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : PanePage(controller, appearance, parent)
{
    setObjectName(u"alignmentPage"_s);
    m_split = new QSplitter(Qt::Vertical, this);
    m_pictures = addAlignmentPane("alignment", AlignmentPane::Arrows::MovePatch, m_split);
    m_split->addWidget(m_pictures);
    m_split->addWidget(makeBelow());
    m_split->setHandleWidth(1);
    m_split->setChildrenCollapsible(false);
    m_scroll = makeScrollArea(m_split, this);
    connect(m_split, &QSplitter::splitterMoved, this, [this] { m_arrangedByHand = true; });
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(m_scroll, 1);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this, &AlignmentPage::refreshControls);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::modelChanged,
                              &StudyController::stateChanged, &StudyController::sanityChecked})
        connect(&controller, signal, this, &AlignmentPage::refreshSanity);
    connect(&controller, &StudyController::sanityChecked, m_tokens, &FigurePane::refresh);
    for (const FigurePane* pane : {m_pictures, m_tokens})
        connect(pane, &FigurePane::figureChanged, this, &AlignmentPage::arrange);
    m_relevance = new WhenVisible(*this, [this] { computeRelevance(); });
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::stateChanged})
        connect(&controller, signal, m_relevance, &WhenVisible::request);
    refreshControls();
    refreshSanity();
}

AlignmentPane* AlignmentPage::addAlignmentPane(const char* figureId, AlignmentPane::Arrows arrows, QWidget* parent)
{
    auto* made = new AlignmentPane(figureId, arrows, controller(), appearance(), parent);
    addPane(made);
    connect(&controller(), &StudyController::relevanceComputed, made, &FigurePane::refresh);
    return made;
}

QWidget* AlignmentPage::makeHeader()
{
    auto* header = new QWidget(this);
    QStringList titles;
    m_methodBox = new ChoiceBox(header);
    for (const AlignmentMethod& method : alignmentMethods()) {
        titles += QString::fromStdString(method.title);
        m_methodBox->addItem(titles.back(), m_methodBox->count());
    }
    m_methods = new Segment(titles, header);
    m_methods->setAccessibleName(tr("Method"));
    m_methods->setObjectName(u"alignmentMethods"_s);
    m_methodBox->setObjectName(u"alignmentMethodBox"_s);
    m_methodBox->setAccessibleName(tr("Method"));
    m_scale = new ScaleBox(controller(), header);
    m_colourMap = new ColourMapBox(controller(), header);
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(kMargin, 6, kMargin, 6);
    row->setSpacing(10);
    row->addWidget(m_methods);
    row->addWidget(m_methodBox);
    row->addStretch(1);
    row->addWidget(m_scale);
    row->addWidget(m_colourMap);
    row->addWidget(makeExplanationButton(appearance(), header));
    connect(m_methods, &Segment::chosen, this, &AlignmentPage::choose);
    connect(m_methodBox, &QComboBox::activated, this, &AlignmentPage::choose);
    return header;
}

QWidget* AlignmentPage::makeBelow()
{
    auto* below = new QWidget(m_split);
    below->setProperty("ground", u"panel"_s);
    below->setAttribute(Qt::WA_StyledBackground);
    m_pages = new QStackedWidget(below);
    m_tokens = addAlignmentPane("alignment-tokens", AlignmentPane::Arrows::MoveToken, m_pages);
    m_assignment = addAlignmentPane("assignment", AlignmentPane::Arrows::MovePatch, m_pages);
    m_pages->addWidget(makeScrollArea(m_tokens, m_pages));
    m_pages->addWidget(makeScrollArea(m_assignment, m_pages));
    auto* column = new QVBoxLayout(below);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeBelowHeader(below));
    column->addWidget(m_pages, 1);
    return below;
}

QWidget* AlignmentPage::makeBelowHeader(QWidget* parent)
{
    auto* header = new QWidget(parent);
    m_below = new Segment({tr("Every word"), tr("Assignment")}, header);
    m_below->setAccessibleName(tr("Below the pictures"));
    m_below->setObjectName(u"alignmentBelow"_s);
    m_differences = new Segment({tr("A and B"), tr("Δ")}, header);
    m_differences->setAccessibleName(tr("Small maps"));
    m_differences->setObjectName(u"alignmentDifferences"_s);
    m_sanityText = new ElidedLabel("hint", header);
    m_sanity = new QPushButton(tr("Run sanity check"), header);
    m_sanity->setObjectName(u"runSanityCheck"_s);
    auto* choices = new QHBoxLayout;
    auto* check = new QHBoxLayout;
    for (QHBoxLayout* row : {choices, check})
        row->setSpacing(10);
    choices->addWidget(m_below);
    choices->addWidget(m_differences);
    choices->addStretch(0);
    check->addWidget(m_sanityText, 1);
    check->addWidget(m_sanity);
    m_belowHeader = new QBoxLayout(QBoxLayout::LeftToRight, header);
    m_belowHeader->setContentsMargins(kMargin, 6, kMargin, 0);
    m_belowHeader->setSpacing(10);
    m_belowHeader->addLayout(choices);
    m_belowHeader->addLayout(check, 1);
    connect(m_below, &Segment::chosen, this, [this](int index) {
        controller().changeView([index](auto& view) { view.alignment.showsMatches = index == 1; });
    });
    connect(m_differences, &Segment::chosen, this, [this](int index) {
        controller().changeView([index](auto& view) { view.alignment.differences = index == 1; });
    });
    connect(m_sanity, &QPushButton::clicked, this, [this] { controller().checkSanity(); });
    return header;
}

std::vector<QWidget*> AlignmentPage::makeLeftSections()
{
    auto* pair = new PicturePairSection(controller(), appearance());
    connect(pair, &PicturePairSection::openWanted, this, &Perspective::inputWanted);
    m_overlay = new OverlaySection(controller(), appearance());
    connect(m_pictures, &FigurePane::figureChanged, m_overlay, [this, overlay = m_overlay] {
        const auto* figure = dynamic_cast<const AlignmentPictures*>(m_pictures->figure());
        overlay->setBoxesKnown(figure != nullptr && !figure->boxes().empty());
    });
    return {pair, new AlignmentSourceSection(controller(), appearance()), m_overlay,
            new TracesSection(controller(), appearance())};
}

std::vector<QWidget*> AlignmentPage::makeRightSections()
{
    m_patch = addAlignmentPane("patch-tokens", AlignmentPane::Arrows::MoveToken, nullptr);
    m_patch->setInDock(true);
    connect(m_patch, &FigurePane::figureChanged, m_patch,
            [patch = m_patch] { patch->setMinimumHeight(patch->heightForWidth(patch->width())); });
    return {new PatchSection(*m_pictures, appearance()), m_patch, new MechanismSection(controller(), appearance()),
            new ParameterSection(controller(), appearance())};
}

QString AlignmentPage::obstacle() const
{
    if (const ComparisonPointer& comparison = controller().comparison())
        return QString::fromStdString(alignmentObstacle(*comparison));
    const ModelInfo* model = controller().model();
    return model == nullptr ? QString() : QString::fromStdString(alignmentObstacle(*model));
}

QString AlignmentPage::explanation() const
{
    const auto source = alignmentSourceOf(controller());
    if (!source)
        return explainTraces(controller());
    const Comparison& comparison = *controller().comparison();
    const auto rich = [](const std::string& text) { return QString::fromStdString(text).toHtmlEscaped(); };
    QString text = u"<p><b>%1</b> of %2. %3</p>"_s.arg(rich(source->method->title), rich(placeOf(*source, comparison)),
                                                       rich(source->method->definition));
    text += tr("<p><b>Formula.</b> %1</p>").arg(rich(source->method->formula));
    if (comparison.input.patches)
        text +=
            tr("<p><b>Shapes.</b> %1 × %2 patches and %3 tokens of text: a picture is one row of the map, a value for "
               "each patch; the bars are one column, a value for each word.</p>")
                .arg(comparison.input.patches->rows())
                .arg(comparison.input.patches->columns())
                .arg(comparison.input.tokens.size());
    text += tr("<p><b>Direction.</b> %1</p>")
                .arg(source->fromPatches ? tr("Patches are queries, words keys.")
                     : source->perToken  ? tr("Words are queries, patches keys.")
                                         : tr("The class token is the query, patches are keys."));
    text += tr("<p><b>Normalisation.</b> %1</p>").arg(normalisationOf(*source));
    text += tr("<p><b>Assignment</b> pairs words and patches one to one as the map's values make the best whole.</p>");
    return text + explainTraces(controller());
}

QString AlignmentPage::normalisationOf(const AlignmentSource& source) const
{
    if (source.method->similarity)
        return tr("None: cosines do not sum to anything; the colour scale is symmetric about 0.");
    if (source.method->ofPatchesAlone)
        return tr("Each row is divided by its sum over the patches: what is seen of it sums to 1.");
    QString text = tr("A row sums to 1 over all its keys, patches or not, so what is seen of it may sum to less.");
    if (source.withoutClass)
        text += u' ' + tr("Here the class token is taken out and each row is divided by the rest.");
    return text;
}

void AlignmentPage::choose(int method)
{
    m_relevanceOf.clear();  // what was cancelled begins again
    chooseMethod(controller(), alignmentMethods().at(static_cast<std::size_t>(method)));
    m_relevance->request();
    refreshControls();
}

void AlignmentPage::refreshControls()
{
    const ViewSettings& view = controller().study().view;
    m_below->choose(view.alignment.showsMatches ? 1 : 0);
    m_differences->choose(view.alignment.differences ? 1 : 0);
    m_differences->setVisible(!view.alignment.showsMatches && !controller().showsOneTrace());
    m_pages->setCurrentIndex(view.alignment.showsMatches ? 1 : 0);
    refreshMethods();
    arrange();
}

// What the model does not have stays in its place, greyed, and says why.
void AlignmentPage::refreshMethods()
{
    const auto source = alignmentSourceOf(controller());
    auto* items = qobject_cast<QStandardItemModel*>(m_methodBox->model());
    int index = 0;
    for (const AlignmentMethod& method : alignmentMethods()) {
        const QString reason =
            source ? QString::fromStdString(method.obstacle(*controller().comparison())) : obstacle();
        const QString tip = reason.isEmpty() ? QString::fromStdString(method.definition) : reason;
        m_methods->button(index)->setEnabled(source && reason.isEmpty());
        m_methods->button(index)->setToolTip(tip);
        items->item(index)->setEnabled(source && reason.isEmpty());
        items->item(index)->setToolTip(tip);
        if (source && source->method == &method) {
            m_methods->choose(index);
            m_methodBox->choose(index);
        }
        ++index;
    }
}

// Once for each result: after Esc it waits to be chosen again.
void AlignmentPage::computeRelevance()
{
    const ComparisonPointer& comparison = controller().comparison();
    if (!alignmentSourceOf(controller()) || alignmentDelay(*comparison).empty() || m_relevanceOf == comparison->traces
        || controller().state() == StudyController::State::Running)
        return;
    m_relevanceOf = comparison->traces;
    controller().computeRelevance();
}

void AlignmentPage::refreshSanity()
{
    const ComparisonPointer& comparison = controller().comparison();
    const auto check = comparison ? comparison->alignments->sanity(*comparison) : nullptr;
    // Relevance has to be computed for its pairs, too.
    const bool known = check != nullptr && std::ranges::all_of(check->runs, [&](const SanityRun& run) {
                           return alignmentDelay(shownAs(run, *comparison)).empty();
                       });
    const bool running = controller().state() == StudyController::State::Running;
    m_sanity->setEnabled(comparison && controller().canRun() && !running);
    m_sanity->setToolTip(!controller().canRun() ? tr("What is shown comes from a file: its model is not open.")
                                                : tr("Runs A and B on the words in another order and on an image of "
                                                     "noise, from the seed. Esc cancels."));
    m_sanityText->setText(known ? tr("Below: A on a shuffled caption and on noise. Maps that look the same there say "
                                     "nothing about this pair.")
                          : check != nullptr ? tr("Run the sanity check once more to see it for this method.")
                                             : QString());
    m_sanityText->setToolTip(m_sanityText->text());
}

// The words get the height that they need, up to half of the page, the pictures the rest.
void AlignmentPage::arrange()
{
    const Theme& theme = appearance().theme();
    const int controls = m_scale->sizeHint().width() + m_colourMap->sizeHint().width() + 2 * kMargin + 40;
    const bool room = m_methods->sizeHint().width() + controls < width();
    m_methods->setVisible(room);
    m_methodBox->setVisible(!room);
    const int choices = m_below->sizeHint().width() + m_differences->sizeHint().width() + m_sanity->sizeHint().width();
    m_belowHeader->setDirection(choices + 4 * kMargin < width() ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    const bool narrow = width() < theme.px(kNarrow);
    const int wanted = m_pictures->heightForWidth(m_pictures->width());
    m_pictures->setMinimumHeight(narrow ? wanted : std::min(wanted, qRound(theme.px(kLeastPictures))));
    m_tokens->setMinimumHeight(m_tokens->heightForWidth(m_tokens->width()));
    m_assignment->setMinimumHeight(qRound(theme.px(kLeastAssignment)));
    const int all = m_scroll->viewport()->height();
    const int least = qRound(theme.px(kLeastBelow));
    m_pages->parentWidget()->setMinimumHeight(least);
    const int most = std::max(least, qRound(kMostBelow * all));
    const bool matches = controller().study().view.alignment.showsMatches;
    const int below = matches ? most : std::clamp(m_tokens->minimumHeight() + qRound(theme.px(44.0)), least, most);
    if (!m_arrangedByHand)
        m_split->setSizes({std::max(m_pictures->minimumHeight(), all - below), below});
}

}  // namespace ketscope
