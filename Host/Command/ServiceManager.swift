internal import Glibc

/// Tells the service manager that started the platform how far it is, by systemd's protocol (sd_notify(3)): one datagram to the socket that
/// `NOTIFY_SOCKET` names. Where no manager asks, nothing is said; one that doesn't listen is no reason not to run.
enum ServiceManager {
    enum State: String {
        /// The platform takes measurements.
        case ready = "READY=1"
        /// It was asked to end, and what was accepted is being stored.
        case stopping = "STOPPING=1"
    }

    static func tell(_ state: State) {
        guard let name = getenv("NOTIFY_SOCKET"), let (named, length) = address(String(cString: name)) else { return }
        var address = named
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let text = Array(state.rawValue.utf8)
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length) }
        }
    }

    /// A path, or `@` and a name in the kernel's own space of names; `nil` if it is neither or too long for an address (unix(7)).
    private static func address(_ name: String) -> (sockaddr_un, socklen_t)? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        guard bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: "@"), bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return (address, socklen_t(MemoryLayout<sa_family_t>.size + bytes.count))
    }
}
