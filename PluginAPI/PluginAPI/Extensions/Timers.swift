import CPluginAPI

/// `dsotp.timer/1`: timers on the service's own thread, on the time of ``HostClock``. Any thread.
public struct Timers: Sendable {
    let table: HostTable<dsotp_timer>

    /// Sets timer `timer` (a number of the service's choice) to call ``Service/timer(_:at:)`` at `first`, then every `period`, or
    /// once if that is zero. Set again, it replaces the former setting. Missed periods are not made up. All end with `stop`.
    public func set(_ timer: UInt64, first: Timestamp, every period: Duration = .zero) throws(ServiceError) {
        let functions = try table.required()
        try ServiceError.check { error in
            functions.set(table.host, timer, first.nanoseconds, period.nanoseconds, error)
        }
    }

    /// Ends a timer; one that isn't set is ignored.
    public func cancel(_ timer: UInt64) {
        guard let functions = table.functions else { return }
        functions.pointee.cancel(table.host, timer)
    }
}
