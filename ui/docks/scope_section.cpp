// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/scope_section.h"

#include "core/study/patch_places.h"
#include "core/study/token_axis.h"
#include "viz/caption.h"
#include "viz/scale.h"

#include <QFormLayout>

#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kDecimals = 2;
constexpr qsizetype kMostSpecials = 20;  // characters that a box in the dock has room for

// A key that is left out has no mass.
QString known(double value, const QString& text) { return std::isfinite(value) ? text : u"–"_s; }

// "[CLS] and [SEP]": the special tokens of the selected stack's keys, the first two kinds.
QString specialsOf(const Comparison& comparison)
{
    const StackInfo& stack = comparison.model.stacks.at(comparison.study.selection.stack);
    QStringList names;
    for (std::size_t key = 0; key < axisTokens(comparison.input, stack.keys) && names.size() < 2; ++key)
        if (const Token* token = axisToken(comparison.input, stack.keys, key); token != nullptr && token->special) {
            const QString name = QString::fromStdString(axisLabel(comparison.input, stack.keys, key));
            if (!names.contains(name))
                names << name;
        }
    return names.isEmpty() ? ScopeSection::tr("special tokens") : names.join(ScopeSection::tr(" and "));
}

// The last key that is not padding, which has the mass of the last token.
QString lastKeyOf(const Comparison& comparison)
{
    const StackInfo& stack = comparison.model.stacks.at(comparison.study.selection.stack);
    const auto mask = maskOf(comparison, comparison.study.selection.stack);
    std::size_t last = axisTokens(comparison.input, stack.keys);
    if (last == 0)
        return ScopeSection::tr("the last key");
    --last;
    while (last > 0 && last < mask->keys.size() && mask->keys[last] == 0)
        --last;
    return QString::fromStdString(axisLabel(comparison.input, stack.keys, last));
}

}  // namespace

ScopeSection::ScopeSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Scope"), appearance, parent), m_controller(controller), m_queries(new ChoiceBox(this)),
      m_keys(new TickBox({}, this)), m_padding(new TickBox(tr("Exclude padding"), this)),
      m_distance(new Segment({tr("|i − j|"), tr("signed")}, this))
{
    setObjectName(u"scope"_s);
    m_queries->addItems({tr("All queries"), tr("Without special tokens"), tr("Selected query")});  // by Queries
    m_queries->setObjectName(u"scopeQueries"_s);
    m_queries->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_queries->setAccessibleName(tr("Average over"));
    m_keys->setObjectName(u"scopeKeys"_s);
    m_padding->setObjectName(u"scopePadding"_s);
    m_padding->setToolTip(tr("Padding does not count as a query. As a key it never has weight."));
    m_distance->setObjectName(u"scopeDistance"_s);
    m_distance->setAccessibleName(tr("Distance"));
    m_distance->setToolTip(tr("Signed: j − i from query i to key j, above 0 for later keys."));
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    m_queries->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    form->addRow(tr("Average over"), m_queries);
    form->addRow(m_keys);
    form->addRow(m_padding);
    form->addRow(tr("Distance"), m_distance);
    body()->addLayout(form);
    connect(m_queries, &QComboBox::activated, this, [this](int index) {
        change(tr("Average over other queries"),
               [index](ScopeView& scope) { scope.queries = static_cast<ScopeView::Queries>(index); });
    });
    connect(m_keys, &QCheckBox::clicked, this, [this](bool on) {
        change(tr("Exclude special tokens as keys"), [on](ScopeView& scope) { scope.specialKeys = !on; });
    });
    connect(m_padding, &QCheckBox::clicked, this,
            [this](bool on) { change(tr("Exclude padding"), [on](ScopeView& scope) { scope.padding = !on; }); });
    connect(m_distance, &Segment::chosen, this, [this](int index) {
        change(tr("Change the sign of distances"), [index](ScopeView& scope) { scope.signedDistance = index == 1; });
    });
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::selectionChanged})
        connect(&controller, signal, this, &ScopeSection::refresh);
    refresh();
}

void ScopeSection::change(const QString& title, const std::function<void(ScopeView&)>& change)
{
    ViewSettings view = m_controller.study().view;
    change(view.scope);
    m_controller.look(title, view, m_controller.selection());
}

void ScopeSection::refresh()
{
    const ScopeView& scope = m_controller.study().view.scope;
    m_queries->setCurrentIndex(static_cast<int>(scope.queries));
    m_keys->setChecked(!scope.specialKeys);
    m_padding->setChecked(!scope.padding);
    m_distance->choose(scope.signedDistance ? 1 : 0);
    const ComparisonPointer& comparison = m_controller.comparison();
    const QString specials = comparison ? specialsOf(*comparison) : QString();
    const bool fits = !specials.isEmpty() && specials.size() <= kMostSpecials;
    m_keys->setText(tr("Exclude %1 as keys").arg(fits ? specials : tr("special tokens")));
    const QString what = tr("Their weights are left out and every row is divided by what is left.");
    m_keys->setToolTip(fits || specials.isEmpty() ? what : tr("Exclude %1 as keys").arg(specials) + u". "_s + what);
    if (!comparison)
        return;
    const StackInfo& stack = comparison->model.stacks.at(comparison->study.selection.stack);
    m_distance->setEnabled(stack.queries == stack.keys && !patchPlacesOf(*comparison));
}

HeadMeasuresSection::HeadMeasuresSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Selected head"), appearance, parent), m_controller(controller),
      m_refreshing(new WhenVisible(*this, [this] { refresh(); })), m_head(makeLabel({}, "hint", this)),
      m_list(new KeptGrid(*this)), m_maps(new SelectedMaps(controller, appearance, this)),
      m_hint(makeLabel({}, "hint", this))
{
    setObjectName(u"headMeasures"_s);
    addToTitleRow(m_head);
    m_hint->setWordWrap(true);
    m_list->grid().setColumnStretch(0, 1);
    body()->insertWidget(0, m_maps);
    body()->addWidget(m_hint);
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::selectionChanged})
        connect(&controller, signal, m_refreshing, &WhenVisible::request);
    m_refreshing->request();
}

void HeadMeasuresSection::refresh()
{
    const ComparisonPointer comparison = m_controller.comparison();
    if (!comparison) {
        m_reading.cancel();
        m_list->begin();
        m_list->end();
        m_hint->setText({});
        return m_head->setText({});
    }
    const ComparedPair pair = m_controller.pair();
    std::vector<std::size_t> traces{pair.baseline};
    if (comparison->traces.size() > 1)
        traces.push_back(pair.candidate);
    m_reading.start([this, comparison, traces](Monitor&) -> Job::Delivery {
        const Selection& at = comparison->study.selection;
        std::vector<HeadStatistics> heads;
        for (const std::size_t trace : traces)
            heads.push_back(
                comparison->statistics->of(*comparison, trace, at.stack, false, comparison->study.view.scope)
                    ->at(at.layer)
                    .at(at.head));
        return [this, comparison, traces, heads] { showRead(*comparison, traces, heads); };
    });
}

void HeadMeasuresSection::showRead(const Comparison& comparison, const std::vector<std::size_t>& traces,
                                   const std::vector<HeadStatistics>& heads)
{
    m_list->begin();
    for (std::size_t i = 0; i < traces.size(); ++i)
        m_list->label(0, static_cast<int>(i) + 1, QString::fromStdString(traceTag(traces[i])), "hint", 1,
                      Qt::AlignRight);
    addRows(lastKeyOf(comparison), heads);
    m_list->end();
    const Selection& at = comparison.study.selection;
    m_head->setText(tr("L%1 H%2").arg(at.layer).arg(at.head));
    const QStringList parts = scopeParts(comparison, true);
    m_hint->setText(tr("Means over queries. Effective keys: of exp(entropy).")
                    + (parts.isEmpty() ? QString() : u' ' + tr("Scope: %1.").arg(parts.join(u"; "_s))));
}

void HeadMeasuresSection::addRows(const QString& lastKey, const std::vector<HeadStatistics>& heads)
{
    if (heads.size() > 1)
        m_list->label(0, 3, tr("Δ"), "hint", 1, Qt::AlignRight);
    const std::pair<QString, double HeadStatistics::*> rows[] = {
        {tr("Entropy"), &HeadStatistics::entropy},         {tr("Mean dist."), &HeadStatistics::meanDistance},
        {tr("On self"), &HeadStatistics::selfMass},        {tr("On %1").arg(lastKey), &HeadStatistics::lastMass},
        {tr("Eff. keys"), &HeadStatistics::effectiveKeys},
    };
    int row = 1;
    for (const auto& [title, value] : rows) {
        m_list->label(row, 0, title, "");
        const auto number = [&](int column, const QString& text) {
            m_list->label(row, column, text, "value", 1, Qt::AlignRight)
                ->setTextInteractionFlags(Qt::TextSelectableByMouse);
        };
        for (std::size_t i = 0; i < heads.size(); ++i)
            number(static_cast<int>(i) + 1, known(heads[i].*value, formatNumber(heads[i].*value, kDecimals)));
        if (heads.size() > 1) {
            const double change = heads[1].*value - heads[0].*value;
            number(3, known(change, formatSigned(change, kDecimals)));
        }
        ++row;
    }
}

}  // namespace ketscope
