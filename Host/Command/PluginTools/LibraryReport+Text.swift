internal import Runtime
internal import Trust

extension LibraryReport {
    /// For a person, one fact a line.
    var text: String {
        var lines: [(String, String)] = []
        if isForeign {
            lines.append(("identity", "a foreign library: what it is its manifest says (isolation: foreign)"))
        } else if let note = file.note {
            lines += [("identity", "\(note.identifier) \(note.version)"), ("summary", note.summary), ("abi", "\(note.abi) (this host: \(Self.servedABI))")]
        } else {
            lines.append(("identity", "unknown until it is loaded: it has no identity note (see dsotp/note.h)"))
        }
        lines += [("machine", file.machineName), ("size", "\(size) bytes"), ("digest", digest.description), ("signature", signature.text)]
        if let name = file.sharedObjectName { lines.append(("soname", name)) }
        if let path = file.runPath { lines.append(("run path", path)) }
        lines += file.needed.enumerated().map { ($0 == 0 ? "needs" : "", $1) }
        let exports = isForeign ? file.exportedFunctions : file.exportedSymbols
        let (shown, rest) = (exports.prefix(20), exports.count - 20)
        lines += shown.enumerated().map { ($0 == 0 ? isForeign ? "functions" : "exports" : "", $1) }
        if rest > 0 { lines.append(("", "and \(rest) more, all of them with --json")) }
        let body = lines.map { "  " + $0.0 + String(repeating: " ", count: 11 - $0.0.count) + $0.1 + "\n" }.joined()
        return path + "\n" + body
    }

    /// For a program.
    var json: ConfigValue {
        .object([
            .init(key: "file", value: .text(path)),
            .init(key: "identifier", value: file.note.map { .text($0.identifier) } ?? .null),
            .init(key: "version", value: file.note.map { .text($0.version) } ?? .null),
            .init(key: "summary", value: file.note.map { .text($0.summary) } ?? .null),
            .init(key: "abi", value: file.note.map { .text($0.abi) } ?? .null),
            .init(key: "hasNote", value: .boolean(file.note != nil)),
            .init(key: "machine", value: .text(file.machineName)),
            .init(key: "size", value: .integer(Int64(size))),
            .init(key: "digest", value: .text(digest.description)),
            .init(key: "signature", value: signature.json),
            .init(key: "soname", value: file.sharedObjectName.map { .text($0) } ?? .null),
            .init(key: "runPath", value: file.runPath.map { .text($0) } ?? .null),
            .init(key: "needs", value: .list(file.needed.map { .text($0) })),
            .init(key: "exports", value: .list(file.exportedSymbols.map { .text($0) })),
            .init(key: "functions", value: .list(file.exportedFunctions.map { .text($0) })),
            .init(key: "obstacles", value: .list(obstacles.map { .text($0) })),
        ])
    }
}

extension LibraryReport.SignatureState {
    fileprivate var word: String {
        switch self {
        case .none: "none"
        case .valid: "valid"
        case .unverified: "unverified"
        case .invalid: "invalid"
        }
    }

    fileprivate var text: String {
        switch self {
        case .none: "none"
        case .valid(let signature): "valid, by key \(signature.key)\(signature.scope)"
        case .unverified(let signature): "by key \(signature.key)\(signature.scope), not verified: give the key with --key or --site"
        case .invalid(let reason): "invalid: \(reason)"
        }
    }

    fileprivate var json: ConfigValue {
        var members: [ConfigValue.Member] = [.init(key: "state", value: .text(word))]
        switch self {
        case .valid(let signature), .unverified(let signature):
            members.append(.init(key: "key", value: .text(signature.key)))
            members.append(.init(key: "manifest", value: signature.manifest.map { .text($0.description) } ?? .null))
        case .invalid(let reason): members.append(.init(key: "reason", value: .text(reason)))
        case .none: break
        }
        return .object(members)
    }
}

extension LibrarySignature {
    /// What else it covers, for a sentence.
    fileprivate var scope: String { manifest == nil ? "" : ", with its manifest" }
}
