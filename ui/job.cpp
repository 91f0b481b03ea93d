// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/job.h"

#include <QElapsedTimer>

#include <atomic>
#include <new>

namespace ketscope {

namespace {

constexpr qint64 kProgressMs = 50;

}  // namespace

// One request: cancelled from the owner's thread, polled and reported from the worker's.
class Job::Ticket : public Monitor, public std::enable_shared_from_this<Ticket> {
public:
    explicit Ticket(Job& job) : m_job(job) {}

    bool cancelled() const noexcept override { return m_cancelled.load(std::memory_order_relaxed); }

    void progress(double fraction, std::string_view what) override
    {
        if (cancelled() || (m_lastReport.isValid() && m_lastReport.elapsed() < kProgressMs))
            return;
        m_lastReport.start();
        const QString step = QString::fromUtf8(what.data(), static_cast<qsizetype>(what.size()));
        QMetaObject::invokeMethod(
            &m_job,
            [this, job = &m_job, fraction, step] {
                if (job->m_current.get() == this)
                    emit job->progressed(fraction, step);
            },
            Qt::QueuedConnection);
    }

    void reportNext() { m_lastReport.invalidate(); }  // what begins now is said at once
    void cancel() { m_cancelled.store(true, std::memory_order_relaxed); }

private:
    Job& m_job;
    std::atomic<bool> m_cancelled = false;
    QElapsedTimer m_lastReport;
};

Job::Job(QObject* parent) : QObject(parent) { m_pool.setMaxThreadCount(1); }

Job::~Job()
{
    if (m_current)
        m_current->cancel();
    m_pool.clear();
    m_pool.waitForDone();
}

void Job::start(Work work)
{
    if (m_current)
        m_current->cancel();
    m_pool.clear();
    m_current = std::make_shared<Ticket>(*this);
    emit started();
    m_pool.start([this, ticket = m_current, work = std::move(work)] { execute(ticket, work); });
}

void Job::deliver(Monitor& monitor, Delivery step)
{
    const std::shared_ptr<Ticket> ticket = dynamic_cast<Ticket&>(monitor).shared_from_this();
    ticket->reportNext();
    QMetaObject::invokeMethod(
        this,
        [this, ticket, step = std::move(step)] {
            if (m_current == ticket)
                step();
        },
        Qt::QueuedConnection);
}

void Job::cancel()
{
    if (!m_current)
        return;
    m_current->cancel();
    m_pool.clear();
    m_current.reset();
    emit cancelled();
}

void Job::execute(const std::shared_ptr<Ticket>& ticket, const Work& work)
{
    try {
        ticket->check();
        conclude(ticket, [this, deliver = work(*ticket)] {
            deliver();
            emit finished();
        });
    } catch (const std::exception& error) {
        const auto* known = dynamic_cast<const Error*>(&error);
        if (known != nullptr && known->kind() == ErrorKind::Cancelled)
            return conclude(ticket, [this] { emit cancelled(); });
        const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
        const QString message = memory ? tr("There is not enough memory. Shorten the input or compare less at once.")
                                       : QString::fromUtf8(error.what());
        conclude(ticket, [this, message, thrown = std::current_exception()] { emit failed(message, thrown); });
    }
}

void Job::conclude(const std::shared_ptr<Ticket>& ticket, const std::function<void()>& step)
{
    QMetaObject::invokeMethod(
        this,
        [this, ticket, step] {
            if (m_current != ticket)
                return;
            m_current.reset();
            step();
        },
        Qt::QueuedConnection);
}

}  // namespace ketscope
