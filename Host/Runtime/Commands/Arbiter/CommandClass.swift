/// Priority classes of commands, the lowest first.
public enum CommandClass: String, CaseIterable, Comparable, Sendable {
    case optimisation, balancing, flisr
    case operator_ = "operator"
    case protection

    /// As the ABI has it: DSOTP_COMMAND_CLASS_….
    var number: UInt32 {
        switch self {
        case .optimisation: 1
        case .balancing: 2
        case .flisr: 3
        case .operator_: 4
        case .protection: 5
        }
    }

    init?(number: UInt32) {
        guard let found = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = found
    }

    public static func < (left: CommandClass, right: CommandClass) -> Bool { left.number < right.number }
}

/// What becomes of a command.
public enum CommandOutcome: String, CaseIterable, Sendable {
    case accepted, dispatched, confirmed
    case notConfirmed = "not-confirmed"
    case superseded, expired, refused, cancelled, failed
    case dryRun = "dry-run"

    /// As the ABI has it: DSOTP_COMMAND_….
    var number: UInt32 {
        switch self {
        case .accepted: 1
        case .dispatched: 2
        case .confirmed: 3
        case .notConfirmed: 4
        case .superseded: 5
        case .expired: 6
        case .refused: 7
        case .cancelled: 8
        case .failed: 9
        case .dryRun: 10
        }
    }
}

/// Who commands.
public enum CommandSource: Hashable, Sendable, CustomStringConvertible {
    case service(String)
    case user(String)

    /// The name of the service or the user.
    public var name: String {
        switch self {
        case .service(let name), .user(let name): name
        }
    }

    /// For sentences: `the service 'balancing'`, `the operator ada`.
    public var description: String {
        switch self {
        case .service(let name): "the service '\(name)'"
        case .user(let name): "the operator \(name)"
        }
    }
}
