internal import Glibc

/// What is remembered of a device.
struct KeptDevice: Sendable {
    var holder: Command?
    var lock: DeviceLock?

    init(holder: Command?, lock: DeviceLock?) {
        self.holder = holder
        self.lock = lock
    }

    init(_ arbiter: CommandArbiter, _ device: String) {
        let slot = arbiter.slots[device]
        holder = slot?.holder.flatMap { arbiter.active[$0] }
        lock = slot?.lock
    }

    var isEmpty: Bool { holder == nil && lock == nil }
}

/// What is remembered over an end of the host.
struct CommandMemory: Sendable {
    var devices: [String: KeptDevice] = [:]
    /// As a person decided; nil if nobody did.
    var isDryRun: Bool?
    /// The largest number of a command among them.
    var lastNumber: Int64 = 0
    /// The numbers of the lines in which a write was cut off.
    var cutLines: [Int] = []
}

/// A file of JSON lines: for each device what holds and blocks it, the last line of a device counting. It is written anew when most of
/// its lines no longer count, and after a write that failed: that may have left a part of a line, which the next one must not follow.
final class CommandJournal: @unchecked Sendable {
    // @unchecked: after `init` the desk's thread alone uses it.

    /// Appends bytes to an open file; the path is for the sentence.
    typealias Write = ([UInt8], Int32, String) throws(HostFiles.Failure) -> Void

    let path: String
    private let write: Write
    private var file: Int32 = -1
    private var memory: CommandMemory
    private var lines = 0
    /// The file does not end with what is in the memory, and perhaps within a line.
    private var isTorn = false
    /// When it is tried again to make that good, monotonic ns.
    private var nextMend: Int64 = 0

    /// What was remembered when it was opened.
    let opened: CommandMemory

    init(path: String, write: @escaping Write = HostFiles.write) throws(HostFiles.Failure) {
        self.path = path
        self.write = write
        memory = try Self.read(path)
        opened = memory
        try rewrite()
    }

    deinit { if file >= 0 { close(file) } }

    /// Adds what devices are held and blocked now; on the disk when this returns, if it is to be durable. What can't be written comes
    /// with the next one, or with ``mend(now:)``.
    func append(_ devices: [(String, KeptDevice)], isDryRun: Bool?, isDurable: Bool) throws(HostFiles.Failure) {
        var text = ""
        for (device, kept) in devices {
            memory.devices[device] = kept.isEmpty ? nil : kept
            text += CommandLine.text(device, kept) + "\n"
        }
        if let isDryRun {
            memory.isDryRun = isDryRun
            text += CommandLine.text(isDryRun: isDryRun) + "\n"
        }
        lines += devices.count + 1
        if isTorn || lines > 4 * memory.devices.count + 10_000 { return try rewrite() }
        isTorn = true
        try write(Array(text.utf8), file, path)
        if isDurable, fdatasync(file) != 0 { throw HostFiles.Failure("can't write \(path) to the disk") }
        isTorn = false
    }

    /// Tries again to write what could not be written, at most once a second.
    /// - Parameter now: monotonic, ns.
    /// - Returns: whether there was something, and it is on the disk now.
    func mend(now: Int64) -> Bool {
        guard isTorn, now >= nextMend else { return false }
        nextMend = now + 1_000_000_000
        // Why it can't be written was told when it was asked for.
        do { try rewrite() } catch { return false }
        return true
    }

    /// Replaces the file by one with the lines that count.
    private func rewrite() throws(HostFiles.Failure) {
        isTorn = true
        var text = memory.isDryRun.map { CommandLine.text(isDryRun: $0) + "\n" } ?? ""
        for (device, kept) in memory.devices { text += CommandLine.text(device, kept) + "\n" }
        try HostFiles.replace(path, with: Array(text.utf8))
        let fresh = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard fresh >= 0 else { throw HostFiles.Failure("can't open \(path)") }
        if file >= 0 { close(file) }
        file = fresh
        lines = memory.devices.count + 1
        isTorn = false
    }

    /// Reads the file; one that is not there is empty. A write that was cut off, at the end or with the next one right behind it, is left
    /// out: nobody was told that it is on the disk.
    static func read(_ path: String) throws(HostFiles.Failure) -> CommandMemory {
        var memory = CommandMemory()
        guard HostFiles.isFile(path) else { return memory }
        let content = try HostFiles.read(path, limit: 1 << 30)
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            if CommandLine.take(line, into: &memory) { continue }
            guard CommandLine.takeBehindCut(line, into: &memory) || index == lines.count - 1 else {
                throw HostFiles.Failure(
                    "\(path):\(index + 1) is malformed, and it says which devices are blocked (correct the line, or remove the file and block them "
                        + "again)", code: EBADMSG)
            }
            memory.cutLines.append(index + 1)
        }
        return memory
    }
}

/// One line of the journal.
enum CommandLine {
    static func text(isDryRun: Bool) -> String { ConfigValue.object([.init(key: "dry_run", value: .boolean(isDryRun))]).json }

    static func text(_ device: String, _ kept: KeptDevice) -> String {
        ConfigValue.object([
            .init(key: "device", value: .text(device)), .init(key: "holder", value: kept.holder.map(value) ?? .null),
            .init(key: "lock", value: kept.lock.map(value) ?? .null),
        ]).json
    }

    private static func value(_ lock: DeviceLock) -> ConfigValue {
        .object([
            .init(key: "user", value: .text(lock.user)), .init(key: "note", value: .text(lock.note)),
            .init(key: "since", value: .integer(lock.since)),
        ])
    }

    private static func value(_ command: Command) -> ConfigValue {
        var isUser = false
        if case .user = command.source { isUser = true }
        return .object([
            .init(key: "number", value: .integer(Int64(clamping: command.number))),
            .init(key: isUser ? "user" : "service", value: .text(command.source.name)),
            .init(key: "class", value: .text(command.commandClass.rawValue)), .init(key: "topic", value: .text(command.request.topic)),
            .init(key: "payload", value: .text(CommandMessage.payload(of: command))), .init(key: "key", value: .text(command.request.key)),
            .init(key: "reason", value: .text(command.request.reason)), .init(key: "submitted", value: .integer(command.submitted)),
            .init(key: "dispatched", value: .integer(command.dispatched)), .init(key: "held_until", value: .integer(command.heldUntil)),
            .init(key: "hold", value: .integer(command.request.hold)),
            .init(key: "outcome", value: .text(command.outcome.rawValue)),
            .init(key: "confirmation", value: command.request.confirmation.map { .text($0.topic) } ?? .null),
        ])
    }

    /// Takes a line into the memory; false if it is malformed.
    static func take(_ line: ArraySlice<UInt8>, into memory: inout CommandMemory) -> Bool {
        guard let parsed = try? JSONReader.parse(Array(line)) else { return false }
        return take(parsed, into: &memory)
    }

    /// Takes the whole entry that stands in a line behind a part of another; false if there is none. No text within an entry looks like
    /// the beginning of one, since its quotation marks are escaped.
    static func takeBehindCut(_ line: ArraySlice<UInt8>, into memory: inout CommandMemory) -> Bool {
        line.indices.dropFirst().contains { start in
            let rest = line[start...]
            return beginnings.contains { rest.starts(with: $0.utf8) } && take(rest, into: &memory)
        }
    }

    private static let beginnings = [#"{"device":"#, #"{"dry_run":"#]

    private static func take(_ line: ConfigValue, into memory: inout CommandMemory) -> Bool {
        if case .boolean(let isDryRun)? = line["dry_run"] {
            memory.isDryRun = isDryRun
            return true
        }
        guard let device = line.text("device") else { return false }
        var kept = KeptDevice(holder: nil, lock: nil)
        if let value = line["lock"], value != .null {
            guard let user = value.text("user"), let note = value.text("note"), let since = value.integer("since") else { return false }
            kept.lock = DeviceLock(user: user, note: note, since: since)
        }
        if let value = line["holder"], value != .null {
            guard let command = command(value, device) else { return false }
            kept.holder = command
            memory.lastNumber = max(memory.lastNumber, Int64(clamping: command.number))
        }
        memory.devices[device] = kept.isEmpty ? nil : kept
        return true
    }

    private static func command(_ value: ConfigValue, _ device: String) -> Command? {
        let source: CommandSource? = value.text("service").map { .service($0) } ?? value.text("user").map { .user($0) }
        guard let source, let number = value.integer("number"), number > 0, let topic = value.text("topic"),
            let commandClass = value.text("class").flatMap(CommandClass.init), let payload = value.text("payload"),
            let submitted = value.integer("submitted"), let dispatched = value.integer("dispatched"),
            let heldUntil = value.integer("held_until"), let hold = value.integer("hold"),
            let outcome = value.text("outcome").flatMap(CommandOutcome.init)
        else { return nil }
        var request = CommandRequest(source: source, commandClass: commandClass, device: device, topic: topic, content: .json(payload))
        request.key = value.text("key") ?? ""
        request.reason = value.text("reason") ?? ""
        request.hold = hold
        if let reports = value.text("confirmation") { request.confirmation = CommandConfirmation(topic: reports, field: "", expected: .identifier, within: 0) }
        var command = Command(number: UInt64(number), request: request, submitted: submitted, expires: heldUntil, isDryRun: false, changed: submitted)
        command.stage = dispatched > 0 ? .holding : .dispatching
        command.dispatched = dispatched
        command.heldUntil = heldUntil
        command.outcome = outcome
        return command
    }
}

extension ConfigValue {
    /// The text of a member, or `nil`.
    func text(_ key: String) -> String? {
        if case .text(let text)? = self[key] { return text }
        return nil
    }

    /// The whole number of a member, or `nil`.
    func integer(_ key: String) -> Int64? {
        if case .integer(let value)? = self[key] { return value }
        return nil
    }
}
