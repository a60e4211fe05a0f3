import CPluginAPI
import PluginAPI

/// The virtual clock; its monotonic origin is the epoch.
let clockTable = dsotp_clock(
    size: UInt32(MemoryLayout<dsotp_clock>.size), reserved: 0,
    now: { host in MemoryHost.quietly(host, .clock, "now")?.withState { $0.now.nanoseconds } ?? 0 },
    monotonic: { host in MemoryHost.quietly(host, .clock, "monotonic")?.withState { $0.now.nanoseconds } ?? 0 })

let timerTable = dsotp_timer(
    size: UInt32(MemoryLayout<dsotp_timer>.size), reserved: 0,
    set: { host, timer, first, period, error in
        hostCall(host, error, .timer, "set") { host throws(ServiceError) in
            guard period >= 0 else { throw .invalidArgument("timer \(timer) is set with the negative period \(period) ns") }
            let isFull = host.withState { state in
                if state.timers[timer] == nil, state.timers.count >= 1024 { return true }
                state.timers[timer] = HostTimer(next: Timestamp(nanoseconds: first), period: period)
                return false
            }
            if isFull { throw .limitReached("the service has 1024 timers already") }
        }
    },
    cancel: { host, timer in
        guard let host = MemoryHost.quietly(host, .timer, "cancel") else { return }
        host.withState { $0.timers[timer] = nil }
    })
