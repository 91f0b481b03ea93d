// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/job.h"

#include <QSignalSpy>
#include <QThread>

#include <atomic>

namespace ketscope::test {
namespace {

Job::Work untilCancelled(std::atomic<bool>& begun)
{
    return [&begun](Monitor& monitor) -> Job::Delivery {
        begun = true;
        while (true) {
            monitor.check();
            QThread::msleep(1);
        }
    };
}

TEST(Job, WorksElsewhereAndDeliversHere)
{
    Job job;
    QThread* worker = nullptr;
    QThread* receiver = nullptr;
    job.start([&](Monitor&) -> Job::Delivery {
        worker = QThread::currentThread();
        return [&] { receiver = QThread::currentThread(); };
    });
    ASSERT_TRUE(waitFor([&] { return receiver != nullptr; }));
    EXPECT_EQ(receiver, QThread::currentThread());
    EXPECT_NE(worker, receiver);
    EXPECT_FALSE(job.isRunning());
}

TEST(Job, DeliversOnTheWay)
{
    Job job;
    std::vector<int> delivered;
    bool runs = false;
    job.start([&](Monitor& monitor) -> Job::Delivery {
        for (int step = 1; step <= 3; ++step)
            job.deliver(monitor, [&, step] {
                delivered.push_back(step);
                runs = job.isRunning();
            });
        return [&] { delivered.push_back(4); };
    });
    ASSERT_TRUE(waitFor([&] { return !job.isRunning(); }));
    EXPECT_EQ(delivered, (std::vector<int>{1, 2, 3, 4}));
    EXPECT_TRUE(runs);
}

TEST(Job, DeliversNothingOfWhatWasCancelled)
{
    Job job;
    std::atomic<bool> told = false;
    bool delivered = false;
    job.start([&](Monitor& monitor) -> Job::Delivery {
        job.deliver(monitor, [&] { delivered = true; });
        told = true;
        while (true)
            monitor.check();
    });
    while (!told)
        QThread::msleep(1);  // without the event loop
    job.cancel();
    QTest::qWait(20);
    EXPECT_FALSE(delivered);
}

TEST(Job, NewestRequestWins)
{
    Job job;
    std::atomic<bool> begun = false;
    job.start(untilCancelled(begun));
    ASSERT_TRUE(waitFor([&] { return begun.load(); }));
    std::vector<int> delivered;
    for (int request = 1; request <= 3; ++request)
        job.start([&, request](Monitor&) -> Job::Delivery { return [&, request] { delivered.push_back(request); }; });
    ASSERT_TRUE(waitFor([&] { return !job.isRunning(); }));
    QTest::qWait(20);
    EXPECT_EQ(delivered, std::vector<int>{3});
}

TEST(Job, CancelIsAcknowledgedAtOnce)
{
    Job job;
    QSignalSpy cancelled(&job, &Job::cancelled);
    QSignalSpy failed(&job, &Job::failed);
    std::atomic<bool> begun = false;
    job.start(untilCancelled(begun));
    ASSERT_TRUE(waitFor([&] { return begun.load(); }));
    QElapsedTimer clock;
    clock.start();
    job.cancel();
    EXPECT_LT(clock.elapsed(), 100);
    EXPECT_EQ(cancelled.count(), 1);
    EXPECT_FALSE(job.isRunning());
    QTest::qWait(50);
    EXPECT_EQ(failed.count(), 0);
}

TEST(Job, ErrorTextSurvives)
{
    Job job;
    QSignalSpy failed(&job, &Job::failed);
    job.start([](Monitor&) -> Job::Delivery { refuse({"model.bin", "weights", "soup", "Choose another file"}); });
    ASSERT_TRUE(waitFor([&] { return failed.count() == 1; }));
    EXPECT_TRUE(failed[0][0].toString().contains(QStringLiteral("soup")));
    EXPECT_FALSE(job.isRunning());
}

TEST(Job, ProgressIsThrottledAndFromTheOwnersThread)
{
    Job job;
    QSignalSpy progressed(&job, &Job::progressed);
    bool here = false;
    QObject::connect(&job, &Job::progressed, &job,
                     [&] { here = QThread::currentThread() == QCoreApplication::instance()->thread(); });
    bool done = false;
    job.start([&](Monitor& monitor) -> Job::Delivery {
        for (int step = 0; step < 2000; ++step)
            monitor.progress(step / 2000.0, "step");
        return [&] { done = true; };
    });
    ASSERT_TRUE(waitFor([&] { return done; }));
    EXPECT_GE(progressed.count(), 1);
    EXPECT_LT(progressed.count(), 100);
    EXPECT_TRUE(here);
}

TEST(Job, DestructionCancelsAndWaits)
{
    std::atomic<bool> begun = false;
    std::atomic<bool> ended = false;
    {
        Job job;
        job.start([&](Monitor& monitor) -> Job::Delivery {
            begun = true;
            while (!monitor.cancelled())
                QThread::msleep(1);
            ended = true;
            return [] { ADD_FAILURE() << "delivered after destruction"; };
        });
        ASSERT_TRUE(waitFor([&] { return begun.load(); }));
    }
    EXPECT_TRUE(ended);
    QTest::qWait(20);
}

}  // namespace
}  // namespace ketscope::test
