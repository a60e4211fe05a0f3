import Foundation
import Testing

/// The layers of ARCHITECTURE.md, kept by reading the import lines of every source file.
@Suite("Import rules")
struct ImportRulesTests {
    /// What the Swift files below each folder may import of this package's own modules.
    static let allowed: [(folder: String, modules: Set<String>)] = [
        ("PluginAPI/PluginAPI", ["CPluginAPI"]),
        ("PluginAPI/PluginTestKit", ["CPluginAPI", "PluginAPI"]),
        ("PluginAPI/Examples", ["CPluginAPI", "PluginAPI"]),
        ("Host/Topics", []),
        ("Host/Databus", ["Topics"]),
        ("Host/HTTPClient", []),
        ("Host/Storage", ["CSQLite", "CZlib", "HTTPClient"]),
        ("Host/Access", ["Topics"]),
        ("Host/Gateway", ["CZlib", "Topics"]),
        ("Host/Foreign", ["CLibFFI", "CPluginAPI", "PluginAPI"]),
        ("Host/Runtime", ["CPluginAPI", "Foreign", "Topics"]),
        ("Host/Trust", []),
        ("Host/Recording", []),
        ("Host/Command", [
            "Topics", "Databus", "HTTPClient", "Storage", "Access", "Trust", "Gateway", "Recording", "Runtime", "CPluginAPI", "PluginAPI", "PluginTestKit",
        ]),
        ("Emulation", ["Databus", "Runtime", "EmulatedWeather", "Grid", "LiveGrid", "LoadProfiles", "SiteCalendar", "PluginAPI"]),
        ("Plugins/EmulatedWeather", ["PluginAPI", "SiteCalendar"]),
        ("Plugins/ForecastModels", ["LoadProfiles"]),
        ("Plugins/Restoration", ["Grid"]),
        ("Plugins/FlexibilityMarket", ["PluginAPI", "SiteCalendar", "StreamedXML"]),
        ("Plugins/Congestion", ["Grid", "LinearProgramming", "Solvers"]),
        ("Plugins", [
            "CPluginAPI", "PluginAPI", "Grid", "Solvers", "Estimation", "Readings", "LiveGrid", "SiteCalendar", "LoadProfiles", "StreamedXML", "ForecastModels",
            "Restoration", "LinearProgramming", "Balancing", "Congestion", "EmulatedWeather", "FlexibilityMarket",
        ]),
    ]

    static let ownModules: Set<String> = [
        "CPluginAPI", "PluginAPI", "PluginTestKit", "Topics", "CSQLite", "CZlib", "Databus", "HTTPClient", "Storage", "Access", "Trust", "Gateway", "Recording", "Runtime",
        "CLibFFI", "Foreign", "Command", "Solvers", "Grid", "Estimation", "Readings", "LiveGrid", "SiteCalendar", "LoadProfiles", "StreamedXML",
        "ForecastModels", "LinearProgramming", "Balancing", "Congestion", "Flexibility", "FlexibilityMarket", "CommunityBalancing", "Restoration", "DatabaseAdapter", "FaultRestoration", "GridEmulator",
        "Forecasting", "StateEstimation", "PrometheusExporter", "GrafanaExporter", "CSVExporter", "VoltageBand",
        "SiteEmulator", "EmulatedWeather",
    ]

    @Test("Every module imports only what its layer may import", arguments: allowed.map(\.folder))
    func imports(folder: String) throws {
        let permitted = try #require(Self.allowed.first { $0.folder == folder }).modules
        let files = try Repository.swiftFiles(below: folder)
        #expect(!files.isEmpty)
        for file in files {
            let own = Set(try Repository.imports(of: file)).intersection(Self.ownModules)
            let beyond = own.subtracting(permitted).subtracting(Self.nameOfPlugin(file))
            #expect(beyond.isEmpty, "\(file.path) imports \(beyond.sorted().joined(separator: ", "))")
        }
    }

    @Test("Foundation stays out of the hot core", arguments: [
        "Host/Topics", "Host/Databus", "Host/HTTPClient", "Host/Storage", "Host/Foreign", "Host/Runtime", "PluginAPI/PluginAPI", "Plugins", "PluginAPI/Examples",
    ])
    func foundation(folder: String) throws {
        for file in try Repository.swiftFiles(below: folder) {
            let found = try Repository.imports(of: file).filter { $0.hasPrefix("Foundation") }
            #expect(found.isEmpty, "\(file.path) imports \(found.joined(separator: ", "))")
        }
    }

    @Test("Every folder of sources is covered by a rule")
    func coverage() throws {
        for top in ["Emulation", "Host", "PluginAPI", "Plugins"] {
            for file in try Repository.swiftFiles(below: top) where file.lastPathComponent != "Package.swift" {
                let path = Repository.relative(file)
                #expect(Self.allowed.contains { path.hasPrefix($0.folder + "/") }, "no import rule covers \(path)")
            }
        }
    }

    /// A plugin may be split into a library of its own and the thin image with the entry, both below one folder of Plugins.
    private static func nameOfPlugin(_ file: URL) -> Set<String> {
        let parts = Repository.relative(file).split(separator: "/").map(String.init)
        let folders: [String] = switch parts.first {
        case "Plugins": parts.count > 2 ? [parts[1]] : []
        case "PluginAPI" where parts.dropFirst().first == "Examples": parts.count > 3 ? [parts[2]] : []
        default: []
        }
        return Set(folders.flatMap { [$0, $0 + "Logic", $0 + "Core", $0 + "Service"] })
    }
}

@Suite("House rules")
struct HouseRulesTests {
    @Test("Every top-level folder says in a README what lives there", arguments: [
        "PluginAPI", "Host", "Plugins", "Tests", "Benchmarks", "manifests", "k8s", "packaging",
    ])
    func readme(folder: String) throws {
        let text = try String(contentsOf: Repository.root.appending(path: "\(folder)/README.md"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines <= 60, "\(folder)/README.md has \(lines) lines, a screen is enough")
    }

    @Test("No source file is longer than 600 lines")
    func fileLength() throws {
        for top in ["Host", "PluginAPI", "Plugins"] {
            for file in try Repository.swiftFiles(below: top) {
                let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).count
                #expect(lines <= 600, "\(file.path) has \(lines) lines")
            }
        }
    }

    @Test("Sources promise nothing that is not there: no try!, fatalError, TODO or FIXME")
    func promises() throws {
        for top in ["Host", "PluginAPI", "Plugins"] {
            for file in try Repository.swiftFiles(below: top) {
                let text = try String(contentsOf: file, encoding: .utf8)
                for word in ["try!", "fatalError(", "TODO", "FIXME"] {
                    #expect(!text.contains(word), "\(file.path) contains \(word)")
                }
            }
        }
    }

    @Test("The README has at most 150 lines")
    func readmeLength() throws {
        let text = try String(contentsOf: Repository.root.appending(path: "README.md"), encoding: .utf8)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 150)
    }
}

/// The working copy that this test was compiled from.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func swiftFiles(below folder: String) throws -> [URL] {
        let base = root.appending(path: folder)
        guard let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
        return walker.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    static func relative(_ file: URL) -> String {
        String(file.path.dropFirst(root.path.hasSuffix("/") ? root.path.count : root.path.count + 1))
    }

    static func imports(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard let position = words.firstIndex(of: "import"), position < words.count - 1,
                words[..<position].allSatisfy({ $0.hasPrefix("@") || ["public", "internal", "package", "private", "fileprivate"].contains($0) })
            else { return nil }
            let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "typealias"]
            let name = kinds.contains(words[position + 1]) && position + 2 < words.count ? words[position + 2] : words[position + 1]
            return name.split(separator: ".").first.map(String.init)
        }
    }
}
