// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/samples.h"
#include "tests/support/paths.h"
#include "ui/appearance.h"
#include "ui/settings.h"
#include "ui/study_controller.h"

#include <QElapsedTimer>
#include <QTest>

#include <functional>
#include <gtest/gtest.h>

namespace ketscope::test {

constexpr int kPatienceMs = 20000;

// Lets the event loop run until `done`; false when it takes too long.
inline bool waitFor(const std::function<bool()>& done) { return QTest::qWaitFor(done, kPatienceMs); }

// Settings in a temporary file, an appearance, a controller: what widgets need.
struct Desk {
    TemporaryFolder folder;
    Settings settings{QString::fromStdString((folder.path() / "settings.ini").string())};
    Appearance appearance{settings};
    StudyController controller{1};

    bool settled() const
    {
        return controller.state() == StudyController::State::UpToDate && controller.readingsAreCurrent();
    }

    // Opens the bundled sample and waits for its result.
    void openSample()
    {
        controller.openStudy(sampleStudy(), true);
        ASSERT_TRUE(waitFor([this] { return settled(); })) << controller.error().toStdString();
    }

    void waitUntilSettled()
    {
        ASSERT_TRUE(waitFor([this] { return settled(); })) << controller.error().toStdString();
    }
};

}  // namespace ketscope::test
