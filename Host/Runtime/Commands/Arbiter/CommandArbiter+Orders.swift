/// What services and operators order about commands that exist, and about devices.
extension CommandArbiter {
    /// Takes a command back; `nil` if there is none that has not ended, or it is another's.
    /// - Parameter source: whose it has to be; `nil` for an operator, who may cancel any.
    mutating func cancel(_ number: UInt64, of source: CommandSource?, by: CommandSource, now: Int64) -> Command? {
        guard var command = active[number], source == nil || command.source == source else { return nil }
        end(&command, .cancelled, "\(by) took it back", by: by.name, now: now)
        return command
    }

    /// Holds the device of a command for `hold` from now on; false if the command is another's or holds nothing.
    mutating func renew(_ number: UInt64, of source: CommandSource, hold: Int64, now: Int64) -> Bool {
        guard var command = active[number], command.source == source, command.stage == .holding else { return false }
        command.heldUntil = max(now.saturatingAdd(hold), command.confirmUntil ?? 0)
        keep(command)
        if !command.isDryRun { effects.append(.remember(device: command.device)) }
        return true
    }

    /// Blocks a device: what holds it and is not protection ends, what waits for it is refused. Blocked again by the same
    /// user it gets the new note.
    /// - Returns: the block of another user, which stays as it is; `nil` if there is none.
    mutating func lock(_ device: String, _ lock: DeviceLock, now: Int64) -> DeviceLock? {
        if let standing = slots[device]?.lock, standing.user != lock.user { return standing }
        slots[device, default: DeviceSlot()].lock = lock
        effects.append(.remember(device: device))
        let slot = slots[device] ?? DeviceSlot()
        for case let number? in [slot.holder, slot.dryHolder] {
            guard var command = active[number], command.commandClass != .protection else { continue }
            end(&command, .superseded, Self.locked(device, lock).sentence, by: lock.user, byClass: .operator_, promotes: false, now: now)
        }
        for number in slot.waiting {
            guard var command = active[number] else { continue }
            end(&command, .refused, Self.locked(device, lock).sentence, by: lock.user, byClass: .operator_, now: now)
        }
        return nil
    }

    /// What became of the wish to release a device.
    enum Unlocking: Sendable, Equatable {
        case released
        case wasFree
        /// It stays blocked.
        case isOf(DeviceLock)
    }

    /// Releases a device that the user blocked, or anybody if `mayOverride`.
    mutating func unlock(_ device: String, by user: String, mayOverride: Bool, now: Int64) -> Unlocking {
        guard let standing = slots[device]?.lock else { return .wasFree }
        guard standing.user == user || mayOverride else { return .isOf(standing) }
        slots[device]?.lock = nil
        effects.append(.remember(device: device))
        if slots[device]?.isIdle == true { slots[device] = nil } else { promote(device, now: now) }
        return .released
    }

    /// A source has ended: what it has not published is taken back, and unless `keepsHolds` its devices are free.
    mutating func release(_ source: CommandSource, keepsHolds: Bool, now: Int64) {
        let numbers = active.values.filter { $0.source == source && !(keepsHolds && $0.stage == .holding) }.map(\.number).sorted()
        // Those that are not published go first, so that none of them is given what the others leave.
        for isHolder in [false, true] {
            for number in numbers {
                guard var command = active[number], command.isHolder == isHolder else { continue }
                end(&command, .cancelled, "\(source) has ended", by: source.name, now: now)
            }
        }
    }
}
