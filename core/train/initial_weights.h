// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/head_plan.h"
#include "core/formats/memory_archive.h"
#include "core/models/model.h"

namespace ketscope {

// The weights of a new model of this configuration: matrices and vectors of embeddings normal with mean 0 and this
// standard deviation, norms 1, biases 0, the logarithm of the scale of similarities as the configuration says, and what
// mechanisms draw for themselves as they do. The same for the same seed. Throws Error (Input) for a configuration that
// no architecture has.
std::shared_ptr<MemoryArchive> initialWeights(const Json& config, const std::filesystem::path& where, double deviation,
                                              std::uint64_t seed);

// Adds what training changes in the heads that a plan gives other mechanisms: their tensors, as drawn, and, of
// `reals`, those of their real parameters that have a meaning there, at the plan's values.
void addOwnHeads(const HeadPlan& plan, const ModelInfo& model, const std::vector<std::string>& reals,
                 MemoryArchive& weights);

// Adds to the embeddings of tokens what each says of a class: evidence (vocabulary, classes), at most one nat, times
// `scale` along a random direction of length 1 for each class. Throws Error (Input) for a model without such embeddings.
void addWordEvidence(MatrixView evidence, double scale, std::uint64_t seed, MemoryArchive& weights);

}  // namespace ketscope
