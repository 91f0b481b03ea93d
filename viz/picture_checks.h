// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFile>

#include <string>

namespace ketscope {

// What the decoders do not tell, or tell the terminal instead of the caller. Both leave `file` at its beginning and throw
// Error (Input) that names `name`.

// The chunks of a PNG are whole and the checksums of those that make the picture are right.
void checkPng(QFile& file, const std::string& name);
// A CMYK JPEG says how it counts ink: the decoder takes every one for inverted, as Adobe's programs write them.
void checkJpeg(QFile& file, const std::string& name);

}  // namespace ketscope
