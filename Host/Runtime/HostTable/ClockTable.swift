internal import CPluginAPI

/// `dsotp.clock/1`.
enum ClockTable {
    static var table: dsotp_clock {
        dsotp_clock(
            size: UInt32(MemoryLayout<dsotp_clock>.size), reserved: 0,
            now: { host in HostCall.context(of: host)?.bridges.clock.now() ?? 0 },
            monotonic: { host in HostCall.context(of: host)?.bridges.clock.monotonic() ?? 0 })
    }
}
