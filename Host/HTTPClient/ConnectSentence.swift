internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Why a connection could not be made, in words.
enum ConnectSentence {
    static func of(_ error: any Error, address: HTTPAddress) -> String {
        "\(address) cannot be reached: \(reason(error, host: address.host))"
    }

    private static func reason(_ error: any Error, host: String) -> String {
        switch error {
        case let error as NIOConnectionError:
            if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
                return "the name '\(host)' is unknown (name resolution failed)"
            }
            return error.connectionErrors.first.map { reason($0.error, host: host) } ?? "\(error)"
        case let error as ChannelError:
            if case .connectTimeout(let time) = error { return "it did not accept a connection within \(time.nanoseconds / 1_000_000) ms" }
            return "\(error)"
        case let error as IOError: return describe(error)
        default: return "\(error)"
        }
    }

    private static func describe(_ error: IOError) -> String { error.errnoCode == 111 ? "connection refused" : error.description }
}
