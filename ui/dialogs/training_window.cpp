// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/training_window.h"

#include "core/base/error.h"
#include "core/train/probe.h"
#include "ui/controls/controls.h"
#include "ui/dialogs/training_map.h"
#include "ui/message_strip.h"
#include "ui/study_controller.h"
#include "ui/views/live_figure.h"
#include "viz/scale.h"

#include <QAccessible>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QKeyEvent>
#include <QStandardPaths>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kSideBySide = 640.0;
constexpr int kNewsMs = 150;

QString shown(const std::string& text) { return QString::fromStdString(text); }

// What an entry of the list of recipes stands for: a file, and a variant where the file is a series.
QStringList entryOf(const RecipeChoice& choice) { return {shown(choice.file.string()), shown(choice.variant)}; }

// Inside it a series of one seed has its runs in the same places on the command line.
QString runFolderFor(const QStringList& entry)
{
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString folder = QDir(documents).filePath(u"Ketscope/"_s + QFileInfo(entry[0]).completeBaseName());
    return entry[1].isEmpty() ? folder : QDir(folder).filePath(entry[1]);
}

QString figuresText(const std::vector<Figures>& all, const QString& question, const QString& examples)
{
    QStringList parts;
    for (const Figures& figures : all)
        parts << TrainingWindow::tr("%1: %2 nats per %3, %4 % right, on %L5 %6")
                     .arg(shown(figures.set), formatNumber(figures.loss, 3), question,
                          formatNumber(100.0 * figures.accuracy, 1))
                     .arg(figures.examples)
                     .arg(examples);
    return parts.join(u" · "_s);
}

}  // namespace

TrainingWindow::TrainingWindow(StudyController& controller, Appearance& appearance, Settings& settings, QWidget* parent)
    : QDialog(parent), m_controller(controller), m_appearance(appearance), m_settings(settings)
{
    setObjectName(u"trainingWindow"_s);
    setWindowTitle(tr("Training"));
    m_error = new MessageStrip(MessageStrip::Kind::Error, this);
    m_splitter = new QSplitter(Qt::Horizontal, this);
    m_splitter->addWidget(makeCurves());
    m_map = new TrainingMap(controller, appearance, this);
    m_splitter->addWidget(m_map);
    m_splitter->setChildrenCollapsible(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 10, 0, 10);
    column->setSpacing(8);
    auto* content = new QWidget;  // large text in a small window: what can be pressed stays in sight
    auto* inside = new QVBoxLayout(content);
    inside->setContentsMargins(0, 0, 0, 0);
    inside->addWidget(makeForm());
    inside->addWidget(m_splitter, 1);
    column->addWidget(m_error);
    column->addWidget(makeScrollArea(content, this), 1);
    column->addLayout(makeFooter());
    m_news.setInterval(kNewsMs);
    connect(&m_news, &QTimer::timeout, this, &TrainingWindow::takeNews);
    connect(&m_job, &Job::progressed, this, [this](double fraction, const QString& what) {
        // What comes after the last step has no step to say.
        m_note = fraction < 1.0 ? what : tr("Validation on whole sets");
        refresh();
    });
    connect(&m_job, &Job::failed, this, &TrainingWindow::say);
    connect(m_map, &TrainingMap::textChanged, this, &TrainingWindow::followText);
    connect(&m_looking, &Job::failed, this, [this](const QString& message) {
        m_curves = {};
        m_note.clear();
        setState(State::Empty);
        m_curvesView->show(nullptr, message);
    });
    connect(&m_appearance, &Appearance::changed, this, &TrainingWindow::arrange);
    fillRecipes();
    setState(State::Empty);
    recipeChanged();
    m_start->setFocus();
}

TrainingWindow::~TrainingWindow() = default;

QWidget* TrainingWindow::makeField(const QString& title, QWidget* field, QWidget* button)
{
    auto* whole = new QWidget(this);
    auto* lines = new QVBoxLayout(whole);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(3);
    auto* label = makeLabel(title, "", whole);
    label->setBuddy(field);
    field->setAccessibleName(QString(title).remove(u'&'));
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    row->addWidget(field, 1);
    row->addWidget(button);
    lines->addWidget(label);
    lines->addLayout(row);
    if (!m_fields.empty())
        setTabOrder(m_lastOfForm, field);
    setTabOrder(field, button);
    m_lastOfForm = button;
    m_fields.push_back(whole);
    return whole;
}

QWidget* TrainingWindow::makeForm()
{
    auto* form = new QWidget(this);
    m_form = new QBoxLayout(QBoxLayout::LeftToRight, form);
    m_form->setContentsMargins(14, 0, 14, 0);
    m_form->setSpacing(14);
    m_recipe = new ChoiceBox(form);
    m_recipe->setObjectName(u"trainingRecipe"_s);
    m_recipe->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_recipe->setMinimumContentsLength(18);
    m_data = new QLineEdit(m_settings.trainingData(), form);
    m_data->setObjectName(u"trainingData"_s);
    m_data->setPlaceholderText(tr("where the recipe says"));
    m_out = new QLineEdit(form);
    m_out->setObjectName(u"trainingFolder"_s);
    const auto button = [&](const QString& name, const QString& does, const std::function<void()>& act) {
        auto* made = new QPushButton(tr("Choose…"), form);
        made->setAccessibleName(name);
        made->setToolTip(does);
        made->setAutoDefault(false);
        connect(made, &QPushButton::clicked, this, act);
        return made;
    };
    m_form->addWidget(makeField(tr("R&ecipe"), m_recipe,
                                button(tr("Choose a recipe file"), tr("Another recipe, from a file"),
                                       [this] { chooseRecipeFile(); })),
                      3);
    m_form->addWidget(makeField(tr("&Data folder"), m_data,
                                button(tr("Choose the data folder"), tr("Where the texts are that the recipe names"),
                                       [this] { chooseFolder(*m_data, tr("Folder with the data")); })),
                      2);
    m_form->addWidget(makeField(tr("&Run folder"), m_out,
                                button(tr("Choose the run folder"),
                                       tr("Where model, curve and checkpoints go, and where a run goes on"),
                                       [this] { chooseFolder(*m_out, tr("Folder of the run")); })),
                      3);
    connect(m_recipe, &QComboBox::activated, this, &TrainingWindow::recipeChanged);
    for (QLineEdit* field : {m_data, m_out})
        connect(field, &QLineEdit::editingFinished, this, &TrainingWindow::lookAtFolder);
    return form;
}

QWidget* TrainingWindow::makeCurves()
{
    auto* side = new QWidget(this);
    m_curvesHeader = new PageHeader(tr("Curves"), side);
    m_curvesView = new LiveFigure(tr("Training curves"), m_appearance, side);
    m_curvesView->setObjectName(u"trainingCurves"_s);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_curvesHeader);
    column->addWidget(m_curvesView, 1);
    return side;
}

QLayout* TrainingWindow::makeFooter()
{
    m_start = new QPushButton(this);
    m_start->setObjectName(u"startTraining"_s);
    setRole(*m_start, "primary");
    m_progress = new QProgressBar(this);
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(tr("Steps that are done"));
    m_status = new ElidedLabel("hint", this);
    m_status->setObjectName(u"trainingStatus"_s);
    m_open = new QPushButton(tr("&Open the model"), this);
    m_open->setObjectName(u"openTrained"_s);
    auto* close = new QPushButton(tr("Close"), this);
    close->setToolTip(tr("A run is paused and goes on from its folder another time"));
    for (QPushButton* each : {m_start, m_open, close})
        each->setAutoDefault(false);
    connect(m_start, &QPushButton::clicked, this, [this] { m_state == State::Running ? pause() : start(); });
    connect(m_open, &QPushButton::clicked, this, [this] { emit modelWanted(m_out->text()); });
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(14, 0, 14, 0);
    row->setSpacing(8);
    row->addWidget(m_start);
    row->addWidget(m_progress, 1);
    row->addWidget(m_status, 3);
    row->addWidget(m_open);
    row->addWidget(close);
    return row;
}

void TrainingWindow::fillRecipes()
{
    try {
        for (const RecipeChoice& recipe : bundledRecipes())
            m_recipe->addItem(shown(recipe.title), entryOf(recipe));
    } catch (const Error& error) {
        m_error->say(QString::fromUtf8(error.what()));
    }
}

void TrainingWindow::choose(const QString& recipe, const QString& dataFolder, const QString& runFolder)
{
    addRecipes(recipe);
    m_data->setText(dataFolder);
    m_out->setText(runFolder);
    lookAtFolder();
}

// Chooses the first run that a file tells of, also one of a file that tells of none: why not is said when it is read.
void TrainingWindow::addRecipes(const QString& file)
{
    std::vector<RecipeChoice> choices;
    try {
        choices = recipesIn(file.toStdString());
    } catch (const Error&) {
        choices.clear();
    }
    if (choices.empty())
        choices = {{file.toStdString(), "", QFileInfo(file).fileName().toStdString()}};
    for (const RecipeChoice& choice : choices)
        if (m_recipe->findData(entryOf(choice)) < 0)
            m_recipe->addItem(shown(choice.title), entryOf(choice));
    m_recipe->choose(entryOf(choices.front()));
}

QStringList TrainingWindow::entry() const
{
    const QStringList chosen = m_recipe->currentData().toStringList();
    return chosen.size() == 2 ? chosen : QStringList{QString(), QString()};
}

void TrainingWindow::chooseRecipeFile()
{
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Choose a recipe"), QFileInfo(entry()[0]).path(), tr("Recipes (*.json)"));
    if (file.isEmpty())
        return;
    addRecipes(file);
    recipeChanged();
}

void TrainingWindow::chooseFolder(QLineEdit& field, const QString& title)
{
    const QString folder = QFileDialog::getExistingDirectory(this, title, field.text());
    if (folder.isEmpty())
        return;
    field.setText(folder);
    lookAtFolder();
}

void TrainingWindow::recipeChanged()
{
    m_out->setText(runFolderFor(entry()));
    lookAtFolder();
}

TrainingTask TrainingWindow::task() const
{
    return {entry()[0], entry()[1], m_data->text().trimmed(), m_out->text().trimmed(), m_controller.threads()};
}

// What is there of the run already, before it is started.
void TrainingWindow::lookAtFolder()
{
    if (m_state == State::Running || task() == m_looked)
        return;
    m_looked = task();
    m_error->say({});
    m_feed.reset();
    m_note.clear();
    m_map->show(nullptr, mapReason());
    m_settings.setTrainingData(m_data->text().trimmed());
    m_looking.start([this, task = task()](Monitor&) -> Job::Delivery {
        return [this, curves = readRun(task)] {
            m_curves = curves;
            const bool whole = !curves.points.empty() && curves.points.back().step >= curves.steps;
            if (whole && QFileInfo::exists(QDir(m_out->text()).filePath(u"model.safetensors"_s))) {
                m_note = tr("All %1 steps were done before.").arg(static_cast<qulonglong>(curves.steps));
                return setState(State::Finished);
            }
            setState(curves.points.empty() ? State::Empty : State::Ready);
        };
    });
}

void TrainingWindow::start()
{
    m_error->say({});
    m_looking.cancel();
    m_note = tr("Reading the data");
    m_feed = std::make_shared<TrainingFeed>();
    followText();
    m_job.start([this, task = task(), feed = m_feed](Monitor& monitor) -> Job::Delivery {
        return [this, result = runTraining(task, *feed, monitor)] { finish(result); };
    });
    m_news.start();
    setState(State::Running);
}

void TrainingWindow::pause()
{
    if (!m_job.isRunning())
        return;
    m_job.cancel();
    m_note.clear();
    setState(State::Paused);
}

void TrainingWindow::finish(const TrainingResult& result)
{
    takeNews();
    m_news.stop();
    m_note = figuresText(result.figures, m_curves.question, m_curves.examples);
    setState(State::Finished);
    QAccessibleEvent alert(m_status, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

void TrainingWindow::say(const QString& text)
{
    takeNews();
    m_news.stop();
    m_note.clear();
    m_error->say(text);
    setState(State::Failed);
}

void TrainingWindow::takeNews()
{
    if (!m_feed)
        return;
    TrainingFeed::News news = m_feed->take();
    if (news.begun)
        m_curves = std::move(*news.begun);
    for (const CurvePoint& point : news.points)
        addPoint(point);
    if (news.begun || !news.points.empty()) {
        showCurves();
        refresh();
    }
    if (news.look || !news.problem.isEmpty())
        m_map->show(news.look, news.problem);
    if (!news.failure.isEmpty())
        return say(news.failure);
    // A run that was told to stop has nothing more to say when it has let go of the feed.
    if (m_state != State::Running && m_feed.use_count() == 1)
        m_news.stop();
}

// A checkpoint may be older than the curve beside it: its steps are done again.
void TrainingWindow::addPoint(const CurvePoint& point)
{
    while (!m_curves.points.empty() && m_curves.points.back().step >= point.step)
        m_curves.points.pop_back();
    m_curves.points.push_back(point);
}

void TrainingWindow::showCurves()
{
    if (m_curves.points.empty())
        return m_curvesView->show(nullptr, m_state == State::Running ? tr("The curves begin with the first step.")
                                                                     : tr("Start shows the curves of the run here."));
    m_curvesView->show(std::make_shared<TrainingFigure>(m_curves));
}

QString TrainingWindow::mapReason() const
{
    return m_state == State::Running ? tr("The map appears with the first step.")
                                     : tr("While a run goes on, the attention of one head is shown here.");
}

void TrainingWindow::followText()
{
    if (m_feed)
        m_feed->setText(m_map->text());
}

void TrainingWindow::setState(State state)
{
    m_state = state;
    showCurves();
    if (!m_map->look())
        m_map->show(nullptr, mapReason());
    refresh();
}

QString TrainingWindow::progressText() const
{
    const auto step = static_cast<qulonglong>(m_curves.points.empty() ? 0 : m_curves.points.back().step);
    const auto steps = static_cast<qulonglong>(m_curves.steps);
    switch (m_state) {
    case State::Empty: return steps == 0 ? QString() : tr("%1 steps to do.").arg(steps);
    case State::Ready: return tr("This folder has %1 of %2 steps. Go on continues from there.").arg(step).arg(steps);
    case State::Running: return m_note;
    case State::Paused: return tr("Paused after step %1 of %2. Go on continues from there.").arg(step).arg(steps);
    case State::Finished: return tr("Finished. %1").arg(m_note);
    case State::Failed: return tr("Stopped after step %1 of %2.").arg(step).arg(steps);
    }
    return {};
}

void TrainingWindow::refresh()
{
    const bool running = m_state == State::Running;
    const bool begun = m_state == State::Ready || m_state == State::Paused;
    m_start->setText(running ? tr("&Pause") : begun ? tr("&Go on") : tr("&Start"));
    m_start->setToolTip(running ? tr("After the step that is being done (Esc)") : QString());
    for (QWidget* field : m_fields)
        field->setEnabled(!running);
    m_start->setEnabled(m_state != State::Finished);
    m_open->setEnabled(m_state == State::Finished);
    m_progress->setRange(0, static_cast<int>(std::max<std::size_t>(1, m_curves.steps)));
    m_progress->setValue(m_curves.points.empty() ? 0 : static_cast<int>(m_curves.points.back().step));
    m_status->setText(progressText());
    m_status->setToolTip(progressText());
    m_curvesHeader->setNote(m_curves.title);
}

// Where there is little room beside the curves, the map stands below them, and the fields below each other.
void TrainingWindow::arrange()
{
    const bool narrow = width() < m_appearance.theme().px(kSideBySide);
    m_splitter->setOrientation(narrow ? Qt::Vertical : Qt::Horizontal);
    m_curvesHeader->setMinimumHeight(narrow ? 0 : m_map->headerHeight());
    m_form->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void TrainingWindow::resizeEvent(QResizeEvent* event)
{
    QDialog::resizeEvent(event);
    arrange();
}

// Esc pauses a run, else closes.
void TrainingWindow::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && m_state == State::Running)
        pause();
    else
        QDialog::keyPressEvent(event);
}

void TrainingWindow::done(int result)
{
    pause();
    QDialog::done(result);
}

}  // namespace ketscope
