import Foundation
import Balancing

/// The reference data, which is not part of the repository.
enum ReferenceData {
    static let folder = (ProcessInfo.processInfo.environment["DSOTP_REFERENCE_DATA"].map { URL(filePath: $0) }
        ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/data"))

    static var isThere: Bool { FileManager.default.fileExists(atPath: folder.appending(path: "balancing_cases").path) }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: path))) }

    /// A problem of `balancing_cases`, and the optimum that it states.
    static func problem(_ name: String) throws -> (problem: BalancingProblem, optimum: Double) {
        let bytes = try bytes("balancing_cases/\(name).json")
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        let optimum = (object?["optimum"] as? [String: Any])?["objective"] as? Double
        return (try bytes.withUnsafeBytes { try CaseReader.problem($0) }, optimum ?? .nan)
    }
}
