// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/exhibit.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

#define EXHIBIT(name) const ExhibitType& name##Exhibit();
#include "core/lessons/exhibits.def"
#undef EXHIBIT

const std::vector<const ExhibitType*>& exhibitTypes()
{
    static const std::vector<const ExhibitType*> all = {
#define EXHIBIT(name) &name##Exhibit(),
#include "core/lessons/exhibits.def"
#undef EXHIBIT
    };
    return all;
}

const ExhibitType& exhibitType(std::string_view id)
{
    std::string known;
    for (const ExhibitType* type : exhibitTypes()) {
        if (type->id == id)
            return *type;
        known += (known.empty() ? "" : ", ") + type->id;
    }
    refuse({"exhibit", "one of " + known, '"' + printable(std::string(id), 40) + '"', ""});
}

ExhibitState ExhibitType::initial() const
{
    ExhibitState state;
    for (const Parameter& control : controls)
        state[control.id] = control.initial;
    return state;
}

bool ExhibitType::hasControl(std::string_view wanted) const
{
    return std::ranges::find(controls, wanted, &Parameter::id) != controls.end();
}

const Parameter& ExhibitType::control(std::string_view wanted) const
{
    std::string known;
    for (const Parameter& control : controls) {
        if (control.id == wanted)
            return control;
        known += (known.empty() ? "" : ", ") + control.id;
    }
    refuse({"exhibit " + id, "a control: " + known, '"' + printable(std::string(wanted), 40) + '"', ""});
}

ExhibitState ExhibitType::with(ExhibitState state, std::string_view wanted, double value) const
{
    const Parameter& at = control(wanted);
    const double inside = std::clamp(value, at.minimum, at.maximum);
    state[at.id] = at.kind == ParameterKind::Integer ? std::round(inside) : inside;
    return state;
}

Parameter exhibitControl(const std::string& id, const std::string& title, double minimum, double maximum,
                         double initial, const std::string& help)
{
    Parameter control;
    control.id = id;
    control.title = title;
    control.help = help;
    control.minimum = minimum;
    control.maximum = maximum;
    control.initial = initial;
    return control;
}

}  // namespace ketscope
