import Foundation
import Glibc
import Synchronization

/// An HTTP server on loopback that answers as it is told, and remembers what it was asked. It can do what no engine does on request.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let head: String
        let body: [UInt8]

        var path: String { head.split(separator: " ").dropFirst().first.map { String($0.prefix { $0 != "?" }) } ?? "" }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    enum Answer: Sendable {
        case reply(Int, String)
        /// Says this much of a longer body, then ends the connection.
        case cutShort(String)
        /// Ends the connection without a word.
        case reset
        /// Says nothing until the server is ended or the client gives up.
        case silence
        case raw(String)

        static let taken = Answer.reply(204, "")
    }

    private struct State {
        var requests: [Request] = []
        var isEnded = false
    }

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())
    private let answer: @Sendable (Request, Int) -> Answer

    /// - Parameter answer: to a request, with how many of its path came before it.
    init(_ answer: @escaping @Sendable (Request, Int) -> Answer) throws {
        self.answer = answer
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0 }
        }
        guard isBound, listen(listener, 64) == 0 else { throw EngineProcess.Failure(description: "no port to listen on") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.accept() }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    var requests: [Request] { state.withLock { $0.requests } }

    /// The requests of a path.
    func requests(_ path: String) -> [Request] { requests.filter { $0.path == path } }

    func end() {
        state.withLock { $0.isEnded = true }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { return }
            Thread.detachNewThread {
                self.serve(connection)
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32) {
        var input: [UInt8] = []
        while let request = read(connection, &input) {
            let earlier = state.withLock { state in
                defer { state.requests.append(request) }
                return state.requests.count { $0.path == request.path }
            }
            switch answer(request, earlier) {
            case .reply(let status, let body):
                write(connection, "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            case .cutShort(let body):
                return write(connection, "HTTP/1.1 200 X\r\nContent-Length: \(body.utf8.count + 100)\r\n\r\n\(body)")
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                return
            case .silence:
                var byte: UInt8 = 0
                while recv(connection, &byte, 1, 0) > 0 {}
                return
            case .raw(let text): return write(connection, text)
            }
        }
    }

    private func read(_ connection: Int32, _ input: inout [UInt8]) -> Request? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: input, as: Unicode.ASCII.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                let headBytes = head.utf8.count + 4
                let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                if input.count >= headBytes + length {
                    let body = Array(input[headBytes..<headBytes + length])
                    input.removeFirst(headBytes + length)
                    return Request(head: head, body: body)
                }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            input += buffer[..<count]
        }
    }

    private func write(_ connection: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            sent += count
        }
    }
}
