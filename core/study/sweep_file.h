// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/hdf5.h"
#include "core/study/sweep.h"

namespace ketscope {

// A sweep as a group of an HDF5 file, laid out as writeSweep's file is at its root; `group` is "/sweep" in a run file.
void writeSweepGroup(const Sweep& sweep, Hdf5File& file, const std::string& group);
// As readSweep, of that group; `name` is what errors call the file. The weights it is of are not compared with any.
Sweep readSweepGroup(const Hdf5File& file, const std::string& group, const std::string& name);

}  // namespace ketscope
