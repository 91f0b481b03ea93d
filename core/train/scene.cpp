// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/scene.h"

#include "core/base/random.h"
#include "core/train/scene_drawing.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ketscope {

namespace {

constexpr int kSide = 64;
constexpr int kGrid = 4;   // centres lie on multiples of it
constexpr int kSmall = 8;  // half sides
constexpr int kLarge = 13;
constexpr std::uint16_t kPlaces = 0x5C;  // purposes of the random numbers
constexpr std::uint16_t kNoise = 0x5D;

std::size_t choose(RandomStream& random, std::size_t count)
{
    return std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(count)), count - 1);
}

bool apart(const SceneObject& a, const SceneObject& b)
{
    return a.box[2] <= b.box[0] || b.box[2] <= a.box[0] || a.box[3] <= b.box[1] || b.box[3] <= a.box[1];
}

// Puts an object where it touches no other; false when `tries` places did not do.
bool place(RandomStream& random, SceneObject& object, const std::vector<SceneObject>& others)
{
    constexpr int kTries = 40;
    const int half = object.large ? kLarge : kSmall;
    const int first = (half + 2 + kGrid - 1) / kGrid, last = (kSide - half - 2) / kGrid;
    const auto places = static_cast<std::size_t>(last) + 1 - static_cast<std::size_t>(first);
    for (int i = 0; i < kTries; ++i) {
        const int x = kGrid * (first + static_cast<int>(choose(random, places)));
        const int y = kGrid * (first + static_cast<int>(choose(random, places)));
        object.box = {x - half, y - half, x + half, y + half};
        if (std::ranges::all_of(others, [&](const SceneObject& other) { return apart(object, other); }))
            return true;
    }
    return false;
}

std::vector<SceneObject> placeObjects(RandomStream& random)
{
    constexpr double kThird = 0.25;  // chance of a third object
    const std::size_t wanted = 2 + (random.uniform() < kThird ? 1 : 0);
    std::vector<SceneObject> objects;
    for (std::size_t i = 0; i < wanted; ++i) {
        SceneObject object{sceneShapes()[choose(random, sceneShapes().size())],
                           sceneColors()[choose(random, sceneColors().size())].name,
                           random.uniform() < 0.4,
                           {}};
        const bool same = std::ranges::any_of(objects, [&](const SceneObject& other) {
            return other.shape == object.shape && other.color == object.color;
        });
        if (!same && place(random, object, objects))
            objects.push_back(object);
    }
    return objects;
}

// What a caption says: one object, or two and how they stand to each other.
struct Statement {
    SceneObject first;
    SceneObject second;
    std::string relation;  // empty: of `first` alone
    bool sized = false;    // says how large the first is

    static std::string nameOf(const SceneObject& object, bool sized)
    {
        const std::string words = (sized ? object.large ? "large " : "small " : "") + object.color + " " + object.shape;
        return (words.starts_with('o') ? "an " : "a ") + words;
    }
    std::string text() const
    {
        return nameOf(first, sized) + (relation.empty() ? "" : " " + relation + " " + nameOf(second, false));
    }
};

std::string relationOf(const SceneObject& a, const SceneObject& b)
{
    const int x = a.box[0] + a.box[2] - b.box[0] - b.box[2], y = a.box[1] + a.box[3] - b.box[1] - b.box[3];
    if (std::abs(x) >= std::abs(y))
        return x < 0 ? "left of" : "right of";
    return y < 0 ? "above" : "below";
}

SceneObject changed(RandomStream& random, SceneObject object, bool shape, const std::vector<SceneObject>& all)
{
    std::string& what = shape ? object.shape : object.color;
    const SceneObject before = object;
    do {
        what = shape ? sceneShapes()[choose(random, sceneShapes().size())]
                     : sceneColors()[choose(random, sceneColors().size())].name;
    } while (std::ranges::any_of(
        all, [&](const SceneObject& other) { return other.shape == object.shape && other.color == object.color; }));
    return object;
}

std::vector<FalseCaption> falseStatements(RandomStream& random, const Statement& truth,
                                          const std::vector<SceneObject>& all)
{
    std::vector<FalseCaption> result;
    const auto add = [&](const Statement& other, const char* wrong) {
        if (other.text() != truth.text()
            && std::ranges::find(result, other.text(), &FalseCaption::text) == result.end())
            result.push_back({other.text(), wrong});
    };
    const auto isThere = [&](const SceneObject& object) {
        return std::ranges::any_of(
            all, [&](const SceneObject& other) { return other.shape == object.shape && other.color == object.color; });
    };
    for (const bool shape : {true, false}) {
        Statement other = truth;
        const bool second = !truth.relation.empty() && random.uniform() < 0.5;
        SceneObject& which = second ? other.second : other.first;
        which = changed(random, which, shape, all);
        add(other, shape ? "shape" : "colour");
    }
    if (truth.relation.empty())
        return result;
    Statement exchanged = truth;
    std::swap(exchanged.first.color, exchanged.second.color);
    if (!isThere(exchanged.first) || !isThere(exchanged.second))
        add(exchanged, "colours exchanged");
    if (truth.relation != "and") {
        Statement turned = truth;
        std::swap(turned.first, turned.second);
        add(turned, "relation");
    }
    return result;
}

Statement chooseStatement(RandomStream& random, const std::vector<SceneObject>& objects, std::size_t& first,
                          std::size_t& second)
{
    first = choose(random, objects.size());
    second = objects.size() < 2 ? first : (first + 1 + choose(random, objects.size() - 1)) % objects.size();
    Statement truth{objects[first], objects[second], "", false};
    const double kind = random.uniform();
    if (objects.size() < 2 || kind < 0.2)
        truth.sized = random.uniform() < 0.4;
    else
        truth.relation = kind < 0.45 ? "and" : relationOf(truth.first, truth.second);
    return truth;
}

}  // namespace

Scene describeScene(std::uint64_t seed, std::uint32_t index)
{
    RandomStream random({seed}, index, kPlaces);
    Scene scene;
    scene.objects = placeObjects(random);
    std::size_t first = 0, second = 0;
    const Statement truth = chooseStatement(random, scene.objects, first, second);
    scene.caption = truth.text();
    std::istringstream words(scene.caption);
    std::string word;
    for (std::size_t at = 0; words >> word; ++at)
        if (std::ranges::find(sceneShapes(), word) != sceneShapes().end())
            scene.mentions.push_back({at, scene.mentions.empty() ? first : second});
    scene.falseCaptions = falseStatements(random, truth, scene.objects);
    return scene;
}

Scene makeScene(std::uint64_t seed, std::uint32_t index)
{
    Scene scene = describeScene(seed, index);
    RandomStream noise({seed}, index, kNoise);
    scene.image = drawScene(scene.objects, noise);
    return scene;
}

Json toJson(const Scene& scene, const std::string& image)
{
    Json mentions = Json::array(), objects = Json::array(), untrue = Json::array();
    for (const SceneMention& mention : scene.mentions)
        mentions.push_back({{"word", mention.word}, {"object", mention.object}});
    for (const SceneObject& object : scene.objects)
        objects.push_back({{"shape", object.shape},
                           {"color", object.color},
                           {"size", object.large ? "large" : "small"},
                           {"box", object.box}});
    for (const FalseCaption& caption : scene.falseCaptions)
        untrue.push_back({{"text", caption.text}, {"wrong", caption.wrong}});
    Json json = {{"image", image},
                 {"caption", scene.caption},
                 {"false_captions", std::move(untrue)},
                 {"mentions", std::move(mentions)},
                 {"objects", std::move(objects)}};
    if (!scene.falseCaptions.empty())
        json["hard_negative"] = scene.falseCaptions.front().text;
    return json;
}

}  // namespace ketscope
