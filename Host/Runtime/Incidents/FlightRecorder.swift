internal import Glibc
internal import Synchronization

/// A small file, mapped into memory, in which every service thread of this process notes the callback that it is inside of. When the
/// process ends without notice the kernel keeps what was noted, and the next start can tell who was at work.
final class FlightRecorder: @unchecked Sendable {
    // @unchecked: `memory` never changes and stays mapped for the life of the process; a slot is written by one thread.

    /// Who was inside a callback when the host ended.
    struct Trace: Sendable, Equatable {
        let service: String
        let callback: String
        /// Nanoseconds since 1970-01-01T00:00:00Z.
        let since: Int64
    }

    private static let magic: UInt64 = 0x3152_4650_544F_5344  // "DSOTPFR1"
    private static let slotBytes = 128
    private static let headerBytes = 64
    private let memory: UnsafeMutableRawPointer
    private let size: Int
    /// What the previous run of the host left, if it did not end in order.
    let traces: [Trace]
    /// The services that have a slot, in the order of the slots.
    private let names: Mutex<[String]>
    private let capacity: Int
    /// Slots for services that come while the host runs.
    private static let spareSlots = 64

    /// Opens the file `path`, reads what is there, and makes a slot for each service, and some for services to come.
    init(path: String, services: [String]) throws(HostFiles.Failure) {
        traces = Self.traces(in: (try? HostFiles.read(path)) ?? [])
        names = Mutex(services)
        capacity = services.count + Self.spareSlots
        size = Self.headerBytes + capacity * Self.slotBytes
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostFiles.Failure("can't open \(path)") }
        defer { Glibc.close(descriptor) }
        guard ftruncate(descriptor, size) == 0 else { throw HostFiles.Failure("can't size \(path)") }
        let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { throw HostFiles.Failure("can't map \(path)") }
        memory = mapped
        for (index, service) in services.enumerated() { write(service, at: index) }
        // Times are noted on the monotonic clock; this makes them times of day.
        memory.storeBytes(of: MachineClock.read(CLOCK_REALTIME) - MachineClock.monotonic(), toByteOffset: 8, as: Int64.self)
        memory.storeBytes(of: Self.magic, as: UInt64.self)
    }

    /// Says that the host ends in order: the next start has nothing to tell.
    func close() { memory.storeBytes(of: 0, as: UInt64.self) }

    /// The place of the service with the given index among those named at the beginning.
    func slot(_ index: Int) -> FlightSlot { FlightSlot(memory: memory + Self.headerBytes + index * Self.slotBytes + 64, recorder: self) }

    /// The place of a service, a spare one if it had none; `nil` if all are taken. Any thread may ask.
    func slot(for service: String) -> FlightSlot? {
        let index: Int? = names.withLock { names in
            if let known = names.firstIndex(of: service) { return known }
            guard names.count < capacity else { return nil }
            write(service, at: names.count)
            names.append(service)
            return names.count - 1
        }
        return index.map { slot($0) }
    }

    private func write(_ service: String, at index: Int) {
        let name = memory + Self.headerBytes + index * Self.slotBytes
        for (offset, byte) in service.utf8.prefix(63).enumerated() { name.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
    }

    private static func traces(in file: [UInt8]) -> [Trace] {
        file.withUnsafeBytes { file in
            guard file.count >= headerBytes, file.load(as: UInt64.self) == magic else { return [] }
            let offset = file.load(fromByteOffset: 8, as: Int64.self)
            return stride(from: headerBytes, through: file.count - slotBytes, by: slotBytes).compactMap { start in
                let since = file.load(fromByteOffset: start + 64, as: Int64.self)
                let callback = Callback(rawValue: file[start + 72]) ?? .none
                guard since != 0 else { return nil }
                let name = String(decoding: file[start..<start + 64].prefix { $0 != 0 }, as: UTF8.self)
                return Trace(service: name, callback: callback.word, since: since &+ offset)
            }
        }
    }
}

/// Where one service notes what it is inside of: two stores a callback.
struct FlightSlot: @unchecked Sendable {
    // @unchecked: one thread writes here, and nobody reads before the process has ended.
    fileprivate let memory: UnsafeMutableRawPointer
    /// Keeps the file mapped.
    fileprivate let recorder: FlightRecorder

    /// - Parameter since: monotonic ns.
    func enter(_ callback: Callback, since: Int64) {
        memory.storeBytes(of: callback.rawValue, toByteOffset: 8, as: UInt8.self)
        memory.storeBytes(of: since, as: Int64.self)
    }

    func leave() { memory.storeBytes(of: 0, as: Int64.self) }
}
