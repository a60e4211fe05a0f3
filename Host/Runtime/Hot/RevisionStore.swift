internal import Glibc

/// What is told of a revision that is kept.
public struct RevisionNote: Hashable, Sendable {
    /// The version that its library states.
    public let version: String
    /// `sha256:…` of the library.
    public let digest: String
    /// When it was replaced, nanoseconds since 1970-01-01T00:00:00Z.
    public let replaced: Int64
}

/// Revisions of services that were replaced, in `revisions/<service>` of the data folder.
///
/// `previous/` is what a roll-back leads to: the manifest, a copy of the library with its signature, and what the instance saved at
/// its end. `current/` is what runs after a roll-back, when the site's files say something else, and `held` names those files: they
/// are not applied until one of them changes, over restarts of the host too.
struct RevisionStore: Sendable {
    /// Places of a revision.
    enum Slot: String { case previous, current }

    /// A revision on the disk.
    struct Kept: Sendable {
        let manifest: ServiceManifest
        /// The copy of the library.
        let library: String
        let state: SavedState?
        let note: RevisionNote
    }

    private let folder: String
    private let service: String

    init(dataFolder: String, service: String) {
        folder = SiteFolder.join(dataFolder, "revisions")
        self.service = service
    }

    private var own: String { "\(folder)/\(service)" }

    /// Writes a revision into a slot, in the place of what was there.
    func keep(_ revision: Revision, version: String, state: SavedState?, at time: Int64, in slot: Slot) throws(HostFiles.Failure) {
        for path in [folder, own] { if mkdir(path, 0o700) != 0, errno != EEXIST { throw HostFiles.Failure("can't make the folder \(path)") } }
        let fresh = "\(own)/\(slot.rawValue).new"
        Self.removeFolder(fresh)
        guard mkdir(fresh, 0o700) == 0 else { throw HostFiles.Failure("can't make the folder \(fresh)") }
        let name = revision.library.path.split(separator: "/").last.map(String.init) ?? "library.so"
        try HostFiles.replace("\(fresh)/\(name)", with: try HostFiles.read(revision.library.admitted.path, limit: 1 << 30))
        if let signature = revision.library.signature { try HostFiles.replace("\(fresh)/\(name).sig", with: signature) }
        try HostFiles.replace("\(fresh)/manifest.yaml", with: revision.manifest.source)
        if let state { try HostFiles.replace("\(fresh)/state", with: state.bytes) }
        let about = ConfigValue.object([
            .init(key: "manifest", value: .text(revision.manifest.place.file)), .init(key: "library", value: .text(name)),
            .init(key: "version", value: .text(version)), .init(key: "digest", value: .text(revision.library.admitted.digest ?? "")),
            .init(key: "replaced_ns", value: .text(String(time))),
            .init(key: "state_version", value: .text(state.map { String($0.version) } ?? "")),
        ])
        try HostFiles.replace("\(fresh)/about.json", with: Array((about.json + "\n").utf8))
        Self.removeFolder("\(own)/\(slot.rawValue)")
        guard rename(fresh, "\(own)/\(slot.rawValue)") == 0 else { throw HostFiles.Failure("can't name the folder \(fresh)") }
    }

    /// What a slot holds; `nil` if there is nothing that can be read.
    func kept(_ slot: Slot) -> Kept? {
        let place = "\(own)/\(slot.rawValue)"
        guard let about = (try? HostFiles.read("\(place)/about.json")).flatMap({ try? JSONReader.parse($0) }),
            let file = about["manifest"]?.textValue, let name = about["library"]?.textValue, let source = try? HostFiles.read("\(place)/manifest.yaml"),
            let manifest = try? SiteFolder.manifest(source, file: file), HostFiles.isFile("\(place)/\(name)")
        else { return nil }
        let version = about["state_version"]?.textValue.flatMap { UInt32($0) }
        let state = version.flatMap { version in (try? HostFiles.read("\(place)/state", limit: SavedState.limit)).map { SavedState(version: version, bytes: $0) } }
        return Kept(
            manifest: manifest, library: "\(place)/\(name)", state: state,
            note: RevisionNote(
                version: about["version"]?.textValue ?? "", digest: about["digest"]?.textValue ?? "",
                replaced: about["replaced_ns"]?.textValue.flatMap { Int64($0) } ?? 0))
    }

    /// The manifest and library of the site that a roll-back put aside, by their digests; `nil` if nothing is.
    var held: (manifest: String, library: String)? {
        guard let bytes = try? HostFiles.read("\(own)/held", limit: 4_096) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return lines.count >= 2 ? (lines[0], lines[1]) : nil
    }

    /// Puts a manifest and a library of the site aside.
    func hold(manifest: String, library: String) throws(HostFiles.Failure) {
        try HostFiles.replace("\(own)/held", with: Array("\(manifest)\n\(library)\n".utf8))
    }

    /// What runs is what the site's files say.
    func release() {
        HostFiles.remove("\(own)/held")
        Self.removeFolder("\(own)/current")
    }

    /// Removes a folder of files.
    private static func removeFolder(_ path: String) {
        for name in (try? HostFiles.names(in: path)) ?? [] { HostFiles.remove("\(path)/\(name)") }
        rmdir(path)
    }
}

extension ConfigValue {
    fileprivate var textValue: String? {
        if case .text(let text) = self { return text }
        return nil
    }
}
