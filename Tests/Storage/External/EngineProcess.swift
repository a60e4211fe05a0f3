import Foundation
import Glibc

/// A real engine of Debian's, started for the tests on a free loopback port with its data in a temporary folder.
final class EngineProcess: @unchecked Sendable {
    // @unchecked: only `start` and `kill` change it, which one thread calls at a time.
    enum Product: String, CaseIterable, Sendable {
        case influxdb, victoriametrics

        var executable: String { self == .influxdb ? "/usr/bin/influxd" : "/usr/bin/victoria-metrics" }
        var isInstalled: Bool { access(executable, X_OK) == 0 }
    }

    let product: Product
    let url: String
    private let folder = TemporaryFolder()
    private let port: Int
    private var process = Process()

    init(_ product: Product) throws {
        self.product = product
        port = try Self.freePort()
        url = "http://127.0.0.1:\(port)"
        try start()
    }

    deinit { kill() }

    /// Starts it on its port and data, and waits until it answers.
    func start() throws {
        process = Process()
        process.executableURL = URL(filePath: product.executable)
        switch product {
        case .influxdb:
            try configuration(rpcPort: try Self.freePort()).write(toFile: folder.path + "/influxdb.conf", atomically: true, encoding: .utf8)
            process.arguments = ["-config", folder.path + "/influxdb.conf"]
        case .victoriametrics:
            process.arguments = [
                "-httpListenAddr=127.0.0.1:\(port)", "-storageDataPath=\(folder.path)/data", "-retentionPeriod=100y", "-loggerLevel=ERROR",
                "-memory.allowedBytes=256MB",
            ]
        }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let path = product == .influxdb ? "/ping" : "/health"
        let deadline = Date(timeIntervalSinceNow: 60)
        while !Self.answers(port: port, path: path) {
            guard process.isRunning, Date() < deadline else { throw Failure(description: "\(product.rawValue) does not start") }
            usleep(20_000)
        }
    }

    /// kill -9.
    func kill() {
        guard process.isRunning else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    private func configuration(rpcPort: Int) -> String {
        """
        reporting-disabled = true
        bind-address = "127.0.0.1:\(rpcPort)"
        [meta]
        dir = "\(folder.path)/meta"
        [data]
        dir = "\(folder.path)/data"
        wal-dir = "\(folder.path)/wal"
        query-log-enabled = false
        [http]
        bind-address = "127.0.0.1:\(port)"
        log-enabled = false
        [monitor]
        store-enabled = false
        """
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0 }
        }
        guard isBound else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func answers(port: Int, path: String) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        guard isConnected else { return false }
        let request = "GET \(path) HTTP/1.0\r\n\r\n"
        _ = request.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 12 && String(decoding: buffer[9..<10], as: UTF8.self) == "2"
    }
}
