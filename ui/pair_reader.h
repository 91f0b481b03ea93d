// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/counts_reading.h"
#include "ui/study_controller.h"
#include "ui/when_visible.h"

namespace ketscope {

// The selected query and key as their head compares them, read in a job while a page that shows it can be seen.
class PairReader : public QObject {
    Q_OBJECT

public:
    // Lives as a child of `page`.
    PairReader(StudyController& controller, QWidget& page);

    // Null until it is known, and where it cannot be: problem() says why.
    const std::shared_ptr<const SelectedPair>& pair() const { return m_pair; }
    const QString& problem() const { return m_problem; }
    // The study's imported counts beside the pair's circuit; null where there are none.
    const std::shared_ptr<const CountsReading>& counts() const { return m_counts; }

signals:
    void changed();

private:
    void read();

    StudyController& m_controller;
    std::shared_ptr<const SelectedPair> m_pair;
    QString m_problem;
    std::shared_ptr<const CountsReading> m_counts;
    ComparedPair m_compared;  // that was read
    std::optional<MeasuredCounts> m_imported;
    Job m_job;
    WhenVisible* m_reading;
};

}  // namespace ketscope
