// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/alignment_sections.h"

#include "ui/alignment_choice.h"
#include "ui/docks/picture_views.h"
#include "ui/input_text.h"
#include "ui/views/figure_pane.h"
#include "viz/figures/alignment.h"
#include "viz/picture.h"

#include <QFileInfo>
#include <QGridLayout>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

// "scene.png · 451 × 300, resized to 577 × 384, of which 384 × 384 → 24 × 24 patches of 16 × 16 px".
QString arithmeticOf(const Comparison& comparison)
{
    const PatchGeometry& patches = *comparison.input.patches;
    const ImagePlacement& place = patches.placement();
    const auto& image = comparison.study.input.image;
    const auto size = [](std::size_t width, std::size_t height) { return u"%1 × %2"_s.arg(width).arg(height); };
    QString text =
        image ? QFileInfo(QString::fromStdString(image->path)).fileName() : PicturePairSection::tr("given numbers");
    text += u" · "_s + size(place.originalWidth, place.originalHeight);
    if (place.originalWidth != place.resizedWidth || place.originalHeight != place.resizedHeight)
        text += PicturePairSection::tr(", resized to %1").arg(size(place.resizedWidth, place.resizedHeight));
    if (place.width != place.resizedWidth || place.height != place.resizedHeight)
        text += PicturePairSection::tr(", window %1").arg(size(place.width, place.height));
    return text
           + PicturePairSection::tr(" px → %1 rows × %2 columns of patches of %3 px")
                 .arg(patches.rows())
                 .arg(patches.columns())
                 .arg(size(patches.patchWidth(), patches.patchHeight()));
}

// Its first words, where it is a page: what lies below is looked for more often than its end.
QString beginningOf(const QString& text)
{
    constexpr qsizetype kMost = 240;
    if (text.size() <= kMost)
        return text;
    const qsizetype space = text.lastIndexOf(u' ', kMost);
    return text.left(space > 0 ? space : kMost) + u" …"_s;
}

// No wider than a dock leaves room for, whatever its items say.
void fitToDock(ChoiceBox& box)
{
    constexpr int kCharacters = 5;
    box.setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box.setMinimumContentsLength(kCharacters);
    box.setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

const Parameter& opacityParameter()
{
    static const Parameter parameter{.id = "opacity",
                                     .title = "Heat opacity",
                                     .help = "Per cent.",
                                     .kind = ParameterKind::Integer,
                                     .maximum = 100.0,
                                     .initial = static_cast<double>(AlignmentView().opacity)};
    return parameter;
}

template <typename Enum> void addChoices(ChoiceBox& box, std::initializer_list<std::pair<QString, Enum>> choices)
{
    for (const auto& [title, value] : choices)
        box.addItem(title, static_cast<int>(value));
}

}  // namespace

PicturePairSection::PicturePairSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Image–text pair"), appearance, parent), m_controller(controller),
      m_view(new PictureView(appearance, this)), m_arithmetic(makeWrappedLabel("hint", this)),
      m_caption(makeWrappedLabel("mono", this))
{
    QPushButton* open = makeLink(tr("Open pair…"), this);
    open->setObjectName(u"openPair"_s);
    addToTitleRow(open);
    connect(open, &QPushButton::clicked, this, &PicturePairSection::openWanted);
    m_caption->setObjectName(u"pairCaption"_s);
    for (QWidget* each : std::initializer_list<QWidget*>{m_view, m_arithmetic, m_caption})
        body()->addWidget(each);
    connect(&controller, &StudyController::comparisonChanged, this, &PicturePairSection::refresh);
    refresh();
}

void PicturePairSection::refresh()
{
    const ComparisonPointer& comparison = m_controller.comparison();
    const bool cut = comparison && comparison->input.patches;
    m_arithmetic->setText(cut ? arithmeticOf(*comparison) : tr("Shown after the first run."));
    const QString caption = comparison ? inputText(comparison->study.input) : QString();
    m_caption->setText(beginningOf(caption));
    m_caption->setToolTip(m_caption->text() == caption ? QString() : caption);
    m_caption->setVisible(!m_caption->text().isEmpty());
    const auto picture = cut ? comparison->input.picture : nullptr;
    m_view->setVisible(picture != nullptr);
    if (picture == m_shown)
        return;
    m_shown = picture;
    if (!picture)
        return;
    m_job.start([this, picture, patches = *comparison->input.patches](Monitor&) -> Job::Delivery {
        constexpr int kSide = 720;
        QImage image = pictureImage(*picture);
        const double factor = std::min(1.0, kSide / static_cast<double>(std::max(image.width(), image.height())));
        if (factor < 1.0)
            image = image.scaled(image.size() * factor, Qt::KeepAspectRatio, Qt::SmoothTransformation);
        return [this, image, patches] { m_view->show(image, patches); };
    });
}

AlignmentSourceSection::AlignmentSourceSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Source"), appearance, parent), m_controller(controller)
{
    auto* grid = new QGridLayout;
    grid->setColumnStretch(1, 1);
    grid->setHorizontalSpacing(10);
    m_layer = addChoice(tr("Layer"), "alignmentLayer", *grid);
    m_head = addChoice(tr("Head"), "alignmentHead", *grid);
    m_reduction = addChoice(tr("Reduce"), "alignmentReduction", *grid);
    m_direction = addChoice(tr("Direction"), "alignmentDirection", *grid);
    addChoices<HeadReduction>(*m_reduction, {{tr("None (one head)"), HeadReduction::OneHead},
                                             {tr("Mean of heads"), HeadReduction::MeanOfHeads},
                                             {tr("Largest of heads"), HeadReduction::LargestOfHeads},
                                             {tr("Mean of layers"), HeadReduction::MeanOfLayers}});
    addChoices<int>(*m_direction, {{tr("Words → patches"), 0}, {tr("Patches → words"), 1}});
    body()->addLayout(grid);
    m_withoutClass = new TickBox(tr("Exclude the image [CLS] key"), this);
    m_withoutClass->setObjectName(u"withoutClass"_s);
    m_withoutClass->setToolTip(tr("Its weight is taken out and the other keys of the row are divided by the rest."));
    m_smooth = new TickBox(tr("Smooth between patches"), this);
    m_smooth->setToolTip(tr("Interpolates the heat; the model has one value a patch."));
    m_definition = makeWrappedLabel("hint", this);
    for (QWidget* each : std::initializer_list<QWidget*>{m_withoutClass, m_smooth, m_definition})
        body()->addWidget(each);
    connectControls();
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &AlignmentSourceSection::refresh);
    refresh();
}

ChoiceBox* AlignmentSourceSection::addChoice(const QString& title, const char* name, QGridLayout& grid)
{
    auto* box = new ChoiceBox(this);
    box->setObjectName(QString::fromLatin1(name));
    box->setAccessibleName(title);
    fitToDock(*box);
    const int row = grid.rowCount();
    grid.addWidget(makeLabel(title, "", this), row, 0);
    grid.addWidget(box, row, 1);
    return box;
}

void AlignmentSourceSection::connectControls()
{
    // Layer and head are those of the method's stack.
    const auto select = [this](std::size_t Selection::*part, const ChoiceBox* box) {
        const auto source = alignmentSourceOf(m_controller);
        if (!source || !source->stack)
            return;
        Selection selection = m_controller.selection();
        selection.stack = *source->stack;
        selection.layer = source->layer;
        selection.head = source->head;
        selection.*part = static_cast<std::size_t>(box->currentData().toInt());
        m_controller.select(selection);
    };
    connect(m_layer, &QComboBox::activated, this, [=, this] { select(&Selection::layer, m_layer); });
    connect(m_head, &QComboBox::activated, this, [=, this] { select(&Selection::head, m_head); });
    connect(m_reduction, &QComboBox::activated, this, [this] {
        m_controller.changeView([this](ViewSettings& view) {
            view.alignment.reduction = static_cast<HeadReduction>(m_reduction->currentData().toInt());
        });
    });
    connect(m_direction, &QComboBox::activated, this, [this] {
        m_controller.changeView(
            [this](ViewSettings& view) { view.alignment.fromPatches = m_direction->currentData().toInt() != 0; });
    });
    connect(m_withoutClass, &QCheckBox::clicked, this, [this](bool on) {
        m_controller.changeView([on](ViewSettings& view) { view.alignment.withoutClass = on; });
    });
    connect(m_smooth, &QCheckBox::clicked, this,
            [this](bool on) { m_controller.changeView([on](ViewSettings& view) { view.alignment.smooth = on; }); });
}

void AlignmentSourceSection::refresh()
{
    const auto source = alignmentSourceOf(m_controller);
    const AlignmentView& view = m_controller.study().view.alignment;
    setEnabled(source.has_value());
    m_smooth->setChecked(view.smooth);
    m_withoutClass->setChecked(view.withoutClass);
    m_direction->choose(view.fromPatches ? 1 : 0);
    if (!source)
        return m_definition->setText({});
    const auto fill = [](ChoiceBox& box, std::size_t count, std::size_t current) {
        if (box.count() != static_cast<int>(count)) {
            box.clear();
            for (std::size_t i = 0; i < count; ++i)
                box.addItem(QString::number(i), static_cast<int>(i));
        }
        box.choose(static_cast<int>(current));
    };
    const StackInfo* stack = source->stack ? &m_controller.comparison()->model.stacks[*source->stack] : nullptr;
    fill(*m_layer, stack != nullptr ? stack->layers : 0, source->layer);
    fill(*m_head, stack != nullptr ? stack->heads : 0, source->head);
    const bool heads = source->method->usesHeads;
    m_reduction->choose(static_cast<int>(source->reduction));
    m_reduction->setEnabled(heads);
    m_layer->setEnabled(heads && source->reduction != HeadReduction::MeanOfLayers);
    m_head->setEnabled(heads && source->reduction == HeadReduction::OneHead);
    m_direction->setEnabled(source->method->bothDirections && source->perToken);
    m_direction->setToolTip(m_direction->isEnabled() ? QString() : tr("This method has one direction only."));
    m_withoutClass->setEnabled(stack != nullptr && stack->keys != TokenAxis::Text && !source->method->ofPatchesAlone);
    m_definition->setText(QString::fromStdString(source->method->definition));
}

OverlaySection::OverlaySection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Overlay"), appearance, parent), m_controller(controller),
      m_opacity(new ParameterSlider(opacityParameter(), appearance, this)), m_percent(makeLabel({}, "mono", this)),
      m_ground(new ChoiceBox(this)), m_grid(new TickBox(tr("Patch grid"), this)),
      m_boxes(new TickBox(tr("Show labelled boxes"), this))
{
    m_opacity->setObjectName(u"heatOpacity"_s);
    m_opacity->setAccessibleName(tr("Heat opacity, per cent"));
    addChoices<PictureGround>(*m_ground, {{tr("Picture"), PictureGround::Picture},
                                          {tr("Greyscale"), PictureGround::Grey},
                                          {tr("None"), PictureGround::Blank}});
    m_ground->setAccessibleName(tr("Ground"));
    fitToDock(*m_ground);
    m_boxes->setObjectName(u"showBoxes"_s);
    auto* grid = new QGridLayout;
    grid->setColumnStretch(1, 1);
    grid->setHorizontalSpacing(10);
    grid->addWidget(makeLabel(tr("Heat opacity"), "", this), 0, 0);
    grid->addWidget(m_percent, 0, 1, Qt::AlignRight);
    grid->addWidget(m_opacity, 1, 0, 1, 2);
    grid->addWidget(makeLabel(tr("Ground"), "", this), 2, 0);
    grid->addWidget(m_ground, 2, 1);
    body()->addLayout(grid);
    body()->addWidget(m_grid);
    body()->addWidget(m_boxes);
    const auto change = [this](auto AlignmentView::*field, auto value) {
        m_controller.changeView([=](ViewSettings& view) { view.alignment.*field = value; });
    };
    const auto setOpacity = [=](double value) { change(&AlignmentView::opacity, static_cast<std::size_t>(value)); };
    connect(m_opacity, &ParameterSlider::dragged, this, setOpacity);
    connect(m_opacity, &ParameterSlider::settled, this, setOpacity);
    connect(m_opacity, &ParameterSlider::resetWanted, this, [=] { setOpacity(opacityParameter().initial); });
    connect(m_ground, &QComboBox::activated, this,
            [=, this] { change(&AlignmentView::ground, static_cast<PictureGround>(m_ground->currentData().toInt())); });
    connect(m_grid, &QCheckBox::clicked, this, [=](bool on) { change(&AlignmentView::grid, on); });
    connect(m_boxes, &QCheckBox::clicked, this, [=](bool on) { change(&AlignmentView::boxes, on); });
    connect(&controller, &StudyController::viewChanged, this, &OverlaySection::refresh);
    setBoxesKnown(false);
    refresh();
}

void OverlaySection::setBoxesKnown(bool known)
{
    m_boxes->setEnabled(known);
    m_boxes->setToolTip(known ? tr("What the picture's description (scenes.json beside it) says is where.")
                              : tr("No description with boxes (scenes.json) lies beside this picture."));
}

void OverlaySection::refresh()
{
    const AlignmentView& view = m_controller.study().view.alignment;
    m_opacity->show(static_cast<double>(view.opacity));
    m_percent->setText(tr("%1 %").arg(view.opacity));
    m_ground->choose(static_cast<int>(view.ground));
    m_grid->setChecked(view.grid);
    m_boxes->setChecked(view.boxes);
}

PatchSection::PatchSection(const FigurePane& pane, Appearance& appearance, QWidget* parent)
    : Section(tr("Patch"), appearance, parent), m_pane(pane), m_magnifier(new Magnifier(pane, appearance, this)),
      m_place(makeLabel({}, "mono", this))
{
    addToTitleRow(m_place);
    QLabel* hint = makeWrappedLabel("hint", this);
    hint->setText(
        tr("Click a patch to see which tokens look at it. Drag for a region (mean over patches). Arrows move it."));
    hint->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    row->addWidget(m_magnifier, 0, Qt::AlignTop);
    row->addWidget(hint, 1, Qt::AlignTop);
    body()->addLayout(row);
    connect(&pane, &FigurePane::figureChanged, this, &PatchSection::refresh);
    refresh();
}

void PatchSection::refresh()
{
    const auto* figure = dynamic_cast<const AlignmentPictures*>(m_pane.figure());
    m_magnifier->update();
    if (figure == nullptr)
        return m_place->setText({});
    const PatchRegion& region = figure->focus().region;
    m_place->setText(region.count() == 1 ? tr("row %1, col %2").arg(region.row).arg(region.column)
                                         : tr("%1 × %2 patches").arg(region.rows).arg(region.columns));
}

}  // namespace ketscope
