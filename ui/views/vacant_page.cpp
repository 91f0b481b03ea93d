// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/vacant_page.h"

#include <QAccessible>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kTextWidth = 520.0;
constexpr int kLeastText = 160;
constexpr double kBarWidth = 260.0;

}  // namespace

Vacancy vacancyOf(const StudyController& controller)
{
    if (controller.comparison())
        return {};
    if (controller.state() == StudyController::State::Running)
        return {StudyController::tr("Opening the model and running it…"), StudyController::tr("Esc cancels.")};
    if (const auto& failure = controller.failure(); !failure.text.isEmpty())
        return {failure.opening ? StudyController::tr("This could not be opened.")
                                : StudyController::tr("This could not be run."),
                failure.text};
    if (controller.canRun())
        return {StudyController::tr("Nothing has been computed yet."), StudyController::tr("Press F5 to run.")};
    return {StudyController::tr("No model is open."),
            StudyController::tr("Open a model folder (Ctrl+O), or drop one onto this window.")};
}

VacantPage::VacantPage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_appearance(appearance), m_title(makeLabel({}, "page", this)),
      m_hint(makeWrappedLabel("value", this)), m_bar(new QProgressBar(this)),
      m_cancel(new QPushButton(tr("Cancel"), this)), m_run(new QPushButton(tr("Run again"), this)),
      m_keep(new QPushButton(tr("Layers to keep…"), this)), m_open(new QPushButton(tr("Open model…"), this)),
      m_sample(new QPushButton(tr("Open the sample"), this))
{
    setObjectName(u"vacantPage"_s);
    setProperty("ground", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    setFocusPolicy(Qt::StrongFocus);
    m_title->setObjectName(u"vacantTitle"_s);
    m_hint->setObjectName(u"vacantHint"_s);
    m_cancel->setObjectName(u"vacantCancel"_s);
    m_run->setObjectName(u"vacantRun"_s);
    m_keep->setObjectName(u"vacantKeep"_s);
    m_open->setObjectName(u"vacantOpen"_s);
    m_sample->setObjectName(u"vacantSample"_s);
    for (QLabel* label : {m_title, m_hint})
        label->setAlignment(Qt::AlignHCenter);
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    setRole(*m_open, "primary");
    setRole(*m_run, "primary");
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(10);
    buttons->addStretch(1);
    for (QPushButton* button : {m_cancel, m_run, m_keep, m_open, m_sample})
        buttons->addWidget(button);
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(12);
    column->addStretch(2);
    for (QWidget* each : std::initializer_list<QWidget*>{m_title, m_hint, m_bar})
        column->addWidget(each, 0, Qt::AlignHCenter);
    column->addLayout(buttons);
    column->addStretch(3);
    connect(m_cancel, &QPushButton::clicked, &controller, &StudyController::cancel);
    connect(m_run, &QPushButton::clicked, &controller, &StudyController::run);
    connect(m_keep, &QPushButton::clicked, this, &VacantPage::keptLayersWanted);
    connect(m_open, &QPushButton::clicked, this, &VacantPage::modelWanted);
    connect(m_sample, &QPushButton::clicked, this, &VacantPage::sampleWanted);
    for (const auto signal :
         {&StudyController::stateChanged, &StudyController::comparisonChanged, &StudyController::modelChanged})
        connect(&controller, signal, this, &VacantPage::refresh);
    connect(&controller, &StudyController::progressed, this, [this](double fraction, const QString& what) {
        m_bar->setValue(qRound(1000.0 * fraction));
        if (m_controller.state() == StudyController::State::Running && !m_controller.comparison())
            m_hint->setText(what);
    });
    connect(&controller, &StudyController::failed, this, [this](const QString& message) {
        if (!says(message))
            return;
        QAccessibleEvent alert(m_hint, QAccessible::Alert);
        QAccessible::updateAccessibility(&alert);
    });
    connect(&appearance, &Appearance::changed, this, &VacantPage::fit);
    fit();
    refresh();
}

void VacantPage::fit()
{
    m_hint->setFixedWidth(std::min(qRound(m_appearance.theme().px(kTextWidth)), std::max(kLeastText, width() - 40)));
    m_hint->setMinimumHeight(0);  // else the height that is asked for is no less than the one it has
    m_hint->setMinimumHeight(std::max(0, m_hint->heightForWidth(m_hint->minimumWidth())));  // all lines of it
    m_bar->setFixedWidth(qRound(m_appearance.theme().px(kBarWidth)));
}

void VacantPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fit();
}

void VacantPage::refresh()
{
    const Vacancy vacancy = vacancyOf(m_controller);
    const bool running = m_controller.state() == StudyController::State::Running;
    m_title->setText(vacancy.title);
    m_hint->setText(vacancy.hint);
    fit();
    m_bar->setVisible(running);
    m_cancel->setVisible(running);
    m_run->setVisible(!running && m_controller.canRun());
    m_keep->setVisible(!running && m_controller.canRun() && m_controller.failure().ofKeptLayers);
    setRole(*m_open, m_controller.canRun() ? "" : "primary");  // one of them stands out
    m_open->setVisible(!running);
    m_sample->setVisible(!running && !m_controller.canRun());
    if (!running)
        m_bar->setValue(0);
}

}  // namespace ketscope
