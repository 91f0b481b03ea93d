// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/perspective.h"

#include "ui/views/entropy_page.h"
#include "ui/views/heatmap_page.h"
#include "ui/views/outputs_page.h"
#include "ui/views/sweep_page.h"

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

template <typename Page> Perspective* make(StudyController& controller, Appearance& appearance, QWidget* parent)
{
    return new Page(controller, appearance, parent);
}

}  // namespace

const std::vector<PerspectiveType>& perspectiveTypes()
{
    static const std::vector<PerspectiveType> types{
        {u"heatmap"_s, Perspective::tr("Heatmap"), make<HeatmapPage>},
        {u"entropy"_s, Perspective::tr("Entropy & distance"), make<EntropyPage>},
        {u"outputs"_s, Perspective::tr("Outputs"), make<OutputsPage>},
        {u"sweep"_s, Perspective::tr("Sweep"), make<SweepPage>},
    };
    return types;
}

}  // namespace ketscope
