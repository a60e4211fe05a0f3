import Logging
import NIOCore

/// What became of the session that a CONNECT asks for.
enum SessionOpening {
    /// `isPresent` when it existed before.
    case opened(Session, isPresent: Bool)
    case refused(ConnectReturnCode)
}

extension BrokerCore {
    /// A client connected.
    /// - Returns: nil when it must be turned away.
    func accept(remoteAddress: String) -> Connection? {
        guard !isStopping, !isQuiescing else { return nil }
        guard connections.count < options.maximumConnections else {
            logger.warning("a connection from \(remoteAddress) is refused: \(connections.count) are open, the limit")
            return nil
        }
        let connection = Connection(core: self, serial: makeSerial(), remoteAddress: remoteAddress)
        connections[connection.serial] = connection
        return connection
    }

    /// Asks the authority; its answer may come from any thread, when the connection may be gone.
    func authenticate(_ connection: Connection, packet: ConnectPacket) {
        let core = NIOLoopBound(self, eventLoop: eventLoop)
        let (serial, eventLoop) = (connection.serial, eventLoop)
        authority.authenticate(
            clientIdentifier: connection.clientIdentifier, user: packet.user, password: packet.password,
            remoteAddress: connection.remoteAddress
        ) { outcome in
            eventLoop.execute { core.value.connections[serial]?.authenticated(outcome, packet: packet) }
        }
    }

    /// The session of a client that has just been authenticated; an older connection of the same client is closed
    /// (MQTT 3.1.1, 3.1.4-2). What belongs to another user is not handed on, and a connection of another user stays.
    func openSession(for connection: Connection, isClean: Bool) -> SessionOpening {
        let identifier = connection.clientIdentifier
        if let present = sessions.session(of: identifier), let older = present.connection {
            guard present.user == connection.user else {
                logger.warning(
                    "user \(connection.user ?? "none") may not take over client '\(identifier)' of another user")
                return .refused(.identifierRejected)
            }
            older.close(.takenOver)
        }
        if let existing = sessions.session(of: identifier) {
            if !isClean, !existing.isClean, existing.user == connection.user {
                attach(connection, to: existing)
                return .opened(existing, isPresent: true)
            }
            remove(existing)
        }
        guard sessions.count < options.maximumSessions else {
            logger.warning("client '\(identifier)' is refused: \(sessions.count) sessions exist, the limit")
            return .refused(.serverUnavailable)
        }
        let session = Session(clientIdentifier: identifier, isClean: isClean, limits: options)
        sessions.insert(session)
        attach(connection, to: session)
        return .opened(session, isPresent: false)
    }

    private func attach(_ connection: Connection, to session: Session) {
        session.connection = connection
        session.user = connection.user
        logger.debug("client '\(session.clientIdentifier)' connected from \(connection.remoteAddress)")
    }

    /// Forgets a session and its subscriptions.
    func remove(_ session: Session) {
        for filter in session.subscriptions.keys {
            filter.withUnsafeBytes { tree.unsubscribe(session, filter: $0) }
        }
        session.subscriptions = [:]
        session.detach()
        sessions.remove(session)
    }

    /// A publisher's peer has gone while it was held back. What it had sent is still routed, unless too much of that
    /// piles up, which is a client that reconnects again and again while held.
    func mayLinger(_ connection: Connection, bytes: Int) -> Bool {
        guard lingeringBytes + bytes <= options.maximumLocalPublicationBytes else {
            logger.warning(
                "\(bytes) bytes sent by client '\(connection.clientIdentifier)' before it left are discarded: no room"
            )
            return false
        }
        lingeringBytes += bytes
        return true
    }

    /// A connection is over. Called once for each.
    func ended(_ connection: Connection, wasConnected: Bool, reason: CloseReason) {
        connections[connection.serial] = nil
        log(connection, reason)
        guard wasConnected, let session = connection.session else { return }
        connection.session = nil
        if session.connection === connection {
            if session.isClean { remove(session) } else { session.detach() }
        }
        if let will = connection.will, !reason.discardsWill { publish(will) }
        connection.will = nil
    }

    private func publish(_ will: Will) {
        var batch = PublicationBatch()
        do {
            try batch.append(topic: will.topic, payload: will.payload, qos: will.qos, retain: will.retain)
            publish(batch)
        } catch {
            logger.warning("a will is not published: \(error)")
        }
    }

    private func log(_ connection: Connection, _ reason: CloseReason) {
        let who = connection.clientIdentifier.isEmpty ? "a client" : "client '\(connection.clientIdentifier)'"
        let text: Logger.Message = "\(who) from \(connection.remoteAddress) is disconnected: \(reason)"
        switch reason {
        case .disconnect, .lost, .shutdown, .transport: logger.debug(text)
        case .takenOver, .keepAlive, .connectTimeout, .refused, .notStored: logger.info(text)
        case .violation, .offlineQueueFull, .slowReceiver: logger.warning(text)
        }
    }

    /// Every half second: who has been silent, who holds others up.
    func sweepConnections() {
        sweep &+= 1
        link?.sweep()
        sweepOwnSessions()
        // Nobody can show a sign of life who is not read.
        if isQuiescing { return }
        for connection in connections.values {
            if let reason = overdue(connection) {
                connection.close(reason)
            } else {
                connection.trim()
            }
        }
    }

    private func overdue(_ connection: Connection) -> CloseReason? {
        let silentSeconds = (Double(sweep &- connection.lastActiveSweep) - 1) / 2
        switch connection.state {
        case .awaitingConnect:
            return Double(sweep &- connection.acceptedSweep) / 2 > options.connectTimeoutSeconds ? .connectTimeout : nil
        case .connected:
            if let session = connection.session, !session.waiting.isEmpty,
                Double(sweep - session.waitedForSince) / 2 > options.slowReceiverTimeoutSeconds
            {
                return .slowReceiver
            }
            // A connection that is not read cannot show that it is alive.
            guard connection.holds.subtracting(.output).isEmpty, connection.keepAliveSeconds > 0 else {
                connection.lastActiveSweep = sweep
                return nil
            }
            return silentSeconds >= Double(connection.keepAliveSeconds) * 1.5 ? .keepAlive : nil
        case .authenticating:
            return Double(sweep &- connection.acceptedSweep) / 2 > options.connectTimeoutSeconds + 60
                ? .connectTimeout : nil
        case .closed:
            return nil
        }
    }
}
