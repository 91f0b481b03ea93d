// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/plan_dialog.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QStyle>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

std::vector<std::size_t> indicesIn(const QLineEdit& field, std::size_t count, const std::string& what)
{
    const QString text = field.text().remove(u' ');
    if (text.isEmpty() || text.compare(u"all"_s, Qt::CaseInsensitive) == 0)
        return {};
    std::vector<std::size_t> indices = parseIndexList(text.toStdString(), what);
    for (const std::size_t index : indices) {
        if (index >= count)
            refuse({what, "0 to " + std::to_string(count - 1), std::to_string(index), "Counting starts at 0"});
    }
    return indices;
}

QString shown(const std::vector<std::size_t>& indices)
{
    return indices.empty() ? QString() : QString::fromStdString(formatIndexList(indices));
}

}  // namespace

PlanDialog::PlanDialog(const ModelInfo& model, const PlanEntry& entry, QWidget* parent)
    : QDialog(parent), m_stacks(model.stacks), m_stack(new ChoiceBox(this)),
      m_layers(new QLineEdit(shown(entry.layers), this)), m_heads(new QLineEdit(shown(entry.heads), this)),
      m_problem(makeLabel({}, "warning", this))
{
    setWindowTitle(tr("Plan for B"));
    const QString mechanism = QString::fromStdString(entry.mechanism->info().title);
    auto* intro = new QLabel(tr("Layers and heads that use %1. All others stay exact softmax.").arg(mechanism), this);
    intro->setWordWrap(true);
    m_layers->setObjectName(u"layers"_s);
    m_heads->setObjectName(u"heads"_s);
    m_stack->setObjectName(u"stack"_s);
    for (const StackInfo& each : m_stacks)
        m_stack->addItem(QString::fromStdString(each.name), QString::fromStdString(each.name));
    m_stack->addItem(tr("all stacks"), QString());
    m_stack->choose(QString::fromStdString(entry.stack));
    m_problem->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_apply = buttons->addButton(tr("Apply"), QDialogButtonBox::AcceptRole);
    setRole(*m_apply, "primary");
    m_apply->setDefault(true);
    auto* form = new QFormLayout;
    m_stack->setVisible(m_stacks.size() > 1);
    if (m_stacks.size() > 1)
        form->addRow(tr("Stack"), m_stack);
    form->addRow(tr("Layers"), m_layers);
    form->addRow(tr("Heads"), m_heads);
    auto* column = new QVBoxLayout(this);
    column->addWidget(intro);
    column->addLayout(form);
    column->addWidget(makeLabel(tr("For example 4-5 or 0,2,7-9. Empty means all."), "hint", this));
    column->addWidget(m_problem);
    column->addStretch(1);
    column->addWidget(buttons);
    setMinimumWidth(380);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_stack, &QComboBox::currentIndexChanged, this, &PlanDialog::check);
    connect(m_layers, &QLineEdit::textChanged, this, &PlanDialog::check);
    connect(m_heads, &QLineEdit::textChanged, this, &PlanDialog::check);
    check();
}

Scope PlanDialog::scope() const
{
    const std::string name = m_stacks.size() > 1 ? m_stack->currentData().toString().toStdString() : std::string();
    return {indicesIn(*m_layers, stack().layers, "layers"), indicesIn(*m_heads, stack().heads, "heads"), name};
}

// The chosen one; for all of them the largest numbers that any has.
const StackInfo& PlanDialog::stack() const
{
    const auto index = static_cast<std::size_t>(std::max(0, m_stack->currentIndex()));
    if (index < m_stacks.size())
        return m_stacks[index];
    return *std::ranges::max_element(m_stacks, {}, &StackInfo::layers);
}

QString PlanDialog::problem() const
{
    try {
        scope();
        return {};
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
}

void PlanDialog::check()
{
    m_layers->setPlaceholderText(tr("all of 0-%1").arg(stack().layers - 1));
    m_heads->setPlaceholderText(tr("all of 0-%1").arg(stack().heads - 1));
    m_problem->setText(problem());
    m_problem->setVisible(!m_problem->text().isEmpty());
    m_apply->setEnabled(m_problem->text().isEmpty());
}

}  // namespace ketscope
