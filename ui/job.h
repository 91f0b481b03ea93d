// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"

#include <QObject>
#include <QString>
#include <QThread>
#include <QThreadPool>

#include <exception>
#include <functional>
#include <memory>

namespace ketscope {

// One line of background work on a thread of its own: the newest request wins, whatever came before it is cancelled and
// its result dropped. Everything is delivered on the thread that owns the Job; destruction cancels and waits.
class Job : public QObject {
    Q_OBJECT

public:
    using Delivery = std::function<void()>;
    // Runs on the worker thread; what it returns is called on the owner's thread, unless cancelled or replaced before.
    using Work = std::function<Delivery(Monitor&)>;

    explicit Job(QObject* parent = nullptr);
    ~Job() override;

    // From the next start on: runs only when nothing else wants the processor.
    void setIdlePriority() { m_pool.setThreadPriority(QThread::IdlePriority); }

    void start(Work work);
    // Of the running work, with its own monitor: something to deliver before it is done, unless cancelled or replaced until
    // then. On the owner's thread, in the order in which it was told.
    void deliver(Monitor& monitor, Delivery step);
    void cancel();
    bool isRunning() const { return m_current != nullptr; }

signals:
    void started();
    void progressed(double fraction, const QString& what);  // at most twenty times a second
    void finished();                                        // after the delivery
    void failed(const QString& message, const std::exception_ptr& error);
    void cancelled();

private:
    class Ticket;

    void conclude(const std::shared_ptr<Ticket>& ticket, const std::function<void()>& step);
    void execute(const std::shared_ptr<Ticket>& ticket, const Work& work);

    QThreadPool m_pool;
    std::shared_ptr<Ticket> m_current;
};

}  // namespace ketscope
