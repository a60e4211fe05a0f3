/// A command in the arbiter's books.
struct Command: Sendable {
    /// Unique for ever in its site.
    let number: UInt64
    let request: CommandRequest
    /// When it came.
    let submitted: Int64
    let expires: Int64
    var stage = Stage.deciding
    /// Because of the site, the service or the command itself.
    var isDryRun: Bool
    /// When it was published, or would have been in a dry run; 0 before.
    var dispatched: Int64 = 0
    /// Until when it holds its device, 0 if it does not.
    var heldUntil: Int64 = 0
    /// Until when the device has to report; `nil` if nothing is (any more) expected.
    var confirmUntil: Int64?
    /// The JSON value that the device reported last.
    var reported = ""
    /// The latest of its outcomes, with its sentence and time.
    var outcome = CommandOutcome.accepted
    var sentence = ""
    var changed: Int64

    /// Where a command is on its way.
    enum Stage: String, Sendable {
        case deciding
        /// Before its time.
        case scheduled
        /// For its device.
        case waiting
        /// It has its device and is about to be published.
        case dispatching
        /// It is published and has its device.
        case holding
        case ended
    }

    var device: String { request.device }
    var source: CommandSource { request.source }
    var commandClass: CommandClass { request.commandClass }

    /// Whether it stands between others and its device.
    var isHolder: Bool { stage == .dispatching || stage == .holding }

    /// When time itself changes something about it.
    var due: Int64? {
        switch stage {
        case .scheduled: min(max(request.notBefore, submitted), expires)
        case .waiting: expires
        case .holding: confirmUntil.map { min($0, heldUntil) } ?? heldUntil
        case .deciding, .dispatching, .ended: nil
        }
    }
}

/// An operator's block of a device: for work on it, nobody but protection acts.
struct DeviceLock: Sendable, Equatable {
    let user: String
    let note: String
    /// Since when.
    let since: Int64
}

/// A device that somebody holds, waits for or blocked.
struct DeviceSlot: Sendable {
    var holder: UInt64?
    /// The holder among the dry runs, which stand in nobody's way but each other's.
    var dryHolder: UInt64?
    /// In the order in which they get it.
    var waiting: [UInt64] = []
    var lock: DeviceLock?
    /// Commands before their time.
    var scheduled = 0

    var isIdle: Bool { holder == nil && dryHolder == nil && waiting.isEmpty && lock == nil && scheduled == 0 }
}

/// Something that became of a command, to be told and recorded.
struct CommandEvent: Sendable {
    let number: UInt64
    let source: CommandSource
    let commandClass: CommandClass
    let device: String
    let topic: String
    let key: String
    let reason: String
    let isDryRun: Bool
    let outcome: CommandOutcome
    let isFinal: Bool
    /// The submitter has it as the answer to its call.
    let isAnswer: Bool
    let sentence: String
    /// Who superseded or cancelled it.
    var by = ""
    var byClass: CommandClass?
    let reported: String
    let time: Int64
    let until: Int64
}

/// What the arbiter wants done, in this order.
enum CommandEffect: Sendable {
    /// Publish it, if it then still has its device: ask ``CommandArbiter/beginDispatch(_:)``.
    case dispatch(UInt64)
    case tell(CommandEvent)
    /// No command expects a report on the topic any more, if that still holds.
    case stopWatching(topic: String)
    /// Holder or lock of the device changed: remember it.
    case remember(device: String)
    /// A person switched the dry run of the site: remember it.
    case rememberDryRun(Bool)
}

/// The first word on a command.
struct CommandDecision: Sendable {
    let number: UInt64
    let isAccepted: Bool
    var isRetryable = false
    let sentence: String
}
