import Foundation

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("dsotp-runtime-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        let file = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }
}

/// Compiles small C libraries with the system's compiler.
enum CLibrary {
    struct CompilerFailed: Error, CustomStringConvertible {
        let description: String
    }

    /// Compiles `source` to `lib<name>.so` in a folder.
    /// - Parameter headers: the folder of `dsotp.h`.
    static func compile(
        _ source: String, name: String, into folder: String, headers: String = headers, arguments: [String] = []
    ) throws {
        let file = "\(folder)/\(name).c"
        try Data(source.utf8).write(to: URL(fileURLWithPath: file))
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments =
            ["cc", "-std=c11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-pthread", "-O1", "-I", headers, file, "-o", "\(folder)/lib\(name).so"]
            + arguments
        let output = Pipe()
        compiler.standardError = output
        try compiler.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw CompilerFailed(description: text) }
    }

    /// The folder of `dsotp.h`, found upwards from this file.
    static let headers: String = {
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent("PluginAPI/CPluginAPI")
            if FileManager.default.fileExists(atPath: candidate.appendingPathComponent("dsotp.h").path) { return candidate.path }
            folder = folder.deletingLastPathComponent()
        }
        return "PluginAPI/CPluginAPI"
    }()

    /// A folder with `libprobe.so`, compiled once for all tests. It stays until the process ends.
    static let probe: Result<TemporaryFolder, any Error> = Result {
        let folder = try TemporaryFolder()
        try compile(probeSource, name: "probe", into: folder.path)
        return folder
    }
}
