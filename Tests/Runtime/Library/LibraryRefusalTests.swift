import CPluginAPI
import Testing

@testable import Runtime

@Suite("Refusals of libraries")
struct LibraryRefusalTests {
    private static let prelude = """
        #include "dsotp.h"
        #include <string.h>
        static dsotp_plugin_bytes text(const char *s) { return (dsotp_plugin_bytes){s, strlen(s)}; }
        static dsotp_status create(const dsotp_host *h, dsotp_host_bytes n, dsotp_instance *i, dsotp_error *e) { return 0; }
        static dsotp_status configure(dsotp_instance i, const dsotp_configuration *c, dsotp_error *e) { return 0; }
        static dsotp_status start(dsotp_instance i, dsotp_error *e) { return 0; }
        static void destroy(dsotp_instance i) {}
        static dsotp_service service = {.size = sizeof service, .create = create, .configure = configure, .start = start, .stop = start, .destroy = destroy};
        static dsotp_module module = {.size = sizeof module, .abi_major = 1, .service = &service};
        const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) {
            (void)configure; (void)create;
            module.identifier = text("org.example.x");
            module.version = text("1.0.0");

        """

    private static func source(_ body: String) -> String { prelude + body + "\n    return &module;\n}\n" }

    private func refusal(_ path: String) -> String {
        do throws(LibraryRefusal) {
            let module = try LibraryLoader(hostVersion: "1.0.0").load(path)
            return "loaded \(module.identifier)"
        } catch {
            return error.description
        }
    }

    @Test(
        "A library that can't serve is refused with file, expected and got",
        arguments: [
            ("module.abi_major = 2;", "was made for another ABI (expected 1.0 … 1.0; got 2.0; use a newer host or build it with older headers)"),
            ("module.abi_major = 0;", "was made for another ABI (expected 1.0 … 1.0; got 0.0; build it anew with this host's headers)"),
            ("module.abi_minor = 7;", "was made for another ABI (expected 1.0 … 1.0; got 1.7; use a newer host or build it with older headers)"),
            ("module.size = 24;", "gives a truncated dsotp_module (expected a size of at least 72 bytes; got 24; set size to sizeof)"),
            ("module.size = 4;", "gives a truncated dsotp_module (expected a size of at least 72 bytes; got 4; set size to sizeof)"),
            ("service.size = 40;", "gives a truncated dsotp_service (expected a size of at least 88 bytes; got 40; set size to sizeof)"),
            ("module.service = 0;", "gives no service (expected dsotp_module.service; got NULL; fill the member)"),
            (
                "service.start = 0; service.stop = 0;",
                "lacks required callbacks (expected create, configure, start, stop and destroy; got NULL for start, stop; fill them)"
            ),
            ("module.identifier.count = 0;", "has an empty identifier (expected a text such as org.example.voltage-band; got nothing; fill the member)"),
            ("module.version = text(\"\\xff\");", "gives a malformed version (expected at most 1024 bytes of UTF-8; got 1 bytes; correct it)"),
            ("return 0;", "refuses to work with this host: it gave no reason (the host serves ABI 1.0 … 1.0; got no module)"),
            (
                "host->refusal->sentence = (dsotp_owned_bytes){\"no licence\", 10, 0, 0}; return 0;",
                "refuses to work with this host: no licence (the host serves ABI 1.0 … 1.0; got no module)"
            ),
        ])
    func refusals(_ body: String, _ sentence: String) throws {
        let folder = try TemporaryFolder()
        try CLibrary.compile(Self.source(body), name: "x", into: folder.path)
        #expect(refusal("\(folder.path)/libx.so") == "\(folder.path)/libx.so \(sentence)")
    }

    @Test("A library of a newer minor with larger structs but an older declared version is taken")
    func largerStructs() throws {
        let folder = try TemporaryFolder()
        try CLibrary.compile(Self.source("module.size = 200; service.size = 400;"), name: "x", into: folder.path)
        #expect(refusal("\(folder.path)/libx.so") == "loaded org.example.x")
    }

    @Test("A file that is no shared library of this machine is refused before any of its code runs")
    func notALibrary() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/libx.so"
        try folder.write("libx.so", "#!/bin/sh\n")
        #expect(refusal(path) == "\(path) is not a shared library (expected an ELF file; got something else; compile it with -shared)")
        try CLibrary.compile("int other(void) { return 1; }\n", name: "x", into: folder.path)
        #expect(refusal(path).hasPrefix("\(path) is not a service library (expected the exported function dsotp_plugin_entry; got none"))
        var bytes = try HostFiles.read(path)
        bytes[18] = 243
        try HostFiles.replace(path, with: bytes)
        #expect(refusal(path).contains("is for another architecture (expected ") && refusal(path).contains("got RISC-V"))
        bytes[4] = 1
        try HostFiles.replace(path, with: bytes)
        #expect(refusal(path).contains("is for another architecture (expected 64-bit little-endian"))
        #expect(refusal(folder.path + "/none.so") == "can't open \(folder.path)/none.so: No such file or directory")
    }

    @Test("A library that lacks a symbol of another one is refused with the loader's reason")
    func missingSymbol() throws {
        let folder = try TemporaryFolder()
        try CLibrary.compile("extern int nowhere_to_be_found(void);\nint f(void) { return nowhere_to_be_found(); }\n", name: "x", into: folder.path)
        #expect(refusal("\(folder.path)/libx.so").contains("nowhere_to_be_found"))
    }

    @Test("One image is loaded once, and found by name, by file name and by path")
    func loadedOnce() throws {
        let folder = try TemporaryFolder()
        try CLibrary.compile(Self.source(""), name: "x", into: folder.path)
        let search = LibrarySearch(folders: ["/nonexistent", folder.path], siteFolder: folder.path)
        let loader = LibraryLoader(hostVersion: "1")
        let modules = try ["x", "libx.so", "./libx.so", "\(folder.path)/libx.so"].map { try loader.load(try search.find($0)) }
        #expect(modules.allSatisfy { $0 === modules[0] })
        #expect(throws: LibraryRefusal.self) { try search.find("./liby.so") }
        #expect(throws: LibraryRefusal.self) { try search.find("y") }
    }

    @Test("The sizes that structs of plugins must have are those of ABI 1.0")
    func sizes() {
        #expect(MinimumSize.module <= MemoryLayout<dsotp_module>.size && MinimumSize.service <= MemoryLayout<dsotp_service>.size)
        let fixed = [
            (MinimumSize.error, MemoryLayout<dsotp_error>.size), (MinimumSize.publication, MemoryLayout<dsotp_publication>.size),
            (MinimumSize.columnName, MemoryLayout<dsotp_column_name>.size), (MinimumSize.points, MemoryLayout<dsotp_points>.size),
            (MinimumSize.columnSearch, MemoryLayout<dsotp_column_search>.size), (MinimumSize.read, MemoryLayout<dsotp_read>.size),
            (MinimumSize.route, MemoryLayout<dsotp_route>.size), (MinimumSize.response, MemoryLayout<dsotp_response>.size),
            (MinimumSize.health, MemoryLayout<dsotp_health>.size),
        ]
        for (minimum, size) in fixed { #expect(minimum <= size) }
    }
}
