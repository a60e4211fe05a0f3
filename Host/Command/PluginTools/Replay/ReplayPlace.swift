internal import Glibc

/// Where a replay stands, in memory that its parent sees too, so that a crash can be told with its place.
struct ReplayPlace {
    /// What the service is doing.
    enum Step: Int64, CaseIterable {
        case entry, configure, start, messages, timer, stop, done

        var words: String {
            switch self {
            case .entry: "in its entry"
            case .configure: "in configure"
            case .start: "in start"
            case .messages: "in on_messages"
            case .timer: "in on_timer"
            case .stop: "in drain or stop"
            case .done: "after the end"
            }
        }
    }

    /// Three numbers: the step, the batch, the time of the recording.
    private let memory: UnsafeMutablePointer<Int64>
    static let descriptor: Int32 = 197

    /// Memory to be shared with a child, and the descriptor by which it is found there.
    static func shared() -> (place: ReplayPlace, descriptor: Int32)? {
        var name = Array("/tmp/dsotp-replay-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        unlink(name)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard descriptor >= 0, ftruncate(descriptor, 4_096) == 0, let place = ReplayPlace(descriptor) else { return nil }
        return (place, descriptor)
    }

    /// The memory behind a descriptor; nil if there is none.
    init?(_ descriptor: Int32 = ReplayPlace.descriptor) {
        let memory = mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let memory, memory != MAP_FAILED else { return nil }
        self.memory = memory.assumingMemoryBound(to: Int64.self)
    }

    func enter(_ step: Step, batch: Int = 0, time: Int64 = 0) {
        memory[0] = step.rawValue
        memory[1] = Int64(batch)
        memory[2] = time
    }

    var isDone: Bool { memory[0] == Step.done.rawValue }

    /// For a sentence.
    var words: String {
        let step = Step(rawValue: memory[0]) ?? .entry
        guard step == .messages || step == .timer else { return step.words }
        return "\(step.words), \(step == .messages ? "with batch \(memory[1]) of" : "before") \(DecimalSeconds.text(nanoseconds: memory[2])) s of the recording"
    }
}
