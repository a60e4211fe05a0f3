internal import NIOSSL

/// Why TLS with a server did not come about, in words.
enum TLSSentence {
    /// - Parameter authorities: the file that the server's certificate was checked against; `nil` for those of the system.
    /// - Returns: `nil` for errors that are not TLS's.
    static func of(_ error: any Error, address: HTTPAddress, authorities: String?) -> String? {
        guard error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else { return nil }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            let by = authorities.map { "an authority in '\($0)'" } ?? "an authority that this system trusts"
            return "\(address) cannot be trusted: its certificate is not signed by \(by), or has expired"
        }
        if text.contains("failedToValidateHostname") || error is NIOSSLExtraError {
            return "\(address) cannot be trusted: its certificate is not for '\(address.host)'"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "\(address) does not speak TLS at this port: is it http?" }
        return "\(address): TLS failed: \(text)"
    }
}
