// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/train/scene.h"

namespace ketscope {

struct SceneColor {
    std::string name;
    std::array<double, 3> rgb;  // 0 … 255, around which each object's own lies
};

const std::vector<std::string>& sceneShapes();
const std::vector<SceneColor>& sceneColors();

// The picture of these objects, with smooth edges, on a background with a slope and noise of `random`.
Image drawScene(const std::vector<SceneObject>& objects, RandomStream& random);

}  // namespace ketscope
