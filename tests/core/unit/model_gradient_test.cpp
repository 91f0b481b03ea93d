// SPDX-License-Identifier: GPL-3.0-or-later
// Gradients of whole models with respect to their weights, against differences of their own outputs.
#include "core/models/gradients.h"
#include "tests/support/qisa_files.h"

#include <cmath>

namespace ketscope {
namespace {

using test::ModelCopy;
using test::openModel;

struct Subject {
    std::string name;
    std::string mechanism = {};  // of every head of the first stack, as a plan has it; empty = the model's own
    GradientTarget target = {};  // no output = what the model answers
};

// How far a target moves with one tensor of a model's file.
class Moved {
public:
    explicit Moved(const Subject& subject) : m_subject(subject)
    {
        if (subject.name == "qisa")
            m_qisa.emplace();
        else
            m_plain.emplace(subject.name);
        const auto model = openModel(copy().write());
        m_input = test::someInput(*model, 6);
        if (!m_input.attentionMask.empty() && !model->info().stacks.front().causal)
            m_input.attentionMask.back() = 0;
        const HeadPlan plan = planOf(*model);
        Monitor monitor;
        const auto target = [&](const Trace& trace) {
            return subject.target.output.empty() ? answerOf(model->info(), m_input, trace) : subject.target;
        };
        gradients = gradientsOf(*model, {&m_input, &plan, target, true}, monitor);
    }

    std::vector<std::string> tensors() const
    {
        std::vector<std::string> names;
        for (const auto& [name, what] : copy().tensors.items())
            if (name != "__metadata__" && what.at("dtype") == "F32")
                names.push_back(name);
        return names;
    }

    std::vector<float> values(const std::string& tensor) const { return copy().values(tensor); }

    // The target with `tensor` moved by `step` along `direction`.
    double at(const std::string& tensor, const std::vector<double>& direction, double step)
    {
        const std::vector<float> before = copy().values(tensor);
        for (std::size_t i = 0; i < before.size(); ++i)
            copy().setValue(tensor, i, static_cast<float>(static_cast<double>(before[i]) + step * direction[i]));
        const auto model = openModel(copy().write());
        for (std::size_t i = 0; i < before.size(); ++i)
            copy().setValue(tensor, i, before[i]);
        const Trace trace = test::run(*model, m_input, planOf(*model));
        const MatrixView output = trace.outputs.at(gradients.target.output)->matrix();
        return static_cast<double>(output(gradients.target.row, gradients.target.column));
    }

    ModelGradients gradients;

private:
    ModelCopy& copy() { return m_qisa ? m_qisa->copy : *m_plain; }
    const ModelCopy& copy() const { return m_qisa ? m_qisa->copy : *m_plain; }

    HeadPlan planOf(const Model& model) const
    {
        Plan plan;
        if (!m_subject.mechanism.empty()) {
            plan.entries.push_back(parseSpec(m_subject.mechanism));
            plan.entries.back().stack = model.info().stacks.front().name;
        }
        return resolve(plan, model.info(), 5);
    }

    const Subject& m_subject;
    std::optional<test::QisaFiles> m_qisa;
    std::optional<ModelCopy> m_plain;
    ModelInput m_input;
};

double lengthOf(const std::vector<double>& values)
{
    double squares = 0.0;
    for (const double value : values)
        squares += value * value;
    return std::sqrt(squares);
}

// The gradient, then signs at random: two directions in which the slope is known.
std::vector<std::vector<double>> directionsOf(const Tensor& gradients)
{
    std::vector<std::vector<double>> directions(2);
    RandomStream random({17}, 0);
    for (const float value : gradients.values()) {
        directions[0].push_back(static_cast<double>(value));
        directions[1].push_back(static_cast<double>(value) * (random.uniform() < 0.7 ? 1.0 : -1.0));
    }
    for (auto& direction : directions)
        for (const double length = lengthOf(direction); double& each : direction)
            each /= length;
    return directions;
}

class ModelGradient : public testing::TestWithParam<Subject> {};

TEST_P(ModelGradient, OfEveryWeightIsTheSlopeOfTheTarget)
{
    Moved moved(GetParam());
    std::size_t checked = 0;
    for (const std::string& tensor : moved.tensors()) {
        const auto found = moved.gradients.weights.find(tensor);
        if (found == moved.gradients.weights.end()) {
            const std::vector<double> everywhere(moved.values(tensor).size(), 1.0);
            EXPECT_EQ(moved.at(tensor, everywhere, 0.0), moved.at(tensor, everywhere, 0.25)) << tensor;
            continue;
        }
        ASSERT_EQ(found->second->size(), moved.values(tensor).size()) << tensor;
        std::vector<double> gradient(found->second->values().begin(), found->second->values().end());
        const double length = lengthOf(gradient);
        if (length < 1e-5)  // keys' biases move no softmax
            continue;
        for (const std::vector<double>& direction : directionsOf(*found->second)) {
            double expected = 0.0;
            for (std::size_t i = 0; i < gradient.size(); ++i)
                expected += gradient[i] * direction[i];
            const double step = std::min(0.03, 0.03 / length);
            const double slope = (8.0 * (moved.at(tensor, direction, step) - moved.at(tensor, direction, -step))
                                  - moved.at(tensor, direction, 2.0 * step) + moved.at(tensor, direction, -2.0 * step))
                                 / (12.0 * step);
            EXPECT_NEAR(slope, expected, 2e-4 + 5e-3 * length) << tensor;
            ++checked;
        }
    }
    EXPECT_GT(checked, 20U);
}

std::string nameOf(const testing::TestParamInfo<Subject>& info)
{
    std::string name = info.param.name + "_" + info.param.mechanism + std::to_string(info.index);
    for (char& letter : name)
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0)
            letter = '_';
    return name;
}

INSTANTIATE_TEST_SUITE_P(Models, ModelGradient,
                         testing::Values(Subject{"bert-seqcls"}, Subject{"bert-mlm"}, Subject{"distilbert-seqcls"},
                                         Subject{"gpt2-lm"}, Subject{"openai-gpt-lm"}, Subject{"llama-gqa"},
                                         Subject{"vit-imgcls"}, Subject{"vilt-itm"}, Subject{"blip-itm"},
                                         Subject{"blip-itm", {}, {"itc_similarity"}}, Subject{"clip"}, Subject{"qisa"},
                                         Subject{"qisa", "exact"}, Subject{"distilbert-seqcls", "rff"},
                                         Subject{"gpt2-lm", "fidelity"}, Subject{"vit-imgcls", "performer"},
                                         Subject{"gpt2-lm", "qisa"},
                                         Subject{"distilbert-seqcls", "pqc:feed-forward=on@layers=0"},
                                         Subject{"llama-gqa", "pqc:feed-forward=on,layers=1@layers=0"}),
                         nameOf);

// A whole model says what the mechanism says when it is asked directly, and where.
TEST(ModelGradientObstacle, CarriesTheMechanismsReason)
{
    const auto model = openModel(ModelCopy("gpt2-lm").write());
    const Mechanism& fidelity = mechanism("fidelity");
    Parameters parameters = fidelity.defaults();
    for (const auto& [id, value] : {std::pair{"noise", "depolarizing"}, {"simulation", "trajectories"}})
        parameters.setText(id, value);
    Plan plan;
    plan.entries.push_back({&fidelity, parameters, {}, {}, {}});
    const HeadPlan heads = resolve(plan, model->info(), 5);
    const std::string obstacle = gradientObstacle(model->info(), heads);
    EXPECT_TRUE(obstacle.starts_with(fidelity.info().title + " gives no gradient")) << obstacle;
    EXPECT_NE(obstacle.find("layer 0, head 0"), std::string::npos) << obstacle;
    EXPECT_NE(obstacle.find("which runs are drawn depends on the vectors"), std::string::npos) << obstacle;
    EXPECT_NE(obstacle.find("Choose simulation=density."), std::string::npos) << obstacle;
    try {
        const ModelInput input = test::someInput(*model, 6);
        Monitor monitor;
        gradientsOf(*model, {&input, &heads, {}, true}, monitor);
        ADD_FAILURE() << "it has no gradient";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        EXPECT_NE(std::string(error.what()).find("which runs are drawn"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace ketscope
