// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/parameter.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ketscope {

// Something small to work with by hand: a few numbers that can be moved, what follows from them, and how both are
// drawn. Exhibits compute in double precision; a figure of viz paints what is described here.

// The value of every control, by id.
using ExhibitState = std::map<std::string, double, std::less<>>;

enum class ExhibitRole { Neutral, Query, Key, A, B };

// An arrow from the origin. Its tip is dragged where it names the controls that it sets: x and y, or an angle (counted
// anticlockwise from the x axis, in units of `angleUnit` radians).
struct ExhibitArrow {
    std::string label;
    double x = 0.0;
    double y = 0.0;
    ExhibitRole role = ExhibitRole::Neutral;
    std::string xControl = {};
    std::string yControl = {};
    std::string angleControl = {};
    double angleUnit = 1.0;
    bool point = false;  // drawn as a point without its shaft

    bool canMove() const { return !xControl.empty() || !angleControl.empty(); }
};

struct ExhibitPlane {
    std::string title;
    std::string note;
    double limit = 1.0;   // of both axes, on either side
    bool circle = false;  // the unit circle
    std::string xTitle = {};
    std::string yTitle = {};
    std::vector<ExhibitArrow> arrows = {};
};

struct ExhibitBars {
    std::string title;
    std::string note;
    std::vector<std::string> labels;
    std::vector<double> values;  // NaN = there is none: the label says why
    double maximum = 1.0;
    bool isSigned = false;
    ExhibitRole role = ExhibitRole::Key;
    std::vector<double> references = {};  // a line on every bar; empty = none
    std::vector<double> phases = {};      // radians, a hand on a disk under every bar; empty = none
};

// Lines over a common axis of evenly spaced positions.
struct ExhibitCurves {
    struct Line {
        std::string name;
        ExhibitRole role = ExhibitRole::A;
        std::vector<double> values;
    };
    std::string title;
    std::string note;
    std::string xTitle;
    std::vector<std::string> labels;  // of the positions
    std::vector<Line> lines;
    double maximum = 1.0;
    double position = 0.0;  // where it stands now
    int labelEvery = 1;     // positions
};

using ExhibitPanel = std::variant<ExhibitPlane, ExhibitBars, ExhibitCurves>;

// A number that follows from the state.
struct ExhibitReading {
    std::string id;
    std::string title;
    std::string unit;  // empty for a share or a count
    double value = 0.0;
    int decimals = 3;
    bool shown = true;  // in the list beside the picture; all can be asked for
};

struct ExhibitResult {
    std::vector<ExhibitPanel> panels;
    std::vector<ExhibitReading> readings;
};

struct ExhibitType {
    std::string id;  // "scores": what lessons name
    std::string title;
    std::string formula;  // one line
    std::vector<Parameter> controls;
    ExhibitResult (*compute)(const ExhibitState& state);

    ExhibitState initial() const;
    const Parameter& control(std::string_view id) const;  // Throws Error (Input) listing the known ids.
    bool hasControl(std::string_view id) const;
    // `state` with one value moved into its range and, for whole numbers, rounded.
    ExhibitState with(ExhibitState state, std::string_view id, double value) const;
};

const std::vector<const ExhibitType*>& exhibitTypes();
// Throws Error (Input) listing the known ids.
const ExhibitType& exhibitType(std::string_view id);

// A control of an exhibit: a real number, or a whole one.
Parameter exhibitControl(const std::string& id, const std::string& title, double minimum, double maximum,
                         double initial, const std::string& help = {});

}  // namespace ketscope
