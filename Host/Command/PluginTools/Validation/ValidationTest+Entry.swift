internal import CPluginAPI
internal import PluginAPI
internal import PluginTestKit
internal import Trust

extension ValidationTest {
    static let entryTests: [ValidationTest] = [
        ValidationTest(
            name: "entry", prose: "The library loads, exports dsotp_plugin_entry and describes itself completely, the same each time."
        ) { subject in
            let library = try subject.library()
            let first = try library.module()
            guard try library.module() == first else { return .failed("two calls of the entry gave two modules (return the same table)") }
            let module = first.pointee
            guard Int(module.size) >= FirstSizes.module else { return .failed("dsotp_module.size is \(module.size) (set it to sizeof)") }
            let identity = try LibraryIdentity(module)
            guard let service = module.service?.pointee, Int(service.size) >= FirstSizes.service else {
                return .failed("dsotp_module.service is NULL or its size too small (fill it, set size to sizeof)")
            }
            let missing = [
                ("create", service.create == nil), ("configure", service.configure == nil), ("start", service.start == nil),
                ("stop", service.stop == nil), ("destroy", service.destroy == nil),
            ].filter(\.1).map(\.0)
            guard missing.isEmpty else { return .failed("required callbacks are NULL: \(missing.joined(separator: ", "))") }
            return .passed("\(identity.identifier) \(identity.version), ABI \(module.abi_major).\(module.abi_minor)")
        },
        ValidationTest(
            name: "identity-note", prose: "The note that is read before the library is loaded says the same as the module."
        ) { subject in
            let file = try ELFFile(try FileContents(subject.path).bytes, name: subject.path)
            guard let note = file.note else { return .warning("there is no identity note: nothing is known of the library before it is loaded") }
            let module = try subject.library().module().pointee
            let identity = try LibraryIdentity(module)
            let said = try IdentityNote(
                abi: "\(module.abi_major).\(module.abi_minor)", identifier: identity.identifier, version: identity.version,
                summary: identity.summary)
            return note == said ? .passed("they agree") : .failed("the note says \(note), the module \(said)")
        },
        ValidationTest(
            name: "exports", prose: "Nothing but the entry is visible to other libraries, so that no symbol of one binds to another's."
        ) { subject in
            let exports = try ELFFile(try FileContents(subject.path).bytes, name: subject.path).exportedSymbols
            let others = exports.filter { $0 != "dsotp_plugin_entry" }
            if others.isEmpty { return .passed("dsotp_plugin_entry alone") }
            return .warning("\(others.count) more symbols are visible, \(others[0]) for example (link with PluginAPI/exports.map)")
        },
        ValidationTest(
            name: "newer-minor", prose: "A host that serves newer minor versions too is accepted."
        ) { subject in
            do { _ = try subject.library().module(minors: 0...DSOTP_ABI_MINOR + 9) } catch {
                return .failed("it refuses a host that serves \(DSOTP_ABI_MAJOR).0 to \(DSOTP_ABI_MAJOR).\(DSOTP_ABI_MINOR + 9): \(error)")
            }
            return .passed("accepted")
        },
        ValidationTest(
            name: "larger-host", prose: "A host whose structs are longer than those of the library's headers is accepted."
        ) { subject in
            try EntryProbe(subject.library()).withLargerHost() == nil
                ? .failed("it refuses a dsotp_host_abi that is longer than its own (a struct may grow at its end)") : .passed("accepted")
        },
        ValidationTest(
            name: "dropped-minor", prose: "A host that no longer serves the library's minor version is refused with a sentence."
        ) { subject in
            try refusal(of: subject, major: DSOTP_ABI_MAJOR, minors: DSOTP_ABI_MINOR + 5...DSOTP_ABI_MINOR + 9)
        },
        ValidationTest(
            name: "other-major", prose: "A host of another major version is refused with a sentence."
        ) { subject in
            try refusal(of: subject, major: DSOTP_ABI_MAJOR + 1, minors: 0...9)
        },
    ]

    private static func refusal(of subject: ValidationSubject, major: UInt32, minors: ClosedRange<UInt32>) throws -> Verdict {
        let library = try subject.library()
        do {
            _ = try library.module(major: major, minors: minors)
            return .failed("it gives a module to a host of ABI \(major).\(minors.lowerBound) to \(major).\(minors.upperBound) (compare, and refuse)")
        } catch {
            return error.sentence.isEmpty
                ? .failed("it refuses without a sentence for a person (fill host->refusal)") : .passed("refused: \(error.sentence)")
        }
    }
}

/// What a module says about itself.
struct LibraryIdentity {
    let identifier: String
    let version: String
    let summary: String

    init(_ module: dsotp_module) throws {
        func text(_ bytes: dsotp_plugin_bytes, _ member: String, isRequired: Bool) throws -> String {
            guard bytes.count <= 1_024, bytes.count == 0 || bytes.data != nil,
                let text = String(validating: UnsafeRawBufferPointer(start: bytes.data, count: Int(bytes.count)), as: UTF8.self)
            else { throw Finding.failed("dsotp_module.\(member) is not at most 1024 bytes of UTF-8") }
            guard !isRequired || !text.isEmpty else { throw Finding.failed("dsotp_module.\(member) is empty") }
            return text
        }
        identifier = try text(module.identifier, "identifier", isRequired: true)
        version = try text(module.version, "version", isRequired: true)
        summary = try text(module.summary, "summary", isRequired: false)
    }
}

/// Calls an entry in ways that the test kit does not.
struct EntryProbe {
    let library: ServiceLibrary

    init(_ library: ServiceLibrary) { self.library = library }

    /// The module for a host whose description goes on after the members that are known today.
    func withLargerHost() -> UnsafePointer<dsotp_module>? {
        let known = MemoryLayout<dsotp_host_abi>.size
        let memory = UnsafeMutableRawPointer.allocate(byteCount: known + 64, alignment: 16)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: known + 64)
        var refusal = dsotp_error()
        refusal.size = UInt32(MemoryLayout<dsotp_error>.size)
        return withUnsafeMutablePointer(to: &refusal) { refusal in
            let host = memory.initializeMemory(as: dsotp_host_abi.self, to: dsotp_host_abi())
            host.pointee.size = UInt32(known + 64)
            host.pointee.major = DSOTP_ABI_MAJOR
            host.pointee.newest_minor = DSOTP_ABI_MINOR
            host.pointee.refusal = refusal
            return library.entry(host)
        }
    }
}
