internal import CPluginAPI
internal import Runtime
internal import Trust

/// What can be told of a library without running any code of it.
struct LibraryReport {
    let path: String
    let file: ELFFile
    let digest: Digest
    let size: Int
    let signature: SignatureState
    /// Whether it is looked at as a library that is no service, for `isolation: foreign`.
    let isForeign: Bool

    /// What the file beside the library is worth.
    enum SignatureState {
        case none
        /// It holds, and a key that was given made it.
        case valid(LibrarySignature)
        /// It is about this library; the key that made it was not given, so nothing is known of who made it.
        case unverified(LibrarySignature)
        case invalid(String)
    }

    /// - Parameters:
    ///   - keys: whose signatures are verified.
    ///   - isForeign: whether it need be no service.
    init(path: String, keys: [VerifyingKey], isForeign: Bool = false) throws(TrustError) {
        self.isForeign = isForeign
        let contents = try FileContents(path)
        self.path = path
        file = try ELFFile(contents.bytes, name: path)
        digest = Digest(of: contents.bytes)
        size = contents.bytes.count
        signature = Self.signature(of: path, digest: digest, note: file.note, keys: keys)
    }

    private static func signature(of path: String, digest: Digest, note: IdentityNote?, keys: [VerifyingKey]) -> SignatureState {
        let signaturePath = LibrarySignature.path(for: path)
        guard FileContents.isThere(signaturePath) else { return .none }
        do throws(TrustError) {
            let signature = try LibrarySignature(parsing: try FileContents(signaturePath, limit: 8_192).bytes, name: signaturePath)
            guard signature.library == digest else {
                return .invalid("it signs another library (expected \(digest); got \(signature.library); sign this build)")
            }
            if let note, note.identifier != signature.identifier || note.version != signature.version {
                return .invalid(
                    "it signs \(signature.identifier) \(signature.version), and the library says \(note.identifier) \(note.version): sign it again")
            }
            guard let key = keys.first(where: { $0.identifier == signature.key }) else { return .unverified(signature) }
            return signature.isMade(by: key)
                ? .valid(signature) : .invalid("it was changed after it was signed by key \(key.identifier): sign the library again")
        } catch {
            return .invalid(error.description)
        }
    }

    /// Why this host could not load the library; empty if it could try.
    var obstacles: [String] {
        var obstacles: [String] = []
        #if arch(x86_64)
        let ownMachine: UInt16 = 62
        #else
        let ownMachine: UInt16 = 183
        #endif
        if file.machine != ownMachine { obstacles.append("it is for another architecture: \(file.machineName)") }
        if isForeign, file.exportedFunctions.isEmpty { obstacles.append("it exports no functions that a manifest could describe") }
        if !isForeign, !file.exportedSymbols.contains("dsotp_plugin_entry") {
            obstacles.append(
                "it does not export dsotp_plugin_entry, so it is not a service library (see dsotp/plugin.h); a manifest with isolation: foreign "
                    + "can make one of it, and --foreign lists its functions")
        }
        if let note = file.note, Self.major(of: note.abi) != DSOTP_ABI_MAJOR {
            obstacles.append("it was made for ABI \(note.abi), and this host serves \(Self.servedABI)")
        }
        if case .invalid(let reason) = signature { obstacles.append("its signature is not valid: \(reason)") }
        return obstacles
    }

    static let servedABI = "\(DSOTP_ABI_MAJOR).0 … \(DSOTP_ABI_MAJOR).\(DSOTP_ABI_MINOR)"

    /// A library of a newer minor may be able to do with this host's, which it says itself once it is loaded: `dsotp_agree`.
    private static func major(of abi: String) -> UInt32? {
        let parts = abi.split(separator: ".", omittingEmptySubsequences: false).map { UInt32($0) }
        return parts.count == 2 && parts[1] != nil ? parts[0] : nil
    }
}
