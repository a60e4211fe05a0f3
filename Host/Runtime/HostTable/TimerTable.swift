internal import CPluginAPI

/// `dsotp.timer/1`.
enum TimerTable {
    static var table: dsotp_timer {
        dsotp_timer(
            size: UInt32(MemoryLayout<dsotp_timer>.size), reserved: 0,
            set: { host, timer, first, period, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard period >= 0 else { throw .invalid("timer: the period is negative (expected 0 or more; got \(period) ns)") }
                    if let remote = context.remote { return try remote.host.setTimer(timer, first: first, period: period) }
                    let clock = context.bridges.clock
                    let (wait, underflows) = first.subtractingReportingOverflow(clock.now())
                    let (due, overflows) = clock.monotonic().addingReportingOverflow(underflows ? 0 : max(0, wait))
                    guard context.timers.set(timer, first: overflows ? .max : due, period: period) else {
                        throw ServiceFault(
                            status: dsotp_status(DSOTP_LIMIT_REACHED),
                            sentence: "timer: \(TimerSet.limit) timers are set already: cancel one first")
                    }
                    context.signal.wake()
                }
            },
            cancel: { host, timer in
                _ = HostCall.run(host, nil) { context throws(ServiceFault) in
                    if let remote = context.remote { return remote.host.cancelTimer(timer) }
                    context.timers.cancel(timer)
                }
            })
    }
}
