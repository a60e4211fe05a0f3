import Foundation

/// The executable that the build put beside the tests.
enum Dsotp {
    struct NotBuilt: Error, CustomStringConvertible { let description: String }

    struct Outcome {
        let status: Int32
        let output: String
        let complaint: String
    }

    static func run(_ arguments: [String], in folder: String? = nil) throws -> Outcome {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(filePath: own).deletingLastPathComponent().appending(path: "dsotp")
        guard FileManager.default.isExecutableFile(atPath: path.path) else {
            throw NotBuilt(description: "\(path.path) is not there: build with swift build --build-tests")
        }
        let process = Process()
        process.executableURL = path
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        let (output, complaint) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = complaint
        try process.run()
        // What goes to standard error is a few lines, so that reading one after the other can't block.
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let rest = complaint.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: text, as: UTF8.self), complaint: String(decoding: rest, as: UTF8.self))
    }

    /// The folder that holds `PluginAPI/`.
    static var sdk: String {
        let tests = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
        return tests.deletingLastPathComponent().deletingLastPathComponent().path
    }
}
