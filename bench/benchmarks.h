// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ketscope::bench {

// Each registers its benchmarks; sizes are in the names as tokens:N.
void addMechanisms();    // every mechanism of the registry on one head
void addLinearTime();    // output-only attention, linear and exact, to 32k tokens
void addStateVectors();  // circuits on one state and on batches of them
void addCircuits();      // circuits' expectations and gradients for all tokens of a head, gate by gate and precomputed
void addNoise();         // noise after each gate: density matrices and trajectories
void addModels();        // whole forward passes of the bundled model
void addTraining();      // one step of training small character models
void addFigures();       // painting a figure
void addLargeMaps();     // 4,096 × 4,096 maps: reading them once, frames while panning
void addWindow();        // from a slider's move to the painted window

}  // namespace ketscope::bench
