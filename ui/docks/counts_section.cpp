// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/counts_section.h"

#include "viz/scale.h"

namespace ketscope {

using namespace Qt::StringLiterals;

void setCounts(StudyController& controller, const QString& title, std::optional<MeasuredCounts> counts)
{
    ViewSettings view = controller.study().view;
    view.quantum.counts = std::move(counts);
    controller.look(title, view, controller.selection());
}

CountsSection::CountsSection(PairReader& reader, StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Measured counts"), appearance, parent), m_reader(reader), m_controller(controller),
      m_hint(makeLabel({}, "hint", this)), m_list(new KeptGrid(*this)), m_order(new ChoiceBox(this)),
      m_import(makeLink(tr("Import…"), this)), m_remove(makeLink(tr("Remove"), this))
{
    setObjectName(u"measuredCounts"_s);
    m_hint->setWordWrap(true);
    m_list->grid().setColumnStretch(0, 1);
    m_order->addItems({tr("Strings begin with qubit 0"), tr("Strings end with qubit 0 (Qiskit)")});  // by BitOrder
    m_order->setObjectName(u"countsOrder"_s);
    m_order->setAccessibleName(tr("Order of the qubits in the file's strings"));
    m_remove->setObjectName(u"removeCounts"_s);
    m_import->setToolTip(
        tr("A file with the counts of this circuit, measured elsewhere: {\"0110\": 12, …}. All qubits of the exported "
           "OpenQASM 3 program."));
    body()->insertWidget(0, m_hint);
    body()->addWidget(m_order);
    addToTitleRow(m_remove);
    addToTitleRow(m_import);
    connect(m_import, &QPushButton::clicked, this, &CountsSection::importWanted);
    connect(m_remove, &QPushButton::clicked, this,
            [this] { setCounts(m_controller, tr("Remove measured counts"), std::nullopt); });
    connect(m_order, &QComboBox::activated, this, [this](int index) {
        if (const auto& counts = m_controller.study().view.quantum.counts)
            setCounts(m_controller, tr("Read counts the other way round"),
                      inOrder(*counts, static_cast<BitOrder>(index)));
    });
    connect(&reader, &PairReader::changed, this, &CountsSection::refresh);
    connect(&controller, &StudyController::viewChanged, this, &CountsSection::refresh);
    refresh();
}

void CountsSection::refresh()
{
    const auto& imported = m_controller.study().view.quantum.counts;
    const auto& pair = m_reader.pair();
    m_import->setEnabled(pair && !pair->reading.circuits.empty());
    m_remove->setVisible(imported.has_value());
    m_order->setVisible(imported.has_value());
    if (imported)
        m_order->setCurrentIndex(static_cast<int>(imported->order));
    const auto& reading = m_reader.counts();
    m_list->begin();
    if (imported && reading && reading->problem.empty())
        addReading(*reading);
    m_list->end();
    if (imported)
        m_hint->setText(reading && !reading->problem.empty() ? QString::fromStdString(reading->problem)
                                                             : QString::fromStdString(printable(imported->file, 60)));
    else
        m_hint->setText(m_import->isEnabled()
                            ? tr("Export the circuit as OpenQASM 3, run it elsewhere, and import what was counted.")
                            : tr("There is no circuit here that could be run elsewhere."));
}

void CountsSection::addReading(const CountsReading& reading)
{
    int row = 0;
    const auto add = [&](const QString& title, const QString& value) {
        m_list->wrapped(row, 0, title, "");
        m_list->label(row++, 1, value, "value", 1, Qt::AlignRight | Qt::AlignTop)
            ->setTextInteractionFlags(Qt::TextSelectableByMouse);
    };
    add(tr("Shots"), QLocale::c().toString(reading.shots, 'f', 0));
    add(tr("Total variation to the exact, over %1").arg(QString::fromStdString(reading.scope)),
        formatNumber(reading.distance, 4));
    add(tr("The same of as many exact draws, on average"), formatNumber(reading.expectedDistance, 4));
}

}  // namespace ketscope
