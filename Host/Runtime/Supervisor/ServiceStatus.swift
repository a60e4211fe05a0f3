/// Everything that is to be known about a service at a moment.
public struct ServiceStatus: Sendable {
    public let service: String
    public let description: String
    public let state: ServiceState
    /// Why, in one sentence; empty if there is nothing to say.
    public let detail: String
    /// Since when, nanoseconds since 1970-01-01T00:00:00Z.
    public let since: Int64
    /// Whether it is to run: as a person decided, else as the manifest says.
    public let isEnabled: Bool
    /// How it runs, which may be another way than the manifest says: then `isolationDetail` says why.
    public let isolation: ServiceManifest.Isolation
    public let isolationDetail: String
    /// The library as the manifest names it.
    public let library: String
    /// What was loaded; `nil` before and if it was refused.
    public let module: Module?
    public let subscriptions: [ServiceSubscription]
    /// Filters of topics that it may publish to.
    public let publish: [String]
    /// `database.measurement`.
    public let reads: [String]
    /// `database.measurement`.
    public let writes: [String]
    public let labels: [(key: String, value: String)]
    public let counters: Counters
    public let queue: Queue
    /// Starts after the first.
    public let restarts: Int
    /// Where its manifest is.
    public let manifest: ManifestPlace
    public let revision: Revision
    /// On how many hosts it runs at a time.
    public let replicas: ServiceManifest.Replicas
    /// The lease that it runs under; `nil` if it needs none.
    public let holding: LeaseHolding?

    /// Which revision runs, and which would.
    public struct Revision: Sendable {
        /// `sha256:…` of the library that runs, if it is known.
        public let digest: String?
        /// Why the latest change of the manifest or the library is not made while the one before runs on; empty if none is pending.
        public let pendingRefusal: String
        /// Whether it was rolled back: the files of the site say something else.
        public let isRolledBack: Bool
        /// What a roll-back leads to, or `nil`.
        public let previous: RevisionNote?
        /// Whether another revision runs in its shadow.
        public let hasShadow: Bool
    }

    /// A loaded library.
    public struct Module: Hashable, Sendable {
        public let path: String
        public let identifier: String
        public let version: String
        public let summary: String
        public let abi: String
    }

    /// Counted since the host began, over all starts.
    public struct Counters: Hashable, Sendable {
        /// Messages taken into the mailbox.
        public var received: UInt64 = 0
        /// Messages that the service took with success.
        public var processed: UInt64 = 0
        /// Messages lost at a full mailbox, or left over when the service was stopped.
        public var dropped: UInt64 = 0
        /// Calls that the manifest does not permit.
        public var refused: UInt64 = 0
        /// Callbacks that returned an error.
        public var errors: UInt64 = 0
        /// Messages published.
        public var published: UInt64 = 0
        /// Points written.
        public var points: UInt64 = 0
        /// Requests answered.
        public var requests: UInt64 = 0
        /// Messages put on the disk because the mailbox was full.
        public var spilled: UInt64 = 0
        /// Messages that waited on the disk when the service ended, and were delivered after.
        public var replayed: UInt64 = 0
    }

    /// The mailbox.
    public struct Queue: Hashable, Sendable {
        public let messages: Int
        public let bytes: Int
        public let capacityMessages: Int
        public let capacityBytes: Int
        public let overflow: QueueLimits.Overflow
        /// Messages that wait on the disk, behind those in the mailbox.
        public let spilledMessages: Int
        /// Bytes of the files that they are in.
        public let spilledBytes: Int
        /// Bytes that those may take; 0 where nothing is spilled.
        public let capacitySpill: Int
    }
}
