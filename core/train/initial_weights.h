// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/head_plan.h"
#include "core/formats/memory_archive.h"
#include "core/models/model.h"

namespace ketscope {

// Standard deviations of new weights.
struct Deviations {
    double usual = 0.02;
    // Of tensors whose names contain this, such as "q_lin". The longest of the names that a tensor contains decides.
    std::map<std::string, double> named = {};

    double of(std::string_view tensor) const;
    // As "q_lin.bias" does: then a bias or a norm is drawn like a matrix, too.
    bool namesToTheEnd(std::string_view tensor) const;

private:
    const std::pair<const std::string, double>* deciding(std::string_view tensor) const;
};

// The weights of a new model of this configuration: matrices and vectors of embeddings normal with mean 0 and these
// standard deviations, norms 1 and biases 0 unless they are named, the logarithm of the scale of similarities as the
// configuration says, and what mechanisms draw for themselves as they do. The same for the same seed. Throws Error
// (Input) for a configuration that no architecture has, and for a deviation's name that no tensor contains.
std::shared_ptr<MemoryArchive> initialWeights(const Json& config, const std::filesystem::path& where,
                                              const Deviations& deviations, std::uint64_t seed);

// Adds what training changes in the heads that a plan gives other mechanisms: their tensors, as drawn, and, of
// `reals`, those of their real parameters that have a meaning there, at the plan's values.
void addOwnHeads(const HeadPlan& plan, const ModelInfo& model, const std::vector<std::string>& reals,
                 MemoryArchive& weights);

// Adds to the embeddings of tokens what each says of a class: evidence (vocabulary, classes), at most one nat, times
// `scale` along a random direction of length 1 for each class. Throws Error (Input) for a model without such embeddings.
void addWordEvidence(MatrixView evidence, double scale, std::uint64_t seed, MemoryArchive& weights);

}  // namespace ketscope
