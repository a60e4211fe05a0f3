import CPluginAPI
import Foundation
import PluginAPI
import PluginTestKit
import Synchronization
import Testing
import Yams

@testable import Foreign

/// The sample library, compiled once, and descriptions of it.
enum Samples {
    static let library: Result<String, any Error> = Result { try compile("sample.c", with: ["cc", "-std=c11", "-D_GNU_SOURCE", "-O1"], more: ["-lm"]) }

    struct CompilerFailed: Error, CustomStringConvertible {
        let description: String
    }

    /// Compiles a file beside this one, or of a path below the repository, to a shared library; returns its path.
    static func compile(_ file: String, with compiler: [String], more: [String] = []) throws -> String {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let source = file.contains("/") ? here.appending(path: "../../../\(file)") : here.appending(path: file)
        let folder = FileManager.default.temporaryDirectory.appending(path: "dsotp-foreign-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let image = folder.appending(path: "lib\(source.deletingPathExtension().lastPathComponent).so").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = compiler + ["-fPIC", "-shared", source.path, "-o", image] + more
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CompilerFailed(description: text) }
        return image
    }

    /// Reads a `foreign` section. Lines count from its first.
    static func read(_ yaml: String, subscriptions: [String] = ["in/#"]) throws -> (description: ForeignDescription, problems: [SectionProblem]) {
        let root = try #require(try Parser(yaml: yaml, resolver: .basic, encoding: .utf8).singleRoot())
        return ForeignDescription.read(node(root), file: "x.yaml", subscriptions: subscriptions)
    }

    /// An example's manifest: its `foreign` section and its subscriptions.
    static func example(_ name: String) throws -> (description: ForeignDescription, problems: [SectionProblem], subscriptions: [String]) {
        try manifest(try text(of: "PluginAPI/Examples/foreign-libraries/\(name).yaml"), name: name)
    }

    /// The text of a file of the repository.
    static func text(of path: String) throws -> String {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../\(path)")
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// The same of a manifest's text.
    static func manifest(
        _ text: String, name: String
    ) throws -> (description: ForeignDescription, problems: [SectionProblem], subscriptions: [String]) {
        let root = try #require(try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot())
        let subscriptions = root["subscribe"]?.sequence?.compactMap(\.string) ?? []
        let (description, problems) = ForeignDescription.read(node(try #require(root["foreign"])), file: name, subscriptions: subscriptions)
        return (description, problems, subscriptions)
    }

    private static func node(_ given: Node) -> SectionNode {
        let line = given.mark?.line ?? 0
        switch given {
        case .scalar(let scalar): return SectionNode(line: line, content: .scalar(scalar.string, isPlain: scalar.style == .plain || scalar.style == .any))
        case .sequence(let items): return SectionNode(line: line, content: .list(items.map(node)))
        case .mapping(let entries):
            return SectionNode(
                line: line,
                content: .mapping(entries.map { SectionEntry(key: $0.key.string ?? "", line: $0.key.mark?.line ?? line, value: node($0.value)) }))
        case .alias: return SectionNode(line: line, content: .scalar("", isPlain: true))
        }
    }

    /// A service of a library, by default the sample, in a host of the test kit.
    static func harness(
        _ yaml: String, image: String? = nil, config: String = "{}", subscriptions: [String] = ["in/#"], name: String = UUID().uuidString
    ) throws -> ServiceHarness {
        let (description, problems) = try read(yaml, subscriptions: subscriptions)
        return try harness(description, problems, image: image, config: config, subscriptions: subscriptions, name: name)
    }

    /// The same of a description that was read already.
    static func harness(
        _ description: ForeignDescription, _ problems: [SectionProblem], image: String?, config: String, subscriptions: [String],
        name: String = UUID().uuidString
    ) throws -> ServiceHarness {
        guard problems.isEmpty else { throw CompilerFailed(description: problems.map { "\($0.line): \($0.sentence)" }.joined(separator: "\n")) }
        let path = try image ?? library.get()
        let library = try NativeLibrary(image: path, path: path, description: description)
        let module = ForeignModule.make(service: name, file: "sample", description: description, library: library) { sentence in
            throw ServiceError.internal(sentence)
        }
        return try lock.withLock { _ in
            // A C function can't be bound to a module, so that it finds the one to give here.
            address = UInt(bitPattern: module)
            return try ServiceHarness(
                library: ServiceLibrary(entry: { _ in UnsafePointer(bitPattern: Samples.address) }), name: name, config: config,
                permissions: Permissions(subscribe: subscriptions))
        }
    }

    private static let lock = Mutex(())
    /// Written and read with the lock held.
    private nonisolated(unsafe) static var address: UInt = 0
}
