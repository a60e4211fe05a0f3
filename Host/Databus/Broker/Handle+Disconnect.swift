extension Connection {
    /// DISCONNECT (MQTT 3.1.1, section 3.14): the will is discarded.
    func handleDisconnect(_ body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        guard body.isEmpty else { throw .length }
        will = nil
        close(.disconnect)
    }

    /// PINGREQ (MQTT 3.1.1, section 3.12).
    func handlePing(_ body: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        guard body.isEmpty else { throw .length }
        send { $0.writeEmptyPacket(.pingresp) }
    }
}
