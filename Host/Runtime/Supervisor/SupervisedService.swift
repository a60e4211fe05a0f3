internal import Logging
internal import Synchronization
internal import Topics

/// A service of the site over all its starts and all its manifests.
final class SupervisedService: Sendable {
    let name: String
    let board: StatusBoard
    let counters = ServiceCounters()
    let metrics: ServiceMetrics
    let log: ServiceLog
    let aftercare: Aftercare
    /// What the service sends out passes here, for a shadow to be compared with.
    let tap = OutputTap()
    /// What it sends out passes here too, and goes nowhere once its lease has lapsed.
    let fence = LeaseFence()

    struct Content {
        /// What it runs by; another may take its place while the host runs.
        var manifest: ServiceManifest
        /// Why it runs in a process of its own although its manifest says otherwise, if it does.
        var relocation: Relocations.Relocation?
        var isEnabled: Bool
        /// Its manifest is gone: it takes no orders any more.
        var isRemoved = false
        var module: ServiceStatus.Module?
        /// The instance that runs.
        var worker: ServiceWorker?
        /// The library that it was made of.
        var library: PreparedLibrary?
        /// The versions of a state that it loads; it saves the last.
        var stateVersions: ClosedRange<UInt32>?
        /// An instance that did not end in time and keeps its thread.
        var abandoned: ServiceWorker?
        /// Why the latest change of its manifest or library is not made; empty if there is nothing to say.
        var pendingRefusal = ""
        /// The library's file where it is not the one that the manifest leads to: after a roll-back.
        var pinnedLibrary: String?
        /// What the service ran by before; a roll-back leads there.
        var previous: RevisionNote?
        /// The manifest and library on the disk that were last looked at.
        var sight: Sight?
        /// A revision that runs beside it, unheard.
        var shadow: ShadowRun?
        /// Whether it is this host's to run it.
        var standing = HostStanding.free
        /// Who holds its lease, as far as this host knows; `nil` where there is none.
        var holding: LeaseHolding?
        var starts = 0
        /// Failed attempts in a row.
        var attempts = 0
    }
    let content: Mutex<Content>

    init(manifest: ServiceManifest, isEnabled: Bool, board: StatusBoard, metrics: ServiceMetrics, log: ServiceLog, aftercare: Aftercare) {
        self.aftercare = aftercare
        name = manifest.service
        self.board = board
        self.metrics = metrics
        self.log = log
        content = Mutex(Content(manifest: manifest, isEnabled: isEnabled))
    }

    /// What it runs by, with the isolation that is in force.
    var manifest: ServiceManifest { content.withLock { $0.manifestInForce } }

    var isRemoved: Bool { content.withLock { $0.isRemoved } }

    var worker: ServiceWorker? { content.withLock { $0.worker } }

    var status: ServiceStatus {
        let (state, detail, since) = board.current
        let present = content.withLock { $0 }
        let (manifest, isEnabled, module, worker, starts) = (
            present.manifestInForce, present.isEnabled, present.module, present.worker, present.starts
        )
        let spill = worker?.mailbox.spill?.extent ?? (bytes: 0, messages: 0)
        return ServiceStatus(
            service: manifest.service, description: manifest.description, state: state, detail: detail, since: since, isEnabled: isEnabled,
            isolation: manifest.isolation, isolationDetail: content.withLock { $0.relocation?.sentence } ?? "", library: manifest.library, module: module, subscriptions: manifest.subscriptions,
            publish: manifest.publish.map(\.description), reads: manifest.timeSeries.read.map(\.description),
            writes: manifest.timeSeries.write.map(\.description), labels: manifest.labels, counters: counters.values,
            queue: ServiceStatus.Queue(
                messages: worker?.mailbox.depth ?? 0, bytes: worker?.mailbox.depthBytes ?? 0, capacityMessages: manifest.queue.messages,
                capacityBytes: manifest.queue.bytes, overflow: manifest.queue.overflow, spilledMessages: spill.messages, spilledBytes: spill.bytes,
                capacitySpill: manifest.queue.overflow == .spill ? manifest.queue.spill : 0),
            restarts: max(0, starts - 1) + (worker?.revivalCount ?? 0), manifest: manifest.place,
            revision: ServiceStatus.Revision(
                digest: present.library?.admitted.digest, pendingRefusal: present.pendingRefusal, isRolledBack: present.pinnedLibrary != nil,
                previous: present.previous, hasShadow: present.shadow != nil), replicas: manifest.replicas, holding: present.holding)
    }
}

extension ServiceCounters {
    var values: ServiceStatus.Counters {
        ServiceStatus.Counters(
            received: received.load(ordering: .relaxed), processed: processed.load(ordering: .relaxed),
            dropped: dropped.load(ordering: .relaxed), refused: refused.load(ordering: .relaxed), errors: errors.load(ordering: .relaxed),
            published: published.load(ordering: .relaxed), points: points.load(ordering: .relaxed),
            requests: requests.load(ordering: .relaxed), spilled: spilled.load(ordering: .relaxed),
            replayed: replayed.load(ordering: .relaxed))
    }
}

extension SupervisedService.Content {
    fileprivate var manifestInForce: ServiceManifest {
        guard relocation != nil else { return manifest }
        var manifest = manifest
        manifest.isolation = .process
        return manifest
    }
}
