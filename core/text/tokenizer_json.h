// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/tokenizer_files.h"

namespace ketscope {

// The parts of a tokenizer.json, each read by a file of its own. All throw Error (Input) naming `where`.

// Every component of a tokenizer.json says its "type".
std::string componentKind(const Json& component, const std::string& where);

// The components of a part of the file, those of a "Sequence" (in its list `members`) one after the other; none when the
// part is left out. Pointers into `root`.
std::vector<const Json*> componentsOf(const Json& root, const char* part, const char* members,
                                      const std::string& where);

[[noreturn]] void refuseKind(const std::string& where, const std::string& component, const std::string& kind);

// An id that a vocabulary or an added token has.
std::int32_t knownId(const Json& value, const Pipeline& parts, const std::string& where);

// 0 or 1.
int segmentOf(const Json& object, const char* key, const std::string& where);

void readNormalizers(const Json& root, Pipeline& parts, const std::string& where);

// Returns whether bytes are what the words are made of.
bool readPreTokenizers(const Json& root, Pipeline& parts, const std::string& where);

void readPostProcessors(const Json& root, Pipeline& parts, const std::string& where);

}  // namespace ketscope
