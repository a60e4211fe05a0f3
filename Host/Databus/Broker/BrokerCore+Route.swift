import Logging

/// What became of a publication.
enum RouteOutcome {
    /// Everybody who was to get it has it or has it queued.
    case routed
    /// A local subscriber has no room; the publisher is held and offers it again later.
    case parked
    /// It must not be acknowledged: the named offline session cannot keep it. Nobody has got it.
    case refused(session: String)
}

extension BrokerCore {
    /// Hands one publication to everybody who subscribed.
    ///
    /// Remote receivers come first and are never held up; then local ones, each of which may make the publisher wait.
    /// Called again for the same publication after a wait, it goes on where it stopped.
    @inline(__always)
    func route(_ packet: PublishPacket, along route: Route, from publisher: Publisher) -> RouteOutcome {
        if publisher.parked == nil {
            if packet.qos > 0, let full = fullOfflineSession(along: route, from: publisher) { return .refused(session: full) }
            if packet.retain, publisher.isForMany { retain(packet, on: route) }
            if !route.remotes.isEmpty { deliver(packet, toRemotesOf: route, from: publisher) }
        }
        if route.locals.isEmpty {
            publisher.parked = nil
            return .routed
        }
        return offer(packet, toLocalsOf: route, from: publisher)
    }

    @inline(__always)
    private func deliver(_ packet: PublishPacket, toRemotesOf route: Route, from publisher: Publisher) {
        var shared: Message?
        for remote in route.remotes {
            let qos = min(packet.qos, remote.qos)
            if !remote.session.deliver(packet, qos: qos, retain: false, shared: &shared) { traffic.dropped &+= 1 }
            if qos > 0, remote.session.isFull, remote.session.connection != nil {
                if remote.session.waiting.isEmpty { remote.session.waitedForSince = sweep }
                publisher.wait(for: remote.session)
            }
        }
    }

    @inline(__always)
    private func offer(_ packet: PublishPacket, toLocalsOf route: Route, from publisher: Publisher) -> RouteOutcome {
        var index = 0
        while index < route.locals.count {
            let local = route.locals[index]
            index += 1
            guard publisher.reaches(local.session) else { continue }
            if let parked = publisher.parked, parked.delivered.contains(where: { $0 === local.session }) { continue }
            switch local.session.offer(packet, subscription: local.index, from: publisher) {
            case .accepted: break
            case .dropped: traffic.dropped &+= 1
            case .blocked:
                park(publisher, behind: route.locals[..<(index - 1)])
                local.session.keepWaiting(publisher)
                return .parked
            }
        }
        publisher.parked = nil
        return .routed
    }

    private func park(_ publisher: Publisher, behind served: ContiguousArray<Route.Local>.SubSequence) {
        var delivered = publisher.parked?.delivered ?? []
        for local in served where !delivered.contains(where: { $0 === local.session }) {
            delivered.append(local.session)
        }
        publisher.parked = Publisher.Parked(delivered: delivered)
    }

    /// Keeps the message as its topic's retained one, or removes that when the payload is empty.
    func retain(_ packet: PublishPacket, on route: Route) {
        if !packet.payload.isEmpty, retained.byteCount + packet.byteCount > options.maximumRetainedBytes {
            traffic.dropped &+= 1
            let topic = String(decoding: packet.topic, as: UTF8.self)
            logger.warning(
                "a retained message on '\(topic)' is not kept: \(retained.byteCount) bytes are retained already")
            return
        }
        retained.retain(packet)
        route.hasRetained = !packet.payload.isEmpty
    }

    /// Whether the route's topic has a retained message.
    func hasRetained(_ route: Route) -> Bool {
        if let known = route.hasRetained { return known }
        let found = route.topic.withUnsafeBytes { retained.message(on: $0) } != nil
        route.hasRetained = found
        return found
    }

    /// The name of an absent receiver that can keep nothing more; with `offlineOverflow` `endSession` such sessions are
    /// ended and nil is returned.
    @inline(__always)
    private func fullOfflineSession(along route: Route, from publisher: Publisher) -> String? {
        for remote in route.remotes where remote.qos > 0 && remote.session.connection == nil && remote.session.isFull {
            return overflow(remote.session, along: route, from: publisher)
        }
        for local in route.locals
        where local.session.isFullOffline && local.session.filters[local.index].qos > 0 && publisher.reaches(local.session) {
            return local.session.name
        }
        return nil
    }

    @inline(never)
    private func overflow(_ session: Session, along route: Route, from publisher: Publisher) -> String? {
        guard options.offlineOverflow == .endSession else { return session.clientIdentifier }
        logger.warning(
            "the offline session '\(session.clientIdentifier)' is ended: its queue of \(session.queued) is full"
        )
        remove(session)
        routes.refresh(route, in: tree)
        return fullOfflineSession(along: route, from: publisher)
    }

    /// Holds a local source until an absent receiver of the route has room.
    func wait(_ publisher: Publisher, forRoomAlong route: Route) {
        if let remote = route.remotes.first(where: { $0.session.connection == nil && $0.session.isFull }) {
            publisher.wait(for: remote.session)
        } else if let local = route.locals.first(where: { $0.session.isFullOffline && publisher.reaches($0.session) }) {
            local.session.keepWaiting(publisher)
        }
    }

    /// Publishes in the broker's own name: wills and `$SYS`.
    func publish(_ batch: PublicationBatch) {
        localSource(0).append(batch.arena, countsAgainstLimit: false)
    }

    func localSource(_ source: UInt32) -> LocalSource {
        if let known = localSources[source] { return known }
        let created = LocalSource(core: self)
        localSources[source] = created
        return created
    }
}
