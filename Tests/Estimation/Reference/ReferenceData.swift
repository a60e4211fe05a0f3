import Foundation

/// The reference data that is not part of the repository: `DSOTP_REFERENCE_DATA`, or `../shared/data` beside it.
enum ReferenceData {
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["DSOTP_REFERENCE_DATA"] { return URL(filePath: named) }
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().pathComponents.dropLast(4)
        return URL(filePath: "/" + root.dropFirst().dropLast().joined(separator: "/")).appending(path: "shared/data")
    }()

    /// Whether a folder is there; says so once where it is not.
    static func has(_ name: String) -> Bool {
        let found = FileManager.default.fileExists(atPath: folder.appending(path: name).path)
        if !found { print("SKIPPED: no \(folder.appending(path: name).path); set DSOTP_REFERENCE_DATA to run the tests of \(name)") }
        return found
    }

    static func decode<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(contentsOf: folder.appending(path: path)))
    }

    static func text(_ path: String) throws -> String { try String(contentsOf: folder.appending(path: path), encoding: .utf8) }

    static let balanced = [
        "case33bw", "cigre_mv", "cigre_mv_der", "cigre_lv", "mv_oberrhein", "simbench_lv_rural1", "simbench_mv_rural", "case118",
        "case1354pegase", "synth_radial_1k",
    ]
    static let unbalanced = ["ieee13_3ph", "ieee123_3ph", "lv_asym_42"]

    static func balancedCase(_ name: String) throws -> BalancedCase { try decode("se_cases/\(name).json") }
    static func unbalancedCase(_ name: String) throws -> UnbalancedCase { try decode("se_cases/\(name).json") }
}
