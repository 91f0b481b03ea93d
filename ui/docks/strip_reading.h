// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/docks/token_chips.h"
#include "ui/study_controller.h"

namespace ketscope {

// What the strip below has of the study: the tokens that the selected stack's keys are (its queries are the same unless it is
// cross-attention) and the weights of the selected row, or column, in the traces that are shown.
class StripReading {
public:
    explicit StripReading(const StudyController& controller) : m_controller(controller) {}

    TokenAxis axis() const;
    bool showsQueries() const;  // whether its tokens are the queries too
    bool showsColumn() const;   // of the selected key
    std::size_t tokens() const;
    QString label(std::size_t token) const;
    std::size_t current() const;              // the token that keys act on
    std::vector<std::size_t> traces() const;  // at most three; there must be a comparison
    float weight(std::size_t trace, std::size_t token) const;
    ChipRole role(std::size_t token) const;
    QStringList roleNames(std::size_t token) const;  // "query", "key"

private:
    const StudyController& m_controller;
};

}  // namespace ketscope
