internal import CPluginAPI

/// A library that passed negotiation. Its image stays for the life of the process.
public final class LoadedModule: @unchecked Sendable {
    // @unchecked: every member is written once, in `init`; the function pointers lead into an image that is never unloaded.

    /// Canonical path of the file.
    public let path: String
    /// Reverse DNS name, unique for ever.
    public let identifier: String
    /// Semantic version.
    public let version: String
    /// One line for a person.
    public let summary: String
    /// The ABI that it was made for, for example `1.0`.
    public let abi: String
    /// The callbacks; members that the library's table is too short for are NULL.
    let service: dsotp_service

    init(path: String, identifier: String, version: String, summary: String, abi: String, service: dsotp_service) {
        self.path = path
        self.identifier = identifier
        self.version = version
        self.summary = summary
        self.abi = abi
        self.service = service
    }
}
