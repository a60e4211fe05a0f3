extension Connection {
    /// CONNECT (MQTT 3.1.1, section 3.1): checks what can be checked at once, then asks the authority.
    func handleConnect(_ packet: ConnectPacket) {
        guard packet.level == ConnectPacket.protocolLevel else { return refuse(.unacceptableProtocolVersion) }
        var identifier = packet.clientIdentifier
        if identifier.isEmpty {
            guard packet.cleanSession else { return refuse(.identifierRejected) }
            identifier = core.makeClientIdentifier(serial: serial)
        }
        guard identifier.utf8.count <= core.options.maximumClientIdentifierBytes else {
            return refuse(.identifierRejected)
        }
        clientIdentifier = identifier
        user = packet.user
        will = packet.will
        keepAliveSeconds = packet.keepAliveSeconds
        state = .authenticating
        hold(.authentication)
        core.authenticate(self, packet: packet)
    }

    /// The authority has answered.
    func authenticated(_ outcome: AuthenticationOutcome, packet: ConnectPacket) {
        guard state == .authenticating else { return }
        guard outcome == .accepted else { return refuse(outcome.returnCode) }
        if let will, !core.authority.mayPublish(user: user, clientIdentifier: clientIdentifier, topic: will.topic) {
            return refuse(.notAuthorized)
        }
        switch core.openSession(for: self, isClean: packet.cleanSession) {
        case .opened(let session, let isPresent): begin(session, isPresent: isPresent)
        case .refused(let code): refuse(code)
        }
    }

    private func begin(_ session: Session, isPresent: Bool) {
        self.session = session
        state = .connected
        send { $0.writeConnack(sessionPresent: isPresent, code: .accepted) }
        session.pump()
        release(.authentication)
    }

    private func refuse(_ code: ConnectReturnCode) {
        send { $0.writeConnack(sessionPresent: false, code: code) }
        close(.refused(code))
    }
}
