// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/pins_section.h"

#include "core/study/token_axis.h"
#include "ui/controls/elided_link.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QApplication>
#include <QClipboard>
#include <QGridLayout>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

// What a pin shows for the comparison as it is now; the place alone where the input has no such cell any more.
struct PinnedValues {
    QString place;  // "L5 H3  not → great", long words shortened
    QString whole;  // with all of the words
    std::optional<double> baseline;
    std::optional<double> candidate;
};

PinnedValues valuesOf(const Comparison& comparison, const Selection& pin, const ComparedPair& pair)
{
    PinnedValues values{u"L%1 H%2  %3 → %4"_s.arg(pin.layer).arg(pin.head).arg(pin.query).arg(pin.key), {}, {}, {}};
    if (clamped(pin, comparison) != pin)
        return values;
    const StackInfo& stack = comparison.model.stacks.at(pin.stack);
    const QString query = QString::fromStdString(axisLabel(comparison.input, stack.queries, pin.query));
    const QString key = QString::fromStdString(axisLabel(comparison.input, stack.keys, pin.key));
    const QString head = u"L%1 H%2  %3 → %4"_s.arg(pin.layer).arg(pin.head);
    values.place = head.arg(elideMiddle(query), elideMiddle(key));
    values.whole = head.arg(query, key);
    values.baseline = static_cast<double>(mapOf(comparison, pair.baseline, pin)(pin.query, pin.key));
    values.candidate = static_cast<double>(mapOf(comparison, pair.candidate, pin)(pin.query, pin.key));
    return values;
}

}  // namespace

PinsSection::PinsSection(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Section(tr("Pinned cells"), appearance, parent), m_controller(controller), m_copy(makeLink(tr("Copy"), this)),
      m_clear(makeLink(tr("Clear"), this)), m_list(new KeptGrid(*this, 4))
{
    m_list->grid().setColumnStretch(0, 1);
    m_list->grid().setHorizontalSpacing(8);
    setObjectName(u"pins"_s);
    m_copy->setObjectName(u"copyPins"_s);
    m_copy->setToolTip(tr("Copy as tab-separated values"));
    addToTitleRow(m_copy);
    addToTitleRow(m_clear);
    connect(m_copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(asText()); });
    connect(m_clear, &QPushButton::clicked, this,
            [this] { m_controller.changeView([](ViewSettings& view) { view.compared.pins.clear(); }); });
    for (const auto signal :
         {&StudyController::comparisonChanged, &StudyController::viewChanged, &StudyController::stateChanged})
        connect(&controller, signal, this, &PinsSection::refresh);
    refresh();
}

void PinsSection::refresh()
{
    const auto& pins = m_controller.study().view.compared.pins;
    const ComparisonPointer& comparison = m_controller.comparison();
    setVisible(comparison != nullptr && !pins.empty());
    m_list->begin();
    if (comparison && !pins.empty()) {
        const ComparedPair pair = m_controller.pair();
        const QString letters[] = {QString::fromStdString(traceTag(pair.baseline)),
                                   QString::fromStdString(traceTag(pair.candidate)), u"Δ"_s};
        for (int column = 0; column < 3; ++column)
            m_list->label(0, column + 1, letters[column], "hint", 1, Qt::AlignRight);
        for (std::size_t index = 0; index < pins.size(); ++index)
            addRow(index);
    }
    m_list->end();
}

QPushButton* PinsSection::placeOf(int row, std::size_t index)
{
    return m_list->widget<ElidedLink>(row, 0, u"place"_s, [&] {
        auto* place = new ElidedLink(m_list);
        place->setObjectName(u"pin.%1"_s.arg(index));
        connect(place, &QPushButton::clicked, this,
                [this, index] { m_controller.select(m_controller.study().view.compared.pins.at(index)); });
        return place;
    });
}

void PinsSection::addRow(std::size_t index)
{
    const Selection& pin = m_controller.study().view.compared.pins[index];
    const PinnedValues values = valuesOf(*m_controller.comparison(), pin, m_controller.pair());
    const int row = static_cast<int>(index) + 1;
    QPushButton* place = placeOf(row, index);
    place->setText(values.place);
    place->setToolTip(values.baseline ? tr("Go to %1").arg(values.whole) : tr("This input has no such cell."));
    place->setEnabled(values.baseline.has_value());
    const char* role = m_controller.isOutdated() ? "stale" : "mono";
    const auto add = [&](int column, const QString& text) {
        m_list->label(row, column, text, role, 1, Qt::AlignRight);
    };
    add(1, values.baseline ? formatNumber(*values.baseline, 3) : u"–"_s);
    add(2, values.candidate ? formatNumber(*values.candidate, 3) : u"–"_s);
    add(3, values.candidate ? formatSigned(*values.candidate - *values.baseline, 3) : u"–"_s);
    auto* remove = m_list->widget<QPushButton>(row, 4, u"remove"_s, [&] {
        QPushButton* made = makeLink(u"×"_s, m_list);
        made->setToolTip(tr("Unpin"));
        connect(made, &QPushButton::clicked, this, [this, index] { m_controller.unpin(index); });
        return made;
    });
    remove->setAccessibleName(tr("Unpin %1").arg(values.place));
}

QString PinsSection::asText() const
{
    const ComparedPair pair = m_controller.pair();
    QString text =
        tr("stack\tlayer\thead\tquery\tkey\tcell\t%1\t%2\tΔ")
            .arg(QString::fromStdString(traceTag(pair.baseline)), QString::fromStdString(traceTag(pair.candidate)));
    for (const Selection& pin : m_controller.study().view.compared.pins) {
        const PinnedValues values = valuesOf(*m_controller.comparison(), pin, pair);
        text +=
            u"\n%1\t%2\t%3\t%4\t%5\t%6"_s.arg(pin.stack).arg(pin.layer).arg(pin.head).arg(pin.query).arg(pin.key).arg(
                values.place);
        if (values.candidate)
            text += u"\t%1\t%2\t%3"_s.arg(QString::number(*values.baseline, 'g', 9),
                                          QString::number(*values.candidate, 'g', 9),
                                          QString::number(*values.candidate - *values.baseline, 'g', 9));
    }
    return text;
}

}  // namespace ketscope
