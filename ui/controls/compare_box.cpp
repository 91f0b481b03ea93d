// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/compare_box.h"

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kAll = -1;

int idOf(const ComparedPair& pair) { return static_cast<int>(pair.baseline * 1000 + pair.candidate); }

ComparedPair pairOf(int id) { return {static_cast<std::size_t>(id / 1000), static_cast<std::size_t>(id % 1000)}; }

QString titleOf(const ComparedPair& pair)
{
    return CompareBox::tr("Compare %1 with %2")
        .arg(QString::fromStdString(traceTag(pair.baseline)), QString::fromStdString(traceTag(pair.candidate)));
}

}  // namespace

CompareBox::CompareBox(StudyController& controller, QWidget* parent) : ChoiceBox(parent), m_controller(controller)
{
    setObjectName(u"compare"_s);
    setSizeAdjustPolicy(QComboBox::AdjustToContents);
    setAccessibleName(tr("Compared traces"));
    setToolTip(tr("Which traces Δ and the tables are of. X swaps them."));
    connect(this, &QComboBox::activated, this, &CompareBox::apply);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::viewChanged})
        connect(&controller, signal, this, &CompareBox::refresh);
    refresh();
}

void CompareBox::refresh()
{
    const ComparisonPointer& comparison = m_controller.comparison();
    const std::size_t traces = comparison ? comparison->traces.size() : 0;
    setEnabled(traces > 1);
    const ComparedPair now = m_controller.pair();
    const bool swapped = now.baseline > now.candidate;
    if (traces != m_traces || swapped || m_swapped || count() == 0) {
        clear();
        for (std::size_t first = 0; first + 1 < std::max<std::size_t>(traces, 2); ++first)
            for (std::size_t second = first + 1; second < std::max<std::size_t>(traces, 2); ++second)
                addItem(titleOf({first, second}), idOf({first, second}));
        if (swapped)
            addItem(titleOf(now), idOf(now));
        if (traces > 2)
            addItem(tr("All traces, no Δ"), kAll);
    }
    if ((traces == 1) != (m_traces == 1))
        setVisible(traces != 1);  // one has nothing to be compared with
    m_traces = traces;
    m_swapped = swapped;
    choose(traces > 2 && comparison->study.view.compared.everyTrace ? kAll : idOf(now));
}

void CompareBox::apply(int index)
{
    const int id = itemData(index).toInt();
    m_controller.changeView([id](ViewSettings& view) {
        view.compared.everyTrace = id == kAll;
        if (id == kAll)
            return;
        view.compared.baseline = pairOf(id).baseline;
        view.compared.candidate = pairOf(id).candidate;
    });
}

}  // namespace ketscope
