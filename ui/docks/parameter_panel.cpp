// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/parameter_panel.h"

#include "core/study/idle_parameters.h"

#include <QRandomGenerator>
#include <QRegularExpressionValidator>
#include <QStyle>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

// Longer lists, or longer words, do not fit side by side in a dock.
constexpr qsizetype kSegmentLetters = 22;
constexpr std::size_t kSegmentChoices = 3;
constexpr quint32 kSeeds = 100000;

QString titleOf(const Parameter& parameter)
{
    const QString title = QString::fromStdString(parameter.title);
    return parameter.symbol.empty() ? title : title + u' ' + QString::fromStdString(parameter.symbol);
}

QString rangeHelp(const Parameter& parameter)
{
    QString help = QString::fromStdString(parameter.help);
    if (parameter.kind == ParameterKind::Integer || parameter.kind == ParameterKind::Real)
        help += ParameterRow::tr("\n%1 to %2, default %3.")
                    .arg(QString::fromStdString(shortestNumber(parameter.minimum)),
                         QString::fromStdString(shortestNumber(parameter.maximum)),
                         QString::fromStdString(shortestNumber(parameter.initial)));
    return help;
}

QStringList choiceTitles(const Parameter& parameter)
{
    QStringList titles;
    for (std::size_t index = 0; index < parameter.choices.size(); ++index)
        titles += QString::fromStdString(index < parameter.choiceTitles.size() ? parameter.choiceTitles[index]
                                                                               : parameter.choices[index]);
    return titles;
}

}  // namespace

ParameterRow::ParameterRow(const Parameter& parameter, StudyController& controller, Appearance& appearance,
                           QWidget* parent)
    : QWidget(parent), m_parameter(parameter), m_controller(controller), m_column(new QVBoxLayout(this))
{
    setObjectName(QString::fromStdString("parameter." + parameter.id));
    setToolTip(rangeHelp(parameter));
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(2);
    switch (parameter.kind) {
    case ParameterKind::Integer:
    case ParameterKind::Real: buildNumber(appearance); break;
    case ParameterKind::Choice: buildChoice(); break;
    case ParameterKind::Flag: buildFlag(); break;
    }
    m_note = makeLabel({}, "warning", this);
    m_note->setObjectName(u"note"_s);
    m_note->setWordWrap(true);
    m_note->hide();
    m_column->addWidget(m_note);
}

void ParameterRow::buildNumber(Appearance& appearance)
{
    m_field = new QLineEdit(this);
    m_field->setAcceptDrops(false);
    m_field->setAlignment(Qt::AlignRight);
    m_field->setAccessibleName(titleOf(m_parameter));
    m_field->setFixedWidth(qRound(appearance.theme().px(72)));
    m_slider = new ParameterSlider(m_parameter, appearance, this);
    m_problem = makeLabel({}, "warning", this);
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* line = new QHBoxLayout;
    line->addWidget(makeLabel(titleOf(m_parameter), "value", this), 1);
    line->addWidget(m_field);
    m_column->addLayout(line);
    m_column->addWidget(m_slider);
    m_column->addWidget(m_problem);
    connect(m_field, &QLineEdit::editingFinished, this, &ParameterRow::commitText);
    connect(m_slider, &ParameterSlider::dragged, this,
            [this](double value) { set(value, StudyController::Pace::Dragging); });
    connect(m_slider, &ParameterSlider::settled, this, [this](double value) { set(value); });
    connect(m_slider, &ParameterSlider::resetWanted, this, &ParameterRow::reset);
    connect(&appearance, &Appearance::changed, m_field,
            [this, &appearance] { m_field->setFixedWidth(qRound(appearance.theme().px(72))); });
}

void ParameterRow::buildChoice()
{
    const QStringList titles = choiceTitles(m_parameter);
    auto* label = makeLabel(titleOf(m_parameter), "value", this);
    if (m_parameter.choices.size() <= kSegmentChoices && titles.join(QString()).size() <= kSegmentLetters) {
        m_segment = new Segment(titles, this);
        m_segment->setAccessibleName(titleOf(m_parameter));
        auto* line = new QHBoxLayout;
        line->addWidget(label, 1);
        line->addWidget(m_segment);
        m_column->addLayout(line);
        connect(m_segment, &Segment::chosen, this, [this](int index) { set(index); });
        return;
    }
    m_box = new ChoiceBox(this);
    m_box->addItems(titles);
    m_box->setAccessibleName(titleOf(m_parameter));
    m_box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_column->addWidget(label);
    m_column->addWidget(m_box);
    connect(m_box, &QComboBox::activated, this, [this](int index) { set(index); });
}

void ParameterRow::buildFlag()
{
    m_tick = new TickBox(titleOf(m_parameter), this);
    m_column->addWidget(m_tick);
    connect(m_tick, &QCheckBox::clicked, this, [this](bool on) { set(on ? 1.0 : 0.0); });
}

void ParameterRow::set(double value, StudyController::Pace pace)
{
    m_controller.setParameter(m_parameter.id, value, pace);
}

void ParameterRow::commitText()
{
    const PlanEntry* entry = m_controller.entry();
    if (entry == nullptr)
        return;
    Parameters values = entry->parameters;
    QString problem;
    try {
        values.setText(m_parameter.id, m_field->text().trimmed().toStdString());
    } catch (const Error& error) {
        problem = QString::fromUtf8(error.what());
    }
    showProblem(problem);
    if (problem.isEmpty() && values != entry->parameters)
        set(values.real(m_parameter.id));
}

void ParameterRow::showProblem(const QString& problem)
{
    if (m_problem->text() == problem)
        return;
    m_field->setProperty("invalid", !problem.isEmpty());
    m_field->style()->unpolish(m_field);
    m_field->style()->polish(m_field);
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
}

void ParameterRow::refreshNote(const PlanEntry& entry, const ModelInfo* model)
{
    const double value = entry.parameters.real(m_parameter.id);
    QString note;
    if (!m_parameter.choiceFaults.empty()) {
        const std::string& fault = m_parameter.choiceFaults[static_cast<std::size_t>(value)];
        note = fault.empty() ? QString() : tr("As published: %1").arg(QString::fromStdString(fault));
    }
    if (model != nullptr && value != m_parameter.initial)
        if (const std::string missing = missingCondition(entry, m_parameter, *model); !missing.empty())
            note = tr("No effect without %1.").arg(QString::fromStdString(missing));
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

void ParameterRow::refresh(const PlanEntry& entry, const ModelInfo* model)
{
    const Parameters& values = entry.parameters;
    setVisible(values.isShown(m_parameter));
    if (m_field != nullptr) {
        m_slider->show(values.real(m_parameter.id));
        const QString text = QString::fromStdString(values.text(m_parameter.id));
        if (m_field->text() != text) {
            m_field->setText(text);
            showProblem({});
        }
    }
    const int index = static_cast<int>(values.real(m_parameter.id));
    if (m_segment != nullptr)
        m_segment->choose(index);
    if (m_box != nullptr)
        m_box->setCurrentIndex(index);
    if (m_tick != nullptr)
        m_tick->setChecked(index != 0);
    refreshNote(entry, model);
}

ParameterSection::ParameterSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Parameters"), appearance, parent), m_controller(controller), m_appearance(appearance),
      m_list(new QVBoxLayout), m_none(makeLabel(tr("This mechanism has no parameters."), "hint", this)),
      m_seedRow(makeSeedRow()), m_live(new TickBox(tr("Run while dragging"), this)),
      m_reset(makeLink(tr("Reset"), this))
{
    setObjectName(u"parameters"_s);
    m_live->setObjectName(u"runWhileDragging"_s);
    m_list->setSpacing(8);
    addToTitleRow(m_reset);
    body()->addLayout(m_list);
    body()->addWidget(m_none);
    body()->addWidget(m_seedRow);
    body()->addWidget(m_live);
    connect(m_reset, &QPushButton::clicked, &controller, &StudyController::resetParameters);
    connect(m_live, &QCheckBox::clicked, this, [this](bool on) { m_controller.setRunWhileDragging(on); });
    connect(&controller, &StudyController::studyChanged, this, &ParameterSection::refresh);
    connect(&controller, &StudyController::comparisonChanged, this, &ParameterSection::refreshLive);
    refresh();
    refreshLive();
}

QWidget* ParameterSection::makeSeedRow()
{
    auto* row = new QWidget(this);
    m_seed = new QLineEdit(row);
    m_seed->setObjectName(u"seed"_s);
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setAlignment(Qt::AlignRight);
    m_seed->setValidator(new QRegularExpressionValidator(QRegularExpression(u"\\d{1,19}"_s), m_seed));
    auto* fresh = new QPushButton(tr("New"), row);
    fresh->setToolTip(tr("Another random seed. N"));
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(makeLabel(tr("Seed"), "value", row), 1);
    line->addWidget(m_seed, 1);
    line->addWidget(fresh);
    connect(m_seed, &QLineEdit::editingFinished, this, [this] {
        if (const std::uint64_t seed = m_seed->text().toULongLong(); seed != m_controller.study().seed)
            m_controller.setSeed(seed);
    });
    connect(fresh, &QPushButton::clicked, this, &ParameterSection::newSeed);
    return row;
}

void ParameterSection::newSeed() { m_controller.setSeed(QRandomGenerator::global()->bounded(kSeeds)); }

void ParameterSection::rebuild()
{
    qDeleteAll(m_rows);
    m_rows.clear();
    for (const auto& [group, heading] : m_headings)
        delete heading;
    m_headings.clear();
    if (m_mechanism == nullptr)
        return;
    for (const Parameter& parameter : m_mechanism->info().parameters) {
        addHeading(parameter.group);
        m_rows.push_back(new ParameterRow(parameter, m_controller, m_appearance, this));
        m_list->addWidget(m_rows.back());
    }
}

void ParameterSection::addHeading(const std::string& group)
{
    if (group.empty() || m_headings.contains(group))
        return;
    m_headings[group] = makeLabel(QString::fromStdString(group), "title", this);
    m_list->addWidget(m_headings[group]);
}

// A heading is there as long as something stands under it.
void ParameterSection::refreshHeadings()
{
    for (const auto& [group, heading] : m_headings)
        heading->setVisible(std::ranges::any_of(m_rows, [&name = group](const ParameterRow* row) {
            return row->parameter().group == name && !row->isHidden();
        }));
}

void ParameterSection::refresh()
{
    setTitle(m_controller.study().candidates.size() > 1 ? tr("Parameters of %1").arg(m_controller.candidateTag())
                                                        : tr("Parameters"));
    const PlanEntry* entry = m_controller.entry();
    const Mechanism* mechanism = entry == nullptr ? nullptr : entry->mechanism;
    if (mechanism != m_mechanism) {
        m_mechanism = mechanism;
        rebuild();
    }
    setEnabled(m_controller.canRun());
    m_none->setVisible(m_rows.empty());
    m_reset->setEnabled(entry != nullptr && entry->parameters != mechanism->defaults());
    const bool random =
        mechanism != nullptr && (mechanism->info().properties.sampled || mechanism->info().properties.randomFeatures);
    m_seedRow->setVisible(random);
    m_seed->setText(QString::number(m_controller.study().seed));
    for (ParameterRow* row : m_rows)
        row->refresh(*entry, m_controller.model());
    refreshHeadings();
    refreshLive();
}

void ParameterSection::refreshLive()
{
    const bool possible = m_controller.canRunWhileDragging();
    m_live->setVisible(!m_rows.empty());
    m_live->setEnabled(possible);
    m_live->setChecked(m_controller.runsWhileDragging());
    m_live->setToolTip(
        possible ? tr("Compute again while a slider moves, not only when it is let go.")
                 : tr("The last run took %1 ms. Above 80 ms a candidate is computed when the slider is let go.")
                       .arg(qRound(m_controller.lastRunMs())));
}

}  // namespace ketscope
