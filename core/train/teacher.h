// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"
#include "core/models/model.h"
#include "core/text/labelled_texts.h"

namespace ketscope {

// A model that was trained before another and judges the texts whose labels are not quite trusted, so that the other learns
// from what both say: self-training with soft labels (Scudder, IEEE Transactions on Information Theory 11, 1965; Xie, Luong,
// Hovy, Le, CVPR 2020).
class Teacher {
public:
    // The trained model in `folder`. Throws Error (Input) when there is none. Says in `monitor` how far it is.
    Teacher(const std::filesystem::path& folder, Monitor& monitor);

    // Probabilities of the classes of each text (texts, C): p(c) ∝ teacher(c) · t(c), where t is `trust` in (0, 1) for the
    // text's label and (1 − trust)/(C − 1) for every other class. Throws Error (Cancelled).
    Tensor judge(const std::vector<LabelledText>& texts, double trust, const Tokenizer& tokenizer) const;

private:
    std::unique_ptr<Model> m_model;
    Monitor& m_monitor;
};

}  // namespace ketscope
