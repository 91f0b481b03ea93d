// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/main_tool_bar.h"

#include "ui/input_text.h"
#include "ui/plan_text.h"
#include "ui/views/perspective.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QMenu>
#include <QPainter>
#include <QStandardItemModel>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kModelWidth = 200.0, kPlanWidth = 206.0;
constexpr double kButtonPadding = 26.0;
constexpr double kIcon = 16.0;
constexpr double kArrow = 44.0;                  // of a box, with its edges
constexpr double kTightShare = 0.09;             // of the bar's width, for the model and for the plan
constexpr int kLongTitle = 16, kShortTitle = 8;  // letters of a perspective's title

constexpr ScopeKind kScopes[] = {ScopeKind::LastTwoLayers, ScopeKind::AllLayers, ScopeKind::ThisLayer,
                                 ScopeKind::ThisHead, ScopeKind::AllStacks};

QStringList perspectiveTitles()
{
    QStringList titles;
    for (const PerspectiveType& type : perspectiveTypes())
        titles += QString(type.title).replace(u"&"_s, u"&&"_s);
    return titles;
}

// An arrow that leaves a tray.
QIcon exportIcon(const Theme& theme, double ratio)
{
    const double side = theme.px(kIcon);
    const auto drawn = [&](const QColor& colour) {
        QPixmap picture((QSizeF(side, side) * ratio).toSize());
        picture.setDevicePixelRatio(ratio);
        picture.fill(Qt::transparent);
        QPainter painter(&picture);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.scale(side / kIcon, side / kIcon);
        painter.setPen(QPen(colour, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPolyline(QPolygonF({{2.5, 9.5}, {2.5, 13.5}, {13.5, 13.5}, {13.5, 9.5}}));
        painter.drawLine(QPointF(8.0, 10.0), QPointF(8.0, 2.5));
        painter.drawPolyline(QPolygonF({{5.0, 5.5}, {8.0, 2.5}, {11.0, 5.5}}));
        return picture;
    };
    QIcon icon(drawn(theme.text));
    icon.addPixmap(drawn(theme.text3), QIcon::Disabled);
    return icon;
}

}  // namespace

MainToolBar::MainToolBar(StudyController& controller, Appearance& appearance, QMenu& modelMenu, QWidget* parent)
    : QToolBar(tr("Main"), parent), m_controller(controller), m_appearance(appearance), m_model(new MenuButton(this)),
      m_picture(new QPushButton(this)), m_input(new QLineEdit(this)), m_more(new QPushButton(tr("…"), this)),
      m_plan(new MenuButton(this)), m_planMenu(new QMenu(m_plan)), m_run(new QPushButton(this)),
      m_perspectives(new Segment(perspectiveTitles(), this)), m_perspectiveChoice(new ChoiceBox(this)),
      m_export(new QPushButton(tr("Export figure…"), this))
{
    setObjectName(u"mainToolBar"_s);
    setMovable(false);
    setContextMenuPolicy(Qt::PreventContextMenu);
    m_model->setMenu(&modelMenu);
    m_model->setAccessibleName(tr("Model"));
    m_plan->setMenu(m_planMenu);
    m_plan->setAccessibleName(tr("Plan"));
    m_run->setObjectName(u"run"_s);
    m_export->setObjectName(u"exportFigure"_s);
    m_export->setAccessibleName(tr("Export figure…"));
    m_export->setEnabled(false);
    m_inputField = field(tr("Input"), makeInput());
    auto* space = new QWidget(this);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    for (QWidget* each : {field(tr("Model"), m_model), m_inputField, field(tr("Plan"), m_plan), field({}, m_run), space,
                          field(tr("Perspective"), makePerspectives()), field({}, m_export)})
        addWidget(each);
    connect(m_run, &QPushButton::clicked, this, &MainToolBar::runOrCancel);
    connect(m_export, &QPushButton::clicked, this, &MainToolBar::exportWanted);
    connect(m_planMenu, &QMenu::aboutToShow, this, &MainToolBar::rebuildPlanMenu);
    connect(&controller, &StudyController::modelChanged, this, &MainToolBar::applySize);
    connect(&controller, &StudyController::studyChanged, this, &MainToolBar::refreshStudy);
    connect(&controller, &StudyController::busyChanged, this, &MainToolBar::refreshRun);
    connect(&controller, &StudyController::comparisonChanged, this,
            [this] { m_export->setEnabled(m_controller.comparison() != nullptr); });
    connect(&appearance, &Appearance::changed, this, &MainToolBar::applySize);
    refreshRun(false);
    refreshModel();
    refreshStudy();
    applySize();
}

QWidget* MainToolBar::makeInput()
{
    m_input->setObjectName(u"input"_s);
    m_input->installEventFilter(this);
    m_input->setAcceptDrops(false);  // drops are the window's
    m_input->setAccessibleName(tr("Input"));
    m_picture->setObjectName(u"picture"_s);
    m_picture->setToolTip(tr("Choose the picture that the model looks at."));
    m_more->setObjectName(u"moreInput"_s);
    m_more->setAccessibleName(tr("All of the input"));
    m_more->setToolTip(tr("All of the input: second text, labels, picture, exact numbers. Ctrl+Shift+I"));
    auto* input = new QWidget(this);
    auto* line = new QHBoxLayout(input);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(4);
    line->addWidget(m_picture);
    line->addWidget(m_input, 1);
    line->addWidget(m_more);
    connect(m_picture, &QPushButton::clicked, this, &MainToolBar::pictureWanted);
    connect(m_input, &QLineEdit::returnPressed, this, &MainToolBar::commitInput);
    // Who goes on elsewhere would see maps of the text before beside the new one.
    connect(m_input, &QLineEdit::editingFinished, this, [this] {
        if (m_input->text() != inputText(m_controller.study().input))
            commitInput();
    });
    connect(m_more, &QPushButton::clicked, this, &MainToolBar::inputDialogWanted);
    return input;
}

// All of them beside each other, or one box where there is no room.
QWidget* MainToolBar::makePerspectives()
{
    m_perspectives->setObjectName(u"perspectives"_s);
    for (const PerspectiveType& type : perspectiveTypes())
        m_perspectiveChoice->addItem(type.title, m_perspectiveChoice->count());
    m_perspectiveChoice->setAccessibleName(tr("Perspective"));
    m_perspectiveChoice->hide();
    auto* box = new QWidget(this);
    box->setObjectName(u"perspectiveBox"_s);
    auto* either = new QHBoxLayout(box);
    either->setContentsMargins(0, 0, 0, 0);
    either->addWidget(m_perspectives);
    either->addWidget(m_perspectiveChoice);
    connect(m_perspectives, &Segment::chosen, this, &MainToolBar::perspectiveChosen);
    connect(m_perspectiveChoice, &QComboBox::activated, this, &MainToolBar::perspectiveChosen);
    return box;
}

void MainToolBar::setObstacle(int index, const QString& obstacle)
{
    m_perspectives->button(index)->setEnabled(obstacle.isEmpty());
    m_perspectives->button(index)->setToolTip(obstacle);
    auto* items = qobject_cast<QStandardItemModel*>(m_perspectiveChoice->model());
    items->item(index)->setEnabled(obstacle.isEmpty());
    items->item(index)->setToolTip(obstacle);
}

void MainToolBar::showPerspective(int index)
{
    m_perspectives->choose(index);
    m_perspectiveChoice->choose(index);
}

QWidget* MainToolBar::field(const QString& title, QWidget* control)
{
    auto* holder = new QWidget(this);
    auto* column = new QVBoxLayout(holder);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* label = makeLabel(title, "hint", holder);
    label->setBuddy(control);
    column->addWidget(label);
    column->addWidget(control);
    return holder;
}

void MainToolBar::applySize()
{
    refreshModel();  // whether there is a picture
    const Theme& theme = m_appearance.theme();
    const auto bounded = [&](double pixels, double share) {
        return qRound(std::min(theme.px(pixels), share * width()));
    };
    // A picture beside the text takes its room from the fields around it.
    const double share = m_picture->isHidden() ? 0.16 : 0.12;
    m_fields = {{m_model, bounded(kModelWidth, share), qRound(theme.px(kModelWidth))},
                {m_plan, bounded(kPlanWidth, share), qRound(theme.px(kPlanWidth))}};
    m_input->setMinimumWidth(m_picture->isHidden() ? bounded(240, 0.12) : bounded(160, 0.1));
    m_input->setMaximumWidth(qRound(theme.px(560)));
    m_more->setFixedWidth(qRound(theme.px(30)));
    m_picture->setMaximumWidth(bounded(150, 0.1));
    m_inputField->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    refreshStudy();
    chooseControls();
}

// What is not as wide as it likes to be: first the perspectives, then the button of the export, which is never pushed
// off the bar; then the name of Run's key, and most of the model's and the plan's.
void MainToolBar::chooseControls()
{
    for (const Field& each : m_fields)
        each.control->setFixedWidth(each.least);
    struct Choice {
        bool segments;
        int letters;
        bool icon;
        bool tight;
    };
    for (const Choice& each : {Choice{true, kLongTitle, false, false},
                               {false, kLongTitle, false, false},
                               {false, kShortTitle, false, false},
                               {false, kShortTitle, true, false},
                               {false, kShortTitle, true, true}}) {
        m_tight = each.tight;
        refreshRun(m_busy);
        for (Field& field : m_fields)
            if (each.tight)
                field.control->setFixedWidth(field.least = qRound(kTightShare * width()));
        m_perspectives->setVisible(each.segments);
        m_perspectiveChoice->setVisible(!each.segments);
        m_perspectiveChoice->setFixedWidth(m_perspectiveChoice->fontMetrics().averageCharWidth() * each.letters
                                           + qRound(m_appearance.theme().px(kArrow)));
        m_perspectives->parentWidget()->updateGeometry();  // off the bar, nothing else says that its content changed
        m_export->setText(each.icon ? QString() : tr("Export figure…"));
        m_export->setToolTip(each.icon ? tr("Export figure… Ctrl+E") : QString());
        m_export->setIcon(each.icon ? exportIcon(m_appearance.theme(), devicePixelRatioF()) : QIcon());
        m_export->setIconSize(QSize(1, 1) * qRound(m_appearance.theme().px(kIcon)));
        if (neededWidth() <= width())
            break;
    }
    widenFields();
    // What was pushed off the bar does not tell it that it is smaller now.
    layout()->invalidate();
    QCoreApplication::postEvent(this, new QEvent(QEvent::LayoutRequest));
}

// What is left over goes to the model and the plan, until they are as wide as they like to be.
void MainToolBar::widenFields()
{
    int left = width() - neededWidth();
    for (const Field& each : m_fields) {
        const int more = std::clamp(left, 0, each.wanted - each.least);
        each.control->setFixedWidth(each.least + more);
        left -= more;
    }
}

// The bar with everything on it, no wider than it must be.
int MainToolBar::neededWidth() const
{
    const QMargins margins = layout()->contentsMargins();
    int needed =
        margins.left() + margins.right()
        + 2 * (style()->pixelMetric(QStyle::PM_ToolBarItemMargin) + style()->pixelMetric(QStyle::PM_ToolBarFrameWidth));
    for (QAction* action : actions()) {
        QWidget* const widget = widgetForAction(action);
        for (QLayout* each : widget->findChildren<QLayout*>())
            each->invalidate();
        needed += std::max(widget->minimumSizeHint().width(), widget->minimumWidth()) + layout()->spacing();
    }
    return needed;
}

// On X11 a text field takes Ctrl+E for "end of line"; here it exports, wherever the focus is.
bool MainToolBar::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride
        && static_cast<QKeyEvent*>(event)->keyCombination() == (Qt::CTRL | Qt::Key_E)) {
        event->ignore();
        return true;
    }
    return QToolBar::eventFilter(watched, event);
}

void MainToolBar::resizeEvent(QResizeEvent* event)
{
    QToolBar::resizeEvent(event);
    applySize();
}

void MainToolBar::refreshModel()
{
    const ModelInfo* model = m_controller.model();
    QString text = tr("Open a model…");
    if (model != nullptr) {
        const QString recorded = m_controller.canRun() ? QString() : m_controller.recordedFile();
        const QString path = recorded.isEmpty() ? QString::fromStdString(model->path.string()) : recorded;
        text = QFileInfo(path).fileName();
        if (!model->stacks.empty())
            text += u" · %1 × %2"_s.arg(model->stacks.front().layers).arg(model->stacks.front().heads);
        m_model->setToolTip(path);
    }
    m_model->setText(text);
    const bool runs = m_controller.canRun();
    const bool ids = model != nullptr && m_controller.tokenizer() == nullptr;
    const bool reads = model != nullptr && model->vocabularySize > 0;
    m_picture->setVisible(runs && model->image.has_value());
    QString hint = ids ? tr("Token ids, for example 101, 7, 102") : tr("A sentence; Enter runs it");
    if (runs && !reads)
        hint = tr("This model reads no text");
    else if (model != nullptr && !runs)
        hint = tr("From a file; open its model to run it again");
    m_input->setPlaceholderText(hint);
    m_input->setEnabled(runs && reads);
    m_more->setEnabled(runs);
    m_plan->setEnabled(runs);
    m_run->setEnabled(runs);
}

void MainToolBar::refreshStudy()
{
    if (m_controller.model() == nullptr)
        return;
    const QString text = inputText(m_controller.study().input);
    if (m_input->text() != text)
        m_input->setText(text);
    if (!m_input->hasFocus())
        m_input->setCursorPosition(0);
    const auto& image = m_controller.study().input.image;
    const QString file = image ? QString::fromStdString(image->path) : QString();
    const int room = m_picture->maximumWidth() - qRound(m_appearance.theme().px(kButtonPadding));
    const QString picture =
        file.isEmpty() ? tr("Picture…") : fontMetrics().elidedText(QFileInfo(file).fileName(), Qt::ElideMiddle, room);
    if (picture != m_picture->text()) {
        m_picture->setText(picture);
        chooseControls();  // it may be wider now
    }
    const PlanEntry* entry = m_controller.entry();
    const QString plan = entry == nullptr ? tr("No head patched") : planTitle(*entry, *m_controller.model());
    m_plan->setToolTip(plan);
    m_plan->setText(plan);
}

void MainToolBar::rebuildPlanMenu()
{
    m_planMenu->clear();
    const PlanEntry* entry = m_controller.entry();
    if (entry == nullptr) {
        m_planMenu->addAction(tr("Choose layers and heads…"), this, &MainToolBar::planDialogWanted);
        return;
    }
    for (const ScopeKind kind : kScopes) {
        if (kind == ScopeKind::AllStacks && m_controller.model()->stacks.size() < 2)
            continue;
        const Scope scope = scopeOf(kind, *m_controller.model(), m_controller.selection());
        QAction* action = m_planMenu->addAction(scopeTitle(kind, m_controller.selection()));
        action->setCheckable(true);
        action->setChecked(scope == Scope{entry->layers, entry->heads, entry->stack});
        connect(action, &QAction::triggered, this, [this, scope] { m_controller.setScope(scope); });
    }
    m_planMenu->addSeparator();
    m_planMenu->addAction(tr("Other layers and heads…"), this, &MainToolBar::planDialogWanted);
}

void MainToolBar::refreshRun(bool busy)
{
    m_busy = busy;
    m_run->setMinimumWidth(m_tight ? 0 : qRound(m_appearance.theme().px(84)));
    m_run->setText(m_tight ? busy ? tr("Cancel") : tr("Run") : busy ? tr("Cancel  Esc") : tr("Run  F5"));
    setRole(*m_run, busy ? "" : "primary");
    m_run->setEnabled(busy || m_controller.canRun());
}

void MainToolBar::runOrCancel()
{
    if (m_controller.state() == StudyController::State::Running)
        return m_controller.cancel();
    commitInput();
}

void MainToolBar::commitInput()
{
    if (m_input->text() == inputText(m_controller.study().input))
        return m_controller.run();
    m_controller.setInputText(m_input->text());
}

}  // namespace ketscope
