// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/pair_reading.h"
#include "core/attention/rows.h"

#include <functional>

namespace ketscope {

// Mechanisms with random features may be drawn several times: the weights are then the mean over R independent draws, and
// their standard error is the spread of the draws over √R. With one draw nothing is known of the error.

// The parameter "repeats", R.
Parameter drawsParameter();
std::uint64_t drawsOf(const Parameters& parameters);  // 1 where the parameter is hidden

// Bytes of `features` numbers for every key in each draw, as all draws of a head are kept.
double bytesOfDraws(const HeadShape& shape, const Parameters& parameters, double features);

// The head with the random numbers of one draw; 0 = its own.
HeadInput withDraw(const HeadInput& input, std::uint64_t draw);

// Draws [first, last) of R.
struct DrawRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    bool contains(std::uint64_t draw) const { return draw >= first && draw < last; }
};

// What a mechanism is besides when its weights are a mean over draws.
class Repeated {
public:
    virtual ~Repeated() = default;

    // R; 1 where nothing is left to chance.
    virtual std::uint64_t draws(const Parameters& parameters) const = 0;

    // As Mechanism::prepare, without the draws of a range that leaves at least one; the others have the random numbers that they
    // have in the whole. Nothing is left out of a single draw.
    virtual std::unique_ptr<PreparedHead> prepareWithout(const HeadInput& input, const Parameters& parameters,
                                                         DrawRange without, const Monitor& monitor) const = 0;
};

// The mean of the heads that `prepare` makes of every draw but those `without`; that head itself for one.
std::unique_ptr<PreparedHead>
averagedDraws(const HeadInput& input, const Parameters& parameters, DrawRange without,
              const std::function<std::unique_ptr<PreparedHead>(const HeadInput&)>& prepare);

// The gradients of the mean: `backward` is called once a draw, with its share of the gradients.
void backwardDraws(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                   const std::function<void(const HeadInput&, const OutputGradients&)>& backward);

// `reading` is of the first draw: adds the weight of the mean with its error, and says so. Nothing for one draw.
void addDraws(PairReading& reading, const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters,
              std::size_t query, std::size_t key, const Monitor& monitor);

// `parameters` with one draw.
Parameters oneDraw(Parameters parameters);

}  // namespace ketscope
