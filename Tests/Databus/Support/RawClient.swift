import Glibc

/// A blocking socket that sends and reads bytes as they are, for packets that no decent client would send.
///
/// `@unchecked Sendable` because sending touches the descriptor alone, and each test receives from one task only.
final class RawClient: @unchecked Sendable {
    private let descriptor: Int32
    private var input: [UInt8] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(port: Int, timeoutSeconds: Int = 5) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: errno \(errno)") }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "connect: errno \(errno)") }
    }

    deinit { Glibc.close(descriptor) }

    /// Closes at once, without DISCONNECT.
    func shutdown() { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Limits what the kernel keeps for a reader that does not read.
    func limitReceiveBuffer(bytes: Int32) {
        var bytes = bytes
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends everything; a peer that has closed is no error here.
    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// The next packet: first byte and body.
    /// - Throws: when the peer closes or says nothing in time.
    func packet() throws -> (first: UInt8, body: [UInt8]) {
        try fill(2)
        var length = 0
        var index = 1
        while true {
            try fill(index + 1)
            length |= Int(input[index] & 0x7f) << (7 * (index - 1))
            index += 1
            if input[index - 1] & 0x80 == 0 { break }
        }
        try fill(index + length)
        let packet = (input[0], Array(input[index..<index + length]))
        input.removeFirst(index + length)
        return packet
    }

    /// Reads this many packets and tells whether all were `expected`.
    func answers(_ count: Int, of expected: [UInt8]) throws -> Bool {
        var seen = 0
        while seen < count * expected.count {
            try fill(1)
            for byte in input {
                guard byte == expected[seen % expected.count] else { return false }
                seen += 1
            }
            input.removeAll(keepingCapacity: true)
        }
        return true
    }

    /// Whether the peer closes, whatever it sends before.
    func isClosedByPeer() -> Bool {
        while true {
            do { try fill(input.count + 1) } catch let failure as Failure {
                return failure.description == "closed"
            } catch {
                return false
            }
        }
    }

    private func fill(_ count: Int) throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while input.count < count {
            let received = recv(descriptor, &chunk, chunk.count, 0)
            if received == 0 || (received < 0 && errno == ECONNRESET) { throw Failure(description: "closed") }
            guard received > 0 else { throw Failure(description: "nothing arrived in time (errno \(errno))") }
            input += chunk[..<received]
        }
    }

    /// A CONNECT for this identifier; flags and further fields as given.
    static func connectPacket(
        _ identifier: String, clean: Bool = true, keepAlive: UInt16 = 0, flags: UInt8 = 0, rest: [UInt8] = []
    ) -> [UInt8] {
        let body: [UInt8] =
            [0, 4] + Array("MQTT".utf8) + [4, flags | (clean ? 2 : 0), UInt8(keepAlive >> 8), UInt8(keepAlive & 0xff)]
            + text(identifier) + rest
        return [0x10, UInt8(body.count)] + body
    }

    static func text(_ text: String) -> [UInt8] {
        [UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 0xff)] + Array(text.utf8)
    }

    static func publishPacket(
        _ topic: String, _ payload: String, qos: UInt8 = 0, identifier: UInt16 = 0, retain: Bool = false,
        duplicate: Bool = false
    ) -> [UInt8] {
        let number: [UInt8] = qos > 0 ? [UInt8(identifier >> 8), UInt8(identifier & 0xff)] : []
        let body = text(topic) + number + Array(payload.utf8)
        return [0x30 | (duplicate ? 8 : 0) | qos << 1 | (retain ? 1 : 0), UInt8(body.count)] + body
    }

    static func subscribePacket(_ filter: String, qos: UInt8, identifier: UInt16 = 1) -> [UInt8] {
        let body = [UInt8(identifier >> 8), UInt8(identifier & 0xff)] + text(filter) + [qos]
        return [0x82, UInt8(body.count)] + body
    }

    /// Connects and expects acceptance.
    static func connected(
        _ port: Int, _ identifier: String, clean: Bool = true, keepAlive: UInt16 = 0
    ) throws -> (client: RawClient, sessionPresent: Bool) {
        let client = try RawClient(port: port)
        client.send(connectPacket(identifier, clean: clean, keepAlive: keepAlive))
        let answer = try client.packet()
        guard answer.first == 0x20, answer.body.count == 2, answer.body[1] == 0 else {
            throw Failure(description: "CONNACK expected, got \(answer)")
        }
        return (client, answer.body[0] == 1)
    }
}
