import NIOCore
import NIOSSL

/// How a client makes sure of its broker, and proves itself, by TLS 1.2 or later. Files are PEM.
public struct MQTTTLS: Sendable {
    /// File with the certificates of the authorities that the broker's is checked against; nil for those that the system trusts.
    public var authorities: String?
    /// File with the client's certificate chain, for brokers that ask for one.
    public var certificate: String?
    /// File with the key of that certificate.
    public var key: String?
    /// The name that the broker's certificate must be for, where that is not the name it is reached by.
    public var serverName: String?

    /// TLS with the authorities that the system trusts, and no certificate of one's own.
    public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil, serverName: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
    }

    /// Reads the files once, to find at the start what would fail at every connection.
    /// - Throws: `DatabusError` with a sentence that names the file.
    public func check() throws(DatabusError) { _ = try makeContext() }

    func makeContext() throws(DatabusError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities {
            let found = try read(authorities, "certificates of authorities") { try NIOSSLCertificate.fromPEMFile(authorities) }
            guard !found.isEmpty else { throw .tls("'\(authorities)' holds no certificate (expected PEM)") }
            configuration.trustRoots = .certificates(found)
        }
        if let certificate {
            guard let key else { throw .tls("the certificate '\(certificate)' has no key: name its file too") }
            configuration.certificateChain = try read(certificate, "a certificate") {
                try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            }
            configuration.privateKey = try read(key, "a private key") { .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)) }
        }
        do { return try NIOSSLContext(configuration: configuration) } catch { throw .tls("TLS cannot be set up: \(error)") }
    }

    private func read<Value>(_ file: String, _ what: String, _ body: () throws -> Value) throws(DatabusError) -> Value {
        do { return try body() } catch { throw .tls("\(what) cannot be read from '\(file)' (expected PEM): \(error)") }
    }

    /// The handler that goes in front of MQTT's. An address has no name to ask for; then the certificate must be for the address.
    func makeHandler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        let name = serverName ?? host
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name)
    }

    /// What went wrong, in words, when it was TLS: nil for other errors.
    func fault(_ error: any Error, host: String) -> String? {
        let text = "\(error)"
        guard error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else { return nil }
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            let by = authorities.map { "an authority in '\($0)'" } ?? "an authority that this system trusts"
            return "its certificate is not signed by \(by), or has expired"
        }
        if text.contains("failedToValidateHostname") || text.contains("HOSTNAME") || error is NIOSSLExtraError {
            return "its certificate is not for '\(serverName ?? host)': set the server name that it is for"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "it does not speak TLS at this port" }
        if text.contains("EOF during handshake") { return "it broke off while TLS began: does it speak TLS at this port?" }
        if text.contains("CERTIFICATE_REQUIRED") { return "it asks for a client certificate" }
        return "TLS failed: \(text)"
    }
}
