import Glibc
import PluginAPI
import Synchronization

/// The site's time: the machine's, unless the host says on `$SYS/dsotp/clock` that it goes another way.
final class FieldClock: Sendable {
    static let topic = "$SYS/dsotp/clock"

    /// The site's time is `site` when the machine's is `machine`, and then goes `speed` times as fast; nanoseconds since 1970.
    struct Mapping: Equatable {
        var site: Int64
        var machine: Int64
        var speed: Double
    }

    private let mapping: Mutex<Mapping>
    private let told = Atomic(false)

    /// - Parameters:
    ///   - begin: the site's time at first; nil is the machine's.
    ///   - speed: until the host says otherwise.
    init(begin: Timestamp?, speed: Double) {
        let machine = Self.machineNanoseconds()
        mapping = Mutex(Mapping(site: begin?.nanoseconds ?? machine, machine: machine, speed: speed))
    }

    /// Whether the host has told its clock.
    var isTold: Bool { told.load(ordering: .acquiring) }

    var speed: Double { mapping.withLock(\.speed) }

    /// Seconds since 1970.
    var now: Double {
        let mapping = mapping.withLock(\.self)
        return (Double(mapping.site) + Double(Self.machineNanoseconds() - mapping.machine) * mapping.speed) / 1e9
    }

    /// Takes `{"time", "at", "speed"}`; what is not of this form is left.
    /// - Returns: whether the time goes another way than before.
    @discardableResult
    func take(_ payload: [UInt8]) -> Bool {
        guard let value = payload.withUnsafeBytes({ try? JSONValue($0) }), let site = Self.time(value["time"]), let machine = Self.time(value["at"]),
            let speed = value["speed"]?.number, speed > 0
        else { return false }
        let new = Mapping(site: site, machine: machine, speed: speed)
        defer { told.store(true, ordering: .releasing) }
        return mapping.withLock { mapping in
            defer { mapping = new }
            return mapping != new
        }
    }

    private static func time(_ value: JSONValue?) -> Int64? {
        guard let text = value?.text else { return nil }
        return Array(text.utf8).withUnsafeBytes { Timestamp(iso8601: $0, offsetIfMissing: 0) }?.nanoseconds
    }

    private static func machineNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
