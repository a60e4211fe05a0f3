internal import CPluginAPI
internal import Glibc

/// Asks a library for its module and checks what it answers (`dsotp/plugin.h`).
struct Negotiation {
    let path: String
    let hostVersion: String

    private typealias Entry = @convention(c) (UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>?

    func module(from image: UnsafeMutableRawPointer) throws(LibraryRefusal) -> LoadedModule {
        guard let symbol = dlsym(image, "dsotp_plugin_entry") else {
            throw .symbol(
                "\(path) is not a service library (expected the exported function dsotp_plugin_entry; got none; export it, see dsotp/plugin.h)"
            )
        }
        let entry = unsafeBitCast(symbol, to: Entry.self)
        let module = try ask(entry)
        return try check(module)
    }

    private func ask(_ entry: Entry) throws(LibraryRefusal) -> UnsafePointer<dsotp_module> {
        var refusal = dsotp_error()
        refusal.size = UInt32(MemoryLayout<dsotp_error>.size)
        let name = StaticString("dsotp")
        var version = hostVersion
        let module: UnsafePointer<dsotp_module>? = version.withUTF8 { version in
            withUnsafeMutablePointer(to: &refusal) { refusal in
                var host = dsotp_host_abi()
                host.size = UInt32(MemoryLayout<dsotp_host_abi>.size)
                host.major = DSOTP_ABI_MAJOR
                host.oldest_minor = 0
                host.newest_minor = DSOTP_ABI_MINOR
                host.name = dsotp_host_bytes(data: name.utf8Start, count: UInt64(name.utf8CodeUnitCount))
                host.version = dsotp_host_bytes(data: version.baseAddress, count: UInt64(version.count))
                host.refusal = refusal
                return withUnsafePointer(to: &host) { entry($0) }
            }
        }
        let fault = ServiceFault(taking: refusal, status: refusal.status)
        guard let module else {
            let reason = fault.sentence.isEmpty ? "it gave no reason" : fault.sentence
            throw .version("\(path) refuses to work with this host: \(reason) (the host serves ABI \(Self.range); got no module)")
        }
        return module
    }

    private static var range: String { "\(DSOTP_ABI_MAJOR).0 … \(DSOTP_ABI_MAJOR).\(DSOTP_ABI_MINOR)" }

    /// What a module says, if it is complete and of an ABI that this host serves.
    func check(_ module: UnsafePointer<dsotp_module>) throws(LibraryRefusal) -> LoadedModule {
        let size = Int(module.pointee.size)
        // The version stands before anything that a later major may have changed, so it is looked at first.
        guard size >= MinimumSize.moduleVersion else { throw truncated("dsotp_module", size: size, expected: MinimumSize.module) }
        let major = module.pointee.abi_major
        let minor = module.pointee.abi_minor
        guard major == DSOTP_ABI_MAJOR, minor <= DSOTP_ABI_MINOR else {
            throw .version(
                "\(path) was made for another ABI (expected \(Self.range); got \(major).\(minor); "
                    + (major >= DSOTP_ABI_MAJOR
                        ? "use a newer host or build it with older headers)" : "build it anew with this host's headers)"))
        }
        guard size >= MinimumSize.module else { throw truncated("dsotp_module", size: size, expected: MinimumSize.module) }
        guard let table = module.pointee.service else {
            throw .contents("\(path) gives no service (expected dsotp_module.service; got NULL; fill the member)")
        }
        return LoadedModule(
            path: path,
            identifier: try text(module.pointee.identifier, "identifier", required: true),
            version: try text(module.pointee.version, "version", required: true),
            summary: try text(module.pointee.summary, "summary", required: false),
            abi: "\(major).\(minor)",
            service: try service(table))
    }

    private func service(_ table: UnsafePointer<dsotp_service>) throws(LibraryRefusal) -> dsotp_service {
        let size = Int(table.pointee.size)
        guard size >= MinimumSize.service else { throw truncated("dsotp_service", size: size, expected: MinimumSize.service) }
        let service = LentStruct.copy(table, size: size)
        let required: [(String, Bool)] = [
            ("create", service.create != nil), ("configure", service.configure != nil), ("start", service.start != nil),
            ("stop", service.stop != nil), ("destroy", service.destroy != nil),
        ]
        let missing = required.filter { !$0.1 }.map(\.0)
        guard missing.isEmpty else {
            throw .contents(
                "\(path) lacks required callbacks (expected create, configure, start, stop and destroy; got NULL for "
                    + "\(missing.joined(separator: ", ")); fill them)")
        }
        return service
    }

    private func truncated(_ name: String, size: Int, expected: Int) -> LibraryRefusal {
        .contents("\(path) gives a truncated \(name) (expected a size of at least \(expected) bytes; got \(size); set size to sizeof)")
    }

    private func text(_ bytes: dsotp_plugin_bytes, _ member: String, required: Bool) throws(LibraryRefusal) -> String {
        guard bytes.count <= 1_024, bytes.data != nil || bytes.count == 0, let text = String(copying: bytes) else {
            throw .contents(
                "\(path) gives a malformed \(member) (expected at most 1024 bytes of UTF-8; got \(bytes.count) bytes; correct it)")
        }
        guard !required || !text.isEmpty else {
            throw .contents(
                "\(path) has an empty \(member) (expected a text such as org.example.voltage-band; got nothing; fill the member)")
        }
        return text
    }
}
