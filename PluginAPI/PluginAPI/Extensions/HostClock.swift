import CPluginAPI
import Glibc

/// `dsotp.clock/1`: the time a service should go by; virtual in tests and in replay. Any thread. Without the extension, the
/// machine's clocks.
public struct HostClock: Sendable {
    let table: HostTable<dsotp_clock>

    /// The time of day.
    public var now: Timestamp {
        guard let functions = table.functions else { return machineTime(CLOCK_REALTIME) }
        return Timestamp(nanoseconds: functions.pointee.now(table.host))
    }

    /// A clock that never goes back, from an arbitrary origin: for measuring durations.
    public var monotonic: Timestamp {
        guard let functions = table.functions else { return machineTime(CLOCK_MONOTONIC) }
        return Timestamp(nanoseconds: functions.pointee.monotonic(table.host))
    }

    private func machineTime(_ clock: clockid_t) -> Timestamp {
        var time = timespec()
        clock_gettime(clock, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
