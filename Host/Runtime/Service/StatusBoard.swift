internal import Synchronization

/// The state of one service, for everybody to read; tells the observer of each change in the order of the changes.
final class StatusBoard: Sendable {
    private struct Content {
        var state = ServiceState.discovered
        var detail = ""
        var since: Int64
        /// Why a running service is degraded, each reason by its kind.
        var complaints: [Complaint: String] = [:]
    }

    /// Kinds of reasons for being degraded.
    enum Complaint: Int, CaseIterable {
        /// A callback overstays its deadline.
        case overstay
        /// The service can't process a batch for now and gets it again.
        case retrying
        /// The store can't make its points durable for now.
        case storing
        /// What does not fit into its mailbox can't be put on the disk for now.
        case spilling
        /// The service says so itself.
        case health
    }

    private let service: String
    private let clock: any ServiceClock
    private let observer: @Sendable (ServiceStateChange) -> Void
    private let content: Mutex<Content>

    init(service: String, clock: any ServiceClock, observer: @escaping @Sendable (ServiceStateChange) -> Void) {
        self.service = service
        self.clock = clock
        self.observer = observer
        content = Mutex(Content(since: clock.now()))
    }

    var current: (state: ServiceState, detail: String, since: Int64) {
        content.withLock { ($0.state, $0.detail, $0.since) }
    }

    func move(to state: ServiceState, _ detail: String = "") {
        change { content in
            content.complaints.removeAll()
            content.state = state
            content.detail = detail
        }
    }

    /// Moves a running service to degraded, or back when the last complaint is withdrawn (`nil`). A service that starts or drains
    /// keeps its state and shows the complaint.
    func complain(_ complaint: Complaint, _ sentence: String?) {
        change { content in
            guard [.running, .degraded, .verified, .configured, .starting, .draining].contains(content.state) else { return }
            guard content.complaints[complaint] != sentence else { return }
            content.complaints[complaint] = sentence
            let sentences = Complaint.allCases.compactMap { content.complaints[$0] }
            if content.state == .running || content.state == .degraded { content.state = sentences.isEmpty ? .running : .degraded }
            content.detail = sentences.joined(separator: "; ")
        }
    }

    /// The observer is called with the lock held so that changes reach it in their order; it must be quick and must not ask back.
    private func change(_ body: (inout Content) -> Void) {
        content.withLock { content in
            let (state, detail) = (content.state, content.detail)
            body(&content)
            guard content.state != state || content.detail != detail else { return }
            if content.state != state { content.since = clock.now() }
            observer(ServiceStateChange(service: service, state: content.state, detail: content.detail, since: content.since))
        }
    }
}
