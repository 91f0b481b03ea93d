// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/left_out_draws.h"

namespace ketscope {

namespace {

class LeftOutDraws final : public Mechanism {
public:
    LeftOutDraws(const Mechanism& of, std::uint64_t group, std::uint64_t groups)
        : m_of(of), m_group(group), m_groups(groups)
    {
    }

    const Mechanism& whole() const { return m_of; }
    const MechanismInfo& info() const override { return m_of.info(); }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        MechanismProperties properties = m_of.properties(parameters);
        properties.givesStandardError = false;
        return properties;
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        const std::uint64_t draws = drawsOf(m_of, parameters);
        if (draws < std::max<std::uint64_t>(2, m_groups))
            return m_of.prepare(input, parameters, monitor);
        return dynamic_cast<const Repeated&>(m_of).prepareWithout(input, parameters,
                                                                  drawGroup(draws, m_group, m_groups), monitor);
    }

    NamedTensors initialTensors(const HeadInput& input, const Parameters& parameters) const override
    {
        return m_of.initialTensors(input, parameters);
    }

    double keptBytes(const HeadShape& shape, const Parameters& parameters) const override
    {
        return m_of.keptBytes(shape, parameters);
    }

    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        return m_of.flops(input, parameters);
    }

private:
    const Mechanism& m_of;
    std::uint64_t m_group;
    std::uint64_t m_groups;
};

}  // namespace

std::uint64_t drawsOf(const Mechanism& mechanism, const Parameters& parameters)
{
    const auto* repeated = dynamic_cast<const Repeated*>(&mechanism);
    return repeated == nullptr ? 1 : repeated->draws(parameters);
}

DrawRange drawGroup(std::uint64_t draws, std::uint64_t group, std::uint64_t groups)
{
    return {draws * group / groups, draws * (group + 1) / groups};
}

std::unique_ptr<const Mechanism> withoutDrawGroup(const Mechanism& of, std::uint64_t group, std::uint64_t groups)
{
    return std::make_unique<LeftOutDraws>(of, group, groups);
}

const Mechanism& wholeMechanism(const Mechanism& mechanism)
{
    const auto* without = dynamic_cast<const LeftOutDraws*>(&mechanism);
    return without == nullptr ? mechanism : without->whole();
}

}  // namespace ketscope
