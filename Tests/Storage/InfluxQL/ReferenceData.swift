import Glibc

@testable import Storage

/// Recorded cases that are kept beside the repository, not in it.
enum ReferenceData {
    /// The folder of the cases: `DSOTP_REFERENCE_DATA`, or `../shared/data` of the folder that holds Package.swift.
    static let folder: String? = {
        if let path = getenv("DSOTP_REFERENCE_DATA") { return String(cString: path) }
        var parts = #filePath.split(separator: "/").dropLast()
        while !parts.isEmpty {
            let root = "/" + parts.joined(separator: "/")
            if access(root + "/Package.swift", R_OK) == 0 {
                let data = root + "/../shared/data"
                return access(data, R_OK) == 0 ? data : nil
            }
            parts = parts.dropLast()
        }
        return nil
    }()

    static func has(_ name: String) -> Bool { folder.map { access($0 + "/" + name, R_OK) == 0 } ?? false }

    static func load(_ name: String) -> JSONValue? {
        guard let folder, let file = fopen(folder + "/" + name, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return JSONValue(String(decoding: bytes, as: UTF8.self))
    }
}

extension JSONValue {
    subscript(_ key: String) -> JSONValue? { if case .object(let members) = self { members[key] } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var isTrue: Bool { self == .boolean(true) }

    /// Whether both say the same; numbers by value.
    func means(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.number(let left), .number(let right)): left == right || Double(left) == Double(right)
        case (.array(let left), .array(let right)): left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
        case (.object(let left), .object(let right)):
            left.count == right.count && left.allSatisfy { key, value in right[key].map { value.means($0) } ?? false }
        default: self == other
        }
    }
}
