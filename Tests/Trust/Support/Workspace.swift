import Foundation

@testable import Trust

/// A folder of its own for one test, removed with it.
final class Workspace: Sendable {
    let path: String

    init() throws {
        // Not below a folder that all may write: such folders are what some tests are about.
        path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appending(path: "dsotp-trust-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o644) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(filePath: file))
        try setMode(mode, of: file)
        return file
    }

    func setMode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
}

/// Small libraries, compiled with the system's C compiler.
enum CLibrary {
    struct CompilerFailed: Error, CustomStringConvertible { let description: String }

    /// The bytes of a library with an identity note, for tests that only read.
    static let noted: Result<[UInt8], any Error> = Result {
        try compile(
            """
            #include "dsotp.h"
            DSOTP_NOTE("org.example.noted", "1.2.3", "A note = and more.");
            __attribute__((constructor)) static void boom(void) { __builtin_trap(); }
            const dsotp_module *dsotp_plugin_entry(const dsotp_host_abi *host) { (void)host; return 0; }
            int other_function(void) { return 1; }
            int other_variable = 1;
            static int hidden_function(void) { return 2; }
            int (*pointer(void))(void) { return hidden_function; }
            """, ["-Wl,-soname,libnoted.so.1", "-Wl,-rpath,/opt/example", "-Wl,--no-as-needed", "-lm"])
    }

    static func compile(_ source: String, _ arguments: [String] = []) throws -> [UInt8] {
        let workspace = try Workspace()
        let file = try workspace.write("library.c", Array(source.utf8))
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        compiler.arguments = ["cc", "-std=c11", "-fPIC", "-shared", "-I", headers, file, "-o", "\(workspace.path)/library.so"] + arguments
        let output = Pipe()
        compiler.standardError = output
        try compiler.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw CompilerFailed(description: text) }
        return try workspace.bytes("\(workspace.path)/library.so")
    }

    /// The folder of `dsotp.h`.
    private static let headers: String = {
        let tests = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
        return tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "PluginAPI/CPluginAPI").path
    }()
}
