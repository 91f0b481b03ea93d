// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/image/image.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ketscope {

// A coloured shape in a scene.
struct SceneObject {
    std::string shape;  // circle, square, triangle, star, cross, ring
    std::string color;  // red, green, blue, yellow, purple, orange, cyan, pink
    bool large = false;
    std::array<int, 4> box{};  // left, top, right, bottom in pixels
};

// A word of a caption that names an object; words are what spaces separate.
struct SceneMention {
    std::size_t word = 0;
    std::size_t object = 0;
};

// A caption that is not true of a scene.
struct FalseCaption {
    std::string text;
    std::string wrong;  // in what: "shape", "colour", "colours exchanged", "relation"
};

// A generated picture of 64 × 64 pixels: one to three shapes that do not touch on a soft, noisy background.
struct Scene {
    Image image;
    std::vector<SceneObject> objects;
    std::string caption;  // true: "a red ring above a green circle"
    std::vector<SceneMention> mentions;
    std::vector<FalseCaption> falseCaptions;  // each wrong in one respect
};

// Scene number `index` of a seed: always the same.
Scene makeScene(std::uint64_t seed, std::uint32_t index);
// The same without its picture.
Scene describeScene(std::uint64_t seed, std::uint32_t index);

// The entry of a scene in the list "scenes.json" beside its picture `image`.
Json toJson(const Scene& scene, const std::string& image);

}  // namespace ketscope
