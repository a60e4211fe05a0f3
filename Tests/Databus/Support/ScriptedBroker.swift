import Glibc

@testable import Databus

/// A broker that says what a test tells it to: a listening socket, one connection at a time, MQTT packets by hand.
///
/// `@unchecked Sendable` because each test uses it from one task only.
final class ScriptedBroker: @unchecked Sendable {
    let port: Int
    private let listener: Int32
    private var peer: Int32 = -1
    private var input: [UInt8] = []

    struct Failure: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// - Parameter port: 0 for any free one.
    init(port: Int = 0) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        self.port = Int(in_port_t(bigEndian: address.sin_port))
        guard bound else { throw Failure(description: "bind: errno \(errno)") }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        hangUp()
        Glibc.close(listener)
    }

    /// Takes the next connection and reads its CONNECT.
    @discardableResult
    func accept() throws -> ConnectPacket {
        peer = Glibc.accept(listener, nil, nil)
        guard peer >= 0 else { throw Failure(description: "nobody connected: errno \(errno)") }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        input = []
        let packet = try packet()
        guard packet.first == 0x10 else { throw Failure(description: "CONNECT expected, got \(packet)") }
        return try packet.body.withUnsafeBytes { try ConnectPacket(body: $0) }
    }

    /// Takes the next connection and accepts it.
    @discardableResult
    func welcome(sessionPresent: Bool = false) throws -> ConnectPacket {
        let packet = try accept()
        send([0x20, 2, sessionPresent ? 1 : 0, 0])
        return packet
    }

    func hangUp() {
        if peer >= 0 { Glibc.close(peer) }
        peer = -1
    }

    func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { Glibc.send(peer, $0.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) } }

    /// The next packet: first byte and body.
    func packet() throws -> (first: UInt8, body: [UInt8]) {
        try fill(2)
        var (length, index) = (0, 1)
        repeat {
            try fill(index + 1)
            length |= Int(input[index] & 0x7f) << (7 * (index - 1))
            index += 1
        } while input[index - 1] & 0x80 != 0
        try fill(index + length)
        let packet = (input[0], Array(input[index..<index + length]))
        input.removeFirst(index + length)
        return packet
    }

    /// The next packet of a kind; others before it are passed over, a SUBSCRIBE among them answered.
    func next(_ type: PacketType) throws -> (first: UInt8, body: [UInt8]) {
        while true {
            let packet = try packet()
            if packet.first >> 4 == PacketType.subscribe.rawValue { try grant(packet.body) }
            if packet.first >> 4 == type.rawValue { return packet }
        }
    }

    private func grant(_ body: [UInt8], code: UInt8 = 1) throws {
        let filters = try body.withUnsafeBytes { try SubscribePacket(body: $0).filters.count }
        send([0x90, UInt8(2 + filters), body[0], body[1]] + [UInt8](repeating: code, count: filters))
    }

    /// The filters of the next SUBSCRIBE, answered with a return code.
    func subscribe(answer code: UInt8 = 1) throws -> [String] {
        let body = try packetOf(.subscribe)
        try grant(body, code: code)
        return try body.withUnsafeBytes { try SubscribePacket(body: $0).filters.map { String(decoding: $0.filter, as: UTF8.self) } }
    }

    /// The filters of the next UNSUBSCRIBE.
    func unsubscribe() throws -> [String] {
        let body = try packetOf(.unsubscribe)
        send([0xb0, 2, body[0], body[1]])
        return try body.withUnsafeBytes { try UnsubscribePacket(body: $0).filters.map { String(decoding: $0, as: UTF8.self) } }
    }

    private func packetOf(_ type: PacketType) throws -> [UInt8] {
        let packet = try packet()
        guard packet.first >> 4 == type.rawValue else { throw Failure(description: "\(type) expected, got \(packet)") }
        return packet.body
    }

    struct Publication: Equatable {
        var topic: String
        var payload: String
        var qos: UInt8
        var duplicate = false
        var retain = false
        var identifier: UInt16 = 0
    }

    /// The next PUBLISH, as in `next`.
    func publication() throws -> Publication {
        let packet = try next(.publish)
        return try packet.body.withUnsafeBytes {
            let publish = try PublishPacket(flags: packet.first & 0xf, body: $0)
            return Publication(
                topic: String(decoding: publish.topic, as: UTF8.self), payload: String(decoding: publish.payload, as: UTF8.self), qos: publish.qos,
                duplicate: publish.duplicate, retain: publish.retain, identifier: publish.packetIdentifier)
        }
    }

    func acknowledge(_ identifier: UInt16) { send([0x40, 2, UInt8(identifier >> 8), UInt8(identifier & 0xff)]) }

    /// The identifier of the next PUBACK.
    func acknowledgement() throws -> UInt16 {
        let body = try next(.puback).body
        return UInt16(body[0]) << 8 | UInt16(body[1])
    }

    /// Whether nothing arrives for a moment.
    func isQuiet(milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: peer, events: Int16(POLLIN), revents: 0)
        return input.isEmpty && poll(&descriptor, 1, milliseconds) == 0
    }

    /// Whether somebody connects within a moment.
    func hasCaller(milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    private func fill(_ count: Int) throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while input.count < count {
            let received = recv(peer, &chunk, chunk.count, 0)
            guard received > 0 else { throw Failure(description: received == 0 ? "closed" : "nothing arrived in time (errno \(errno))") }
            input += chunk[..<received]
        }
    }
}
