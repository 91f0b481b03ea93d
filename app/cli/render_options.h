// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/common.h"
#include "viz/composition.h"
#include "viz/export.h"

#include <optional>
#include <set>

namespace ketscope {

struct RenderOptions {
    CommonOptions common;
    std::string study;
    std::vector<std::string> figures = {"heatmap"};
    std::string arrangement = "auto";
    std::string font;
    bool noLetters = false;
    bool crosshair = false;
    bool noCaption = false;
    bool noColourBars = false;  // each: or as the study says
    bool noTokenLabels = false;
    bool noMetrics = false;
    bool signs = false;
    std::string out;
    std::string theme = "light";
    std::string traces;
    std::string measure;  // of a sweep; empty = the usual one
    std::string stack;
    std::string method;  // of the alignment
    std::string counts;  // of the pair's circuit, measured elsewhere: a file
    std::string bitOrder = std::string(kBitOrders[1]);
    std::string quantity;            // of the heatmap
    std::vector<std::string> scope;  // of entropy and distance: parts that differ from the study's
    std::optional<std::size_t> layer;
    std::optional<std::size_t> head;
    std::optional<std::size_t> query;
    std::optional<std::size_t> key;
    ExportOptions file;
    std::string inputs;  // of a batch: a text file, or a folder of pictures
    std::string outFolder;
    std::string format = "pdf";
    std::string shard;
    bool keepRuns = false;
    std::optional<Study> ofFigure = {};  // that the file named by `study` was drawn from
    std::set<std::string> given = {};    // names of options on the command line, as "--dpi"
};

// The page of the figure that `study` names where the command line does not say another.
void adoptPage(RenderOptions& options, const FigurePage& page);
// What the options say, with every name checked. Throws Error (Input).
PageContents pageOf(const RenderOptions& options);
// The selection of the study with what the options replace, checked against the maps that are there.
Selection selectionOf(const Comparison& comparison, const RenderOptions& options);

// Gives the figures of a page the alignment method and the quantity of maps that the options name, and computes what they
// wait for: with comparison.loaded, which is opened when it is needed and not there. Throws Error (Input) where the run
// has no such method or quantity.
void prepareMaps(Comparison& comparison, const RenderOptions& options, Monitor& monitor);

// The study run for the page, with the errors of outputs where it shows outputs.
ComparisonPointer runFor(const Study& study, const LoadedModel& model, const RenderOptions& options, Monitor& monitor);

// Gives the view the scope that the options name.
void applyScope(Comparison& comparison, const RenderOptions& options);

// How the figure becomes a file: the options, with the parts that the study's view says where they do not.
ExportOptions fileOptions(const Comparison& comparison, const RenderOptions& options);

// Throws Error (Input) where a panel has nothing to draw.
void checkPresence(const Figure& figure);

// The same page of many inputs, one file each, with the model and plan of `study`. What is there already is left as it
// is; an input that fails is said and does not stop the others, but the whole then throws Error (Failure) at its end.
void renderBatch(const Comparison& study, const RenderOptions& options, Monitor& monitor);

}  // namespace ketscope
