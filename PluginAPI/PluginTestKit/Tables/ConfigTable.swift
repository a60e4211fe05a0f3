import CPluginAPI
import PluginAPI

/// The configuration that `dsotp.config/1` reads, with the texts it lent.
struct MemoryConfiguration {
    private let root: JSONValue
    private var lent: [UnsafeMutableRawBufferPointer] = []

    init(_ root: JSONValue = .object([])) { self.root = root }

    /// The value at a path of keys and indexes.
    func value(at path: String) -> JSONValue? {
        var value = root
        for part in MemoryConfiguration.parts(of: path) {
            guard let next = Int(part).flatMap({ value[$0] }) ?? value[part] else { return nil }
            value = next
        }
        return value
    }

    /// Lends a text until `release`.
    mutating func lend(_ text: String) -> dsotp_host_bytes {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        lent.append(copy)
        return dsotp_host_bytes(UnsafeRawBufferPointer(copy))
    }

    /// Frees what was lent, after overwriting it so that a service that kept it is found out.
    mutating func release() {
        for text in lent {
            text.initializeMemory(as: UInt8.self, repeating: 0xDB)
            text.deallocate()
        }
        lent.removeAll()
    }

    private static func parts(of path: String) -> [String] {
        guard !path.isEmpty else { return [] }
        var parts = [""]
        var isEscaped = false
        for character in path {
            if isEscaped || (character != "." && character != "\\") {
                parts[parts.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                parts.append("")
            }
        }
        return parts
    }
}

let configTable = dsotp_config(
    size: UInt32(MemoryLayout<dsotp_config>.size), reserved: 0,
    get_text: { host, path, value, error in
        configCall(host, path, error, "get_text", "a text") { host, found in
            guard let text = found.text else { return false }
            value?.pointee = host.withState { $0.configuration.lend(text) }
            return true
        }
    },
    get_number: { host, path, value, error in
        configCall(host, path, error, "get_number", "a number") { _, found in
            guard let number = found.number else { return false }
            value?.pointee = number
            return true
        }
    },
    get_integer: { host, path, value, error in
        configCall(host, path, error, "get_integer", "a whole number") { _, found in
            guard let integer = found.integer else { return false }
            value?.pointee = integer
            return true
        }
    },
    get_boolean: { host, path, value, error in
        configCall(host, path, error, "get_boolean", "true or false") { _, found in
            guard let truth = found.boolean else { return false }
            value?.pointee = truth ? 1 : 0
            return true
        }
    },
    get_count: { host, path, count, error in
        configCall(host, path, error, "get_count", "a list or an object") { _, found in
            guard let number = found.elements?.count ?? found.members?.count else { return false }
            count?.pointee = UInt64(number)
            return true
        }
    },
    get_key: { host, path, index, key, error in
        configCall(host, path, error, "get_key", "an object with more than \(index) members") { host, found in
            guard let members = found.members, index < UInt64(members.count) else { return false }
            key?.pointee = host.withState { $0.configuration.lend(members[Int(index)].key) }
            return true
        }
    })

/// Finds the value of a path; `take` returns whether it has the type that is wanted.
private func configCall(
    _ host: UnsafePointer<dsotp_host>?, _ path: dsotp_plugin_bytes, _ error: UnsafeMutablePointer<dsotp_error>?,
    _ name: StaticString,
    _ expected: String, _ take: (MemoryHost, JSONValue) -> Bool
) -> dsotp_status {
    hostCall(host, error, .config, name, .serviceThread) { host throws(ServiceError) in
        let path = String(path)
        guard let found = host.withState({ $0.configuration.value(at: path) }) else {
            throw .notFound("the configuration has no '\(path)'")
        }
        guard take(host, found) else {
            throw .invalidConfiguration("the configuration's '\(path)' is \(found.kind), expected \(expected)")
        }
    }
}
