// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/look_ahead.h"

#include "tests/support/paths.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

// Traces B, C, … of a fixture on a few tokens.
ComparisonPointer compared(const std::string& fixture, const std::vector<std::string>& specs)
{
    Monitor monitor;
    const auto model = loadModel(test::fixtures() / "models" / fixture, monitor);
    Study study;
    study.input.tokenIds = {1, 2, 3, 4};
    for (const std::string& spec : specs)
        study.candidates.push_back({{parseSpec(spec)}});
    return runStudy(study, *model, nullptr, 1, monitor);
}

TEST(LookAhead, IsSaidOfTracesWithAMechanismThatTheMaskDoesNotHold)
{
    const ComparisonPointer causal =
        compared("gpt2-lm", {"mps:state=joint@layers=1", "mps", "qisa:aggregate=transposed@heads=1"});
    EXPECT_EQ(lookingAhead(*causal, 0, 0), nullptr);
    EXPECT_EQ(lookingAhead(*causal, 1, 0), &mechanism("mps"));
    EXPECT_EQ(lookingAhead(*causal, 2, 0), nullptr);
    EXPECT_EQ(lookingAhead(*causal, 3, 0), &mechanism("qisa"));
    EXPECT_THAT(lookAheadNotices(*causal),
                testing::ElementsAre(testing::StartsWith("trace B: Matrix product state looks ahead in the text stack"),
                                     testing::StartsWith("trace D: ")));
    EXPECT_THAT(lookAheadNotices(*compared("bert-seqcls", {"mps:state=joint"})), testing::IsEmpty())
        << "every query may look at every key";
}

}  // namespace
}  // namespace ketscope
