// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pair_reader.h"

namespace ketscope {

PairReader::PairReader(StudyController& controller, QWidget& page)
    : QObject(&page), m_controller(controller), m_reading(new WhenVisible(page, [this] { read(); }))
{
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged})
        connect(&controller, signal, m_reading, &WhenVisible::request);
    connect(&controller, &StudyController::viewChanged, this, [this] {
        // Another trace may be the one that is looked at.
        if (m_controller.pair() != m_compared || m_controller.study().view.quantum.counts != m_imported)
            m_reading->request();
    });
    connect(&m_job, &Job::failed, this, [this](const QString& message) {
        m_pair.reset();
        m_counts.reset();
        m_problem = message;
        emit changed();
    });
    m_reading->request();
}

void PairReader::read()
{
    const ComparisonPointer comparison = m_controller.comparison();
    m_compared = m_controller.pair();
    m_imported = m_controller.study().view.quantum.counts;
    if (!comparison) {
        m_job.cancel();
        m_pair.reset();
        m_counts.reset();
        m_problem.clear();
        emit changed();
        return;
    }
    m_job.start([this, comparison, imported = m_imported](Monitor& monitor) -> Job::Delivery {
        const auto pair = selectedPair(comparison, monitor);
        const auto counts = imported ? std::make_shared<const CountsReading>(countsReading(*pair, *imported)) : nullptr;
        return [this, pair, counts] {
            m_pair = pair;
            m_counts = counts;
            m_problem.clear();
            emit changed();
        };
    });
}

}  // namespace ketscope
