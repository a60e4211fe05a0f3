import NIOCore

extension Broker {
    /// Begins to connect to the external broker of the options. Until then nothing comes from there, so that those can subscribe first for
    /// whom it has kept messages. Does nothing without a link.
    public func connectLink() async {
        let core = core
        try? await eventLoop.submit { core.value.link?.start() }.get()
    }

    /// The link to the external broker; nil where there is none, and after `shutdown`.
    public func linkStatus() async -> LinkStatus? {
        let core = core
        return try? await eventLoop.submit { core.value.link?.status }.get()
    }

    /// Waits until the external broker has acknowledged what was published, at most for some seconds.
    func drainLink(seconds: Double) async {
        let core = core
        let eventLoop = eventLoop
        let drained = eventLoop.makePromise(of: Void.self)
        eventLoop.execute {
            guard let link = core.value.link else { return drained.succeed(()) }
            link.drained().cascade(to: drained)
            eventLoop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) { drained.succeed(()) }
        }
        try? await drained.futureResult.get()
    }
}
