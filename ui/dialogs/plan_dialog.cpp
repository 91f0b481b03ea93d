// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/plan_dialog.h"

#include "core/study/comparison.h"

#include <QDialogButtonBox>
#include <QMenu>
#include <QPainter>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kChoicesWidth = 260.0;
constexpr double kMostTable = 560.0;

QIcon swatch(std::size_t choice, const Theme& theme)
{
    const int side = qRound(theme.px(16));
    QPixmap picture(side, side);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(PlanGrid::colourOf(choice, theme));
    painter.drawRoundedRect(QRectF(0, 0, side, side), 3, 3);
    painter.setPen(theme.panel);
    painter.setFont(theme.ui(kTickPixels, QFont::DemiBold));
    painter.drawText(QRectF(0, 0, side, side), Qt::AlignCenter, QString::number(choice + 1));
    QIcon icon(picture);
    icon.addPixmap(picture, QIcon::Selected);  // else it is tinted
    return icon;
}

// "RFF kernel  m=64": what differs from the defaults, as in a SPEC.
QString choiceTitle(const PlanChoice& choice)
{
    const QString spec = QString::fromStdString(formatSpec({choice.mechanism, choice.parameters, {}, {}, {}}));
    const qsizetype colon = spec.indexOf(u':');
    const QString title = QString::fromStdString(choice.mechanism->info().shortTitle);
    return colon < 0 ? title : u"%1  %2"_s.arg(title, spec.mid(colon + 1).replace(u","_s, u", "_s));
}

}  // namespace

PlanDialog::PlanDialog(const ModelInfo& model, const Plan& plan, std::size_t trace, const Selection& selection,
                       Appearance& appearance, QWidget* parent)
    : QDialog(parent), m_model(model), m_appearance(appearance), m_selection(selection), m_plan(plan),
      m_table(plan, model), m_stack(std::min(selection.stack, model.stacks.size() - 1))
{
    setObjectName(u"planDialog"_s);
    setWindowTitle(tr("Plan for %1").arg(QString::fromStdString(traceTag(trace))));
    auto* intro =
        makeLabel(tr("Choose a mechanism and paint the heads that use it. All others stay as in A."), "", this);
    auto* middle = new QHBoxLayout;
    middle->setSpacing(16);
    middle->addWidget(makeChoices());
    middle->addWidget(makeTable(), 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_apply = buttons->addButton(tr("Apply"), QDialogButtonBox::AcceptRole);
    setRole(*m_apply, "primary");
    m_apply->setDefault(true);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(10);
    column->addWidget(intro);
    column->addLayout(middle, 1);
    column->addLayout(makeText());
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    if (m_table.choices().empty())
        m_table.choiceFor({mechanisms().at(1), mechanisms().at(1)->defaults()});
    refreshChoices();
    chooseBrush(0);
    check();
    m_grid->setFocus();
}

QWidget* PlanDialog::makeChoices()
{
    const Theme& theme = m_appearance.theme();
    auto* holder = new QWidget(this);
    holder->setFixedWidth(qRound(theme.px(kChoicesWidth)));
    m_choices = new QListWidget(holder);
    m_choices->setObjectName(u"planChoices"_s);
    m_choices->setAccessibleName(tr("Mechanisms to paint with"));
    m_choices->setIconSize(QSize(qRound(theme.px(16)), qRound(theme.px(16))));
    m_choices->setTextElideMode(Qt::ElideRight);
    m_choices->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_add = new MenuButton(holder);
    m_add->setText(tr("Add mechanism"));
    auto* menu = new QMenu(m_add);
    for (const Mechanism* mechanism : mechanisms())
        menu->addAction(QString::fromStdString(mechanism->info().title), this,
                        [this, mechanism] { addChoice(*mechanism); });
    m_add->setMenu(menu);
    m_remove = new QPushButton(tr("Remove"), holder);
    m_remove->setObjectName(u"removeChoice"_s);
    m_remove->setToolTip(tr("Take this mechanism and its heads out of the plan"));
    auto* row = new QHBoxLayout;
    row->addWidget(m_add, 1);
    row->addWidget(m_remove);
    auto* hint = makeLabel(tr("Parameters are changed in the text below, or in the window for the entry chosen there."),
                           "hint", holder);
    hint->setWordWrap(true);
    auto* column = new QVBoxLayout(holder);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(makeLabel(tr("Mechanisms"), "title", holder));
    column->addWidget(m_choices, 1);
    column->addLayout(row);
    column->addWidget(hint);
    connect(m_choices, &QListWidget::currentRowChanged, this, &PlanDialog::chooseBrush);
    connect(m_remove, &QPushButton::clicked, this, &PlanDialog::removeChoice);
    return holder;
}

QWidget* PlanDialog::makeTable()
{
    auto* holder = new QWidget(this);
    m_stacks = new ChoiceBox(holder);
    m_stacks->setObjectName(u"stack"_s);
    m_stacks->setAccessibleName(tr("Stack"));
    for (std::size_t stack = 0; stack < m_model.stacks.size(); ++stack)
        m_stacks->addItem(tr("Stack %1").arg(QString::fromStdString(m_model.stacks[stack].name)),
                          static_cast<int>(stack));
    m_stacks->choose(static_cast<int>(m_stack));
    m_stacks->setVisible(m_model.stacks.size() > 1);
    m_count = makeLabel({}, "hint", holder);
    m_grid = new PlanGrid(m_table, m_appearance.theme(), holder);
    m_grid->setStack(m_stack);
    auto* scroll = makeScrollArea(m_grid, holder);
    const int most = qRound(m_appearance.theme().px(kMostTable));
    scroll->setMinimumSize(std::min(m_grid->sizeHint().width() + 18, most),
                           std::min(m_grid->sizeHint().height() + 4, most * 2 / 3));
    auto* head = new QHBoxLayout;
    head->addWidget(makeLabel(tr("Layers × heads"), "title", holder));
    head->addWidget(m_stacks);
    head->addStretch(1);
    head->addWidget(m_count);
    auto* column = new QVBoxLayout(holder);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(head);
    column->addWidget(scroll, 1);
    column->addLayout(makeQuickChoices());
    connect(m_grid, &PlanGrid::painted, this, &PlanDialog::paintedTable);
    connect(m_stacks, &QComboBox::activated, this, [this](int stack) {
        m_stack = static_cast<std::size_t>(stack);
        m_grid->setStack(m_stack);
    });
    return holder;
}

// The chosen mechanism on the heads that `wants` says, and nowhere else in this stack.
void PlanDialog::addQuick(QLayout& row, const QString& title,
                          const std::function<bool(std::size_t, std::size_t)>& wants)
{
    auto* button = makeLink(title, this);
    row.addWidget(button);
    connect(button, &QPushButton::clicked, this, [this, wants] {
        for (std::size_t layer = 0; layer < m_table.layers(m_stack); ++layer)
            for (std::size_t head = 0; head < m_table.heads(m_stack); ++head) {
                if (wants(layer, head))
                    m_table.set(m_stack, layer, head, brush());
                else if (m_table.at(m_stack, layer, head) == brush())
                    m_table.set(m_stack, layer, head, {});
            }
        paintedTable();
    });
}

QLayout* PlanDialog::makeQuickChoices()
{
    auto* any = new QHBoxLayout;
    auto* here = new QHBoxLayout;  // a second line: with large text one would be wider than the window
    for (QHBoxLayout* row : {any, here})
        row->setSpacing(14);
    any->addWidget(makeLabel(tr("Quickly:"), "hint", this));
    addQuick(*any, tr("All"), [](std::size_t, std::size_t) { return true; });
    addQuick(*any, tr("None"), [](std::size_t, std::size_t) { return false; });
    addQuick(*any, tr("Last two layers"),
             [this](std::size_t layer, std::size_t) { return layer + 2 >= m_table.layers(m_stack); });
    addQuick(*any, tr("Every second layer"), [](std::size_t layer, std::size_t) { return layer % 2 == 1; });
    addQuick(*here, tr("This layer"), [this](std::size_t layer, std::size_t) { return layer == m_selection.layer; });
    addQuick(*here, tr("This head"), [this](std::size_t layer, std::size_t head) {
        return layer == m_selection.layer && head == m_selection.head;
    });
    auto* rows = new QVBoxLayout;
    for (QHBoxLayout* row : {any, here}) {
        row->addStretch(1);
        rows->addLayout(row);
    }
    return rows;
}

QLayout* PlanDialog::makeText()
{
    m_text = new QLineEdit(QString::fromStdString(formatPlan(m_plan)), this);
    m_text->setObjectName(u"planText"_s);
    m_text->setAccessibleName(tr("Plan as text"));
    m_text->setFont(m_appearance.theme().mono(kLabelPixels));
    m_text->setPlaceholderText(tr("nothing patched"));
    m_problem = makeLabel({}, "warning", this);
    m_problem->setObjectName(u"planProblem"_s);
    m_problem->setWordWrap(true);
    auto* column = new QVBoxLayout;
    column->setSpacing(4);
    column->addWidget(makeLabel(tr("As on the command line, entries between blanks; later ones win"), "hint", this));
    column->addWidget(m_text);
    column->addWidget(m_problem);
    connect(m_text, &QLineEdit::textEdited, this, &PlanDialog::readText);
    return column;
}

std::size_t PlanDialog::brush() const { return static_cast<std::size_t>(std::max(0, m_choices->currentRow())); }

void PlanDialog::refreshChoices()
{
    const QSignalBlocker blocker(m_choices);
    const int row = std::max(0, m_choices->currentRow());
    m_choices->clear();
    for (std::size_t choice = 0; choice < m_table.choices().size(); ++choice) {
        auto* item = new QListWidgetItem(swatch(choice, m_appearance.theme()), choiceTitle(m_table.choices()[choice]));
        item->setToolTip(item->text());
        m_choices->addItem(item);
    }
    m_choices->setCurrentRow(std::min(row, m_choices->count() - 1));
    m_remove->setEnabled(m_choices->count() > 1);
}

void PlanDialog::chooseBrush(int row)
{
    if (row >= 0)
        m_grid->setBrush(static_cast<std::size_t>(row));
}

void PlanDialog::addChoice(const Mechanism& mechanism)
{
    const std::size_t index = m_table.choiceFor({&mechanism, mechanism.defaults()});
    refreshChoices();
    m_choices->setCurrentRow(static_cast<int>(index));
    m_grid->setFocus();
}

void PlanDialog::removeChoice()
{
    m_table.removeChoice(brush());
    refreshChoices();
    chooseBrush(m_choices->currentRow());
    paintedTable();
}

void PlanDialog::paintedTable()
{
    m_plan = m_table.plan();
    m_text->setText(QString::fromStdString(formatPlan(m_plan)));
    check();
}

void PlanDialog::readText()
{
    try {
        const Plan plan = parsePlan(m_text->text().toStdString());
        PlanTable table(plan, m_model);
        // What can be painted with stays, even where no head uses it any more.
        if (table.choices().empty())
            for (const PlanChoice& choice : m_table.choices())
                table.choiceFor(choice);
        m_table = table;
        m_plan = plan;
        refreshChoices();
        chooseBrush(m_choices->currentRow());
        check();
    } catch (const Error& error) {
        m_problem->setText(QString::fromUtf8(error.what()));
        m_problem->show();
        m_apply->setEnabled(false);
    }
}

void PlanDialog::check()
{
    QString problem;
    try {
        resolve(m_plan, m_model, 0);
    } catch (const Error& error) {
        problem = QString::fromUtf8(error.what());
    }
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
    m_apply->setEnabled(problem.isEmpty());
    std::size_t used = 0, all = 0;
    for (std::size_t choice = 0; choice < m_table.choices().size(); ++choice)
        used += m_table.headsUsing(choice);
    for (const StackInfo& stack : m_model.stacks)
        all += stack.layers * stack.heads;
    m_count->setText(tr("%1 of %2 heads").arg(used).arg(all));
    m_grid->update();
}

}  // namespace ketscope
