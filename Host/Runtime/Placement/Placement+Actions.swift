internal import Logging
internal import Synchronization

/// What a lease asks for.
extension Placement {
    func perform(_ action: LeaseAction, _ name: String) {
        switch action {
        case .probe(let number):
            guard let watch else { return }
            let (topic, payload) = (topics.probes(run), Array("\(name) \(number)".utf8))
            Task { try? await watch.publish(topic: topic, payload: payload, isRetained: false) }
        case .openSession: open(name)
        case .closeSession: close(name)
        case .publish(let heartbeat): publish(heartbeat, name)
        case .fence(let until): for service in groups[name]?.members ?? [] { service.fence.set(openUntil: until) }
        case .begin(let term): begin(name, term)
        case .end(let reason): end(name, reason)
        }
    }

    private func open(_ name: String) {
        groups[name]?.generation += 1
        guard let generation = groups[name]?.generation else { return }
        let (broker, post, client) = (broker, post, topics.session(name))
        let silence = Duration.nanoseconds(rules.ttl / 2)
        Task { [logger] in
            do {
                let connection = try await broker.connect(
                    client: client, silence: silence, onMessage: { _ in },
                    onClose: { post.yield(.lost(lease: name, generation: generation)) })
                post.yield(.opened(lease: name, generation: generation, connection))
            } catch {
                logger.debug("the session of lease '\(name)' can't be opened: \(error)")
                post.yield(.opened(lease: name, generation: generation, nil))
            }
        }
    }

    private func close(_ name: String) {
        groups[name]?.generation += 1
        guard let session = groups[name]?.session else { return }
        groups[name]?.session = nil
        let last = groups[name]?.publication
        Task {
            // What was just published may leave before; on a dead connection nothing does, and it is closed all the same.
            let patience = Task { try? await Task.sleep(for: .milliseconds(200)) }
            Task {
                await last?.value
                patience.cancel()
            }
            await patience.value
            await session.disconnect()
        }
    }

    private func publish(_ heartbeat: LeaseHeartbeat, _ name: String) {
        guard let group = groups[name], let session = group.session else { return }
        let (topic, post, generation, last) = (topics.lease(name), post, group.generation, group.publication)
        groups[name]?.publication = Task {
            await last?.value
            guard (try? await session.publish(topic: topic, payload: Array(heartbeat.json.utf8), isRetained: true)) != nil else { return }
            post.yield(.acknowledged(lease: name, generation: generation, sequence: heartbeat.sequence))
        }
    }

    private func begin(_ name: String, _ term: UInt64) {
        logger.notice("lease '\(name)' is held in term \(term): its services start here")
        figures.withLock { $0.terms += 1 }
        order(name, .held) { [supervisor] service in await supervisor.takeUp(service) }
    }

    private func end(_ name: String, _ reason: LeaseEnd) {
        let sentence: String
        switch reason {
        case .released:
            logger.notice("lease '\(name)' is given back")
            sentence = "this host gave its lease back"
        case .lapsed:
            logger.error("lease '\(name)' has lapsed: the broker acknowledged nothing for too long; its services end here")
            figures.withLock { $0.lapses += 1 }
            sentence = "its lease lapsed: the broker acknowledged nothing for too long"
        case .superseded(let host):
            logger.error("lease '\(name)' is held by host '\(host)' too: its services end here")
            sentence = "host '\(host)' holds its lease"
        }
        let (post, drains) = (post, reason == .released)
        order(name, .standby(sentence)) { [supervisor] service in
            await supervisor.giveUp(service, sentence, drains: drains)
        } finally: {
            post.yield(.ended(lease: name))
        }
    }

    /// Gives the services of a lease another standing and an order, after the orders before.
    private func order(
        _ name: String, _ standing: HostStanding, _ body: @escaping @Sendable (SupervisedService) async -> Void,
        finally: @escaping @Sendable () -> Void = {}
    ) {
        guard let group = groups[name] else { return }
        for service in group.members { service.content.withLock { $0.standing = standing } }
        let (members, last) = (group.members, group.work)
        groups[name]?.work = Task {
            await last?.value
            await withTaskGroup(of: Void.self) { tasks in
                for service in members { tasks.addTask { await body(service) } }
            }
            finally()
        }
    }
}
