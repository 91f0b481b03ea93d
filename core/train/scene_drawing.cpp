// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/scene_drawing.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

constexpr std::size_t kSide = 64;
constexpr int kSamples = 4;  // of a pixel, in each direction

// Whether (x, y) is inside a shape that fills the square from −1 to 1, y downwards.
bool inCircle(double x, double y) { return x * x + y * y <= 0.96; }
bool inRing(double x, double y) { return inCircle(x, y) && x * x + y * y >= 0.45; }
bool inSquare(double x, double y) { return std::max(std::abs(x), std::abs(y)) <= 0.92; }
bool inCross(double x, double y)
{
    constexpr double kArm = 0.36;
    return std::max(std::abs(x), std::abs(y)) <= 0.98 && std::min(std::abs(x), std::abs(y)) <= kArm;
}
bool inTriangle(double x, double y) { return y >= -0.9 && y <= 0.8 && std::abs(x) <= 0.93 * (y + 0.9) / 1.7; }
// Five points: the edge between a point and the notch beside it, by the angle from the nearest point.
bool inStar(double x, double y)
{
    constexpr double kNotch = 0.42;
    constexpr double kEighteen = 0.3090169943749474, kFiftyFour = 0.8090169943749475;  // sines of degrees
    constexpr double kSeventyTwo = 0.9510565162951535, kThirtySix = 0.5877852522924731;
    // The points, clockwise from the top, in the right half: the left half is its mirror image.
    constexpr std::array<std::array<double, 2>, 3> kPoints = {
        {{0.0, 1.0}, {kSeventyTwo, kEighteen}, {kThirtySix, -kFiftyFour}}};
    double along = -2.0, across = 0.0;  // of the nearest point's direction
    for (const auto& [px, py] : kPoints)
        if (const double dot = std::abs(x) * px - y * py; dot > along) {
            along = dot;
            across = std::abs(std::abs(x) * py + y * px);
        }
    constexpr double kNotchAlong = kNotch * kFiftyFour, kNotchAcross = kNotch * kThirtySix;
    return (along - 1.0) * kNotchAcross - across * (kNotchAlong - 1.0) <= 0.0;
}

struct Shape {
    std::string name;
    bool (*inside)(double, double);
};

const std::vector<Shape>& shapes()
{
    static const std::vector<Shape> s_shapes = {{"circle", inCircle}, {"square", inSquare}, {"triangle", inTriangle},
                                                {"star", inStar},     {"cross", inCross},   {"ring", inRing}};
    return s_shapes;
}

// The share of a pixel that the shape covers.
double coverage(const Shape& shape, const SceneObject& object, std::size_t column, std::size_t row)
{
    const double half = 0.5 * (object.box[2] - object.box[0]);
    const double centerX = 0.5 * (object.box[0] + object.box[2]), centerY = 0.5 * (object.box[1] + object.box[3]);
    int inside = 0;
    for (int i = 0; i < kSamples; ++i)
        for (int j = 0; j < kSamples; ++j) {
            const double x = static_cast<double>(column) + (i + 0.5) / kSamples;
            const double y = static_cast<double>(row) + (j + 0.5) / kSamples;
            inside += shape.inside((x - centerX) / half, (y - centerY) / half) ? 1 : 0;
        }
    return static_cast<double>(inside) / (kSamples * kSamples);
}

using Picture = std::vector<std::array<double, 3>>;

Picture background(RandomStream& random)
{
    const double grey = 20.0 + 200.0 * random.uniform();
    std::array<double, 3> base{};
    for (double& channel : base)
        channel = grey + 24.0 * (random.uniform() - 0.5);
    const double slopeX = 40.0 * (random.uniform() - 0.5), slopeY = 40.0 * (random.uniform() - 0.5);
    Picture picture(kSide * kSide);
    for (std::size_t i = 0; i < picture.size(); ++i) {
        const std::size_t x = i % kSide, y = i / kSide;
        for (std::size_t channel = 0; channel < 3; ++channel)
            picture[i][channel] = base[channel] + slopeX * (static_cast<double>(x) / kSide - 0.5)
                                  + slopeY * (static_cast<double>(y) / kSide - 0.5);
    }
    return picture;
}

void draw(const SceneObject& object, RandomStream& random, Picture& picture)
{
    const auto& all = shapes();
    const Shape& shape = *std::ranges::find(all, object.shape, &Shape::name);
    std::array<double, 3> color = std::ranges::find(sceneColors(), object.color, &SceneColor::name)->rgb;
    for (double& channel : color)
        channel += 40.0 * (random.uniform() - 0.5);
    const auto at = [&](std::size_t side) { return static_cast<std::size_t>(object.box[side]); };
    for (std::size_t row = at(1); row < at(3); ++row)
        for (std::size_t column = at(0); column < at(2); ++column) {
            const double share = coverage(shape, object, column, row);
            std::array<double, 3>& pixel = picture[row * kSide + column];
            for (std::size_t channel = 0; channel < 3; ++channel)
                pixel[channel] += share * (color[channel] - pixel[channel]);
        }
}

}  // namespace

const std::vector<std::string>& sceneShapes()
{
    static const std::vector<std::string> s_names = [] {
        std::vector<std::string> names;
        for (const Shape& shape : shapes())
            names.push_back(shape.name);
        return names;
    }();
    return s_names;
}

const std::vector<SceneColor>& sceneColors()
{
    static const std::vector<SceneColor> s_colors = {
        {"red", {212, 40, 44}},     {"green", {42, 165, 52}},   {"blue", {44, 88, 220}},  {"yellow", {240, 212, 38}},
        {"purple", {138, 46, 168}}, {"orange", {234, 130, 34}}, {"cyan", {66, 212, 220}}, {"pink", {248, 122, 186}}};
    return s_colors;
}

namespace {

constexpr double kNoise = 5.0;  // standard deviation of a channel
constexpr std::size_t kNoiseSteps = 1U << 12U;

// The middles of as many equally likely parts of a normal distribution, in order: each by Newton's method from the one
// before it, in the half below 0.
std::vector<float> noiseSteps()
{
    std::vector<float> steps(kNoiseSteps);
    double z = -3.8;
    for (std::size_t i = 0; i < kNoiseSteps / 2; ++i) {
        const double share = (static_cast<double>(i) + 0.5) / kNoiseSteps;
        for (int round = 0; round < 6; ++round) {
            const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
            z -= (0.5 * std::erfc(-z / std::numbers::sqrt2) - share) / density;
        }
        steps[i] = static_cast<float>(kNoise * z);
        steps[kNoiseSteps - 1 - i] = -steps[i];
    }
    return steps;
}

// A channel's noise; two of every 32 random bits.
class Noise {
public:
    explicit Noise(RandomStream& random) : m_random(random) {}

    float next()
    {
        if (m_left == 0) {
            m_bits = m_random.next();
            m_left = 2;
        }
        --m_left;
        const float noise = m_steps[m_bits % kNoiseSteps];
        m_bits >>= 16U;
        return noise;
    }

private:
    static const std::vector<float>& steps()
    {
        static const std::vector<float> s_steps = noiseSteps();
        return s_steps;
    }

    RandomStream& m_random;
    const std::vector<float>& m_steps = steps();
    std::uint32_t m_bits = 0;
    unsigned m_left = 0;
};

}  // namespace

Image drawScene(const std::vector<SceneObject>& objects, RandomStream& random)
{
    Picture picture = background(random);
    for (const SceneObject& object : objects)
        draw(object, random, picture);
    Noise noise(random);
    Image image = blankImage(kSide, kSide, "scene");
    for (std::size_t i = 0; i < picture.size(); ++i)
        for (std::size_t channel = 0; channel < 3; ++channel)
            image.rgb[3 * i + channel] = static_cast<std::uint8_t>(
                std::lround(std::clamp(picture[i][channel] + static_cast<double>(noise.next()), 0.0, 255.0)));
    return image;
}

}  // namespace ketscope
