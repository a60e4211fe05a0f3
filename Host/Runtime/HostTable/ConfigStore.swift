internal import CPluginAPI
internal import Glibc

/// The configuration of one instance, for the getters of `dsotp.config/1`. The service's own thread alone uses it.
final class ConfigStore {
    private var root = ConfigValue.object([])
    /// Texts lent to the plugin, which keep their places until the next `configure`.
    private var lent: [String: UnsafeMutableRawBufferPointer] = [:]

    deinit { releaseLent() }

    /// Takes the configuration of a `configure`; what was lent before is no longer valid.
    func replace(_ value: ConfigValue) {
        releaseLent()
        root = value
    }

    private func releaseLent() {
        for buffer in lent.values { buffer.deallocate() }
        lent.removeAll()
    }

    func text(at path: String) throws(ServiceFault) -> dsotp_host_bytes {
        guard case .text(let text) = try value(at: path) else { throw wrongType(path, expected: "a text") }
        return lend(text)
    }

    func number(at path: String) throws(ServiceFault) -> Double {
        switch try value(at: path) {
        case .number(let value): return value
        case .integer(let value): return Double(value)
        default: throw wrongType(path, expected: "a number")
        }
    }

    func integer(at path: String) throws(ServiceFault) -> Int64 {
        switch try value(at: path) {
        case .integer(let value): return value
        case .number(let value):
            guard let whole = Int64(exactly: value) else { throw wrongType(path, expected: "a whole number") }
            return whole
        default: throw wrongType(path, expected: "a whole number")
        }
    }

    func boolean(at path: String) throws(ServiceFault) -> Bool {
        guard case .boolean(let value) = try value(at: path) else { throw wrongType(path, expected: "true or false") }
        return value
    }

    func count(at path: String) throws(ServiceFault) -> Int {
        switch try value(at: path) {
        case .list(let items): return items.count
        case .object(let members): return members.count
        default: throw wrongType(path, expected: "a list or an object")
        }
    }

    func key(at path: String, index: UInt64) throws(ServiceFault) -> dsotp_host_bytes {
        guard case .object(let members) = try value(at: path) else { throw wrongType(path, expected: "an object") }
        guard index < UInt64(members.count) else {
            throw ServiceFault(
                status: dsotp_status(DSOTP_NOT_FOUND), sentence: "config: '\(path)' has \(members.count) members (expected one at \(index))"
            )
        }
        return lend(members[Int(index)].key)
    }

    private func value(at path: String) throws(ServiceFault) -> ConfigValue {
        var value = root
        for part in Self.parts(of: path) {
            var inner: ConfigValue?
            switch value {
            case .object: inner = value[part]
            case .list(let items):
                if let index = Int(part), items.indices.contains(index) { inner = items[index] }
            default: break
            }
            guard let inner else {
                throw ServiceFault(
                    status: dsotp_status(DSOTP_NOT_FOUND),
                    sentence: "config: there is no '\(path)' (got nothing at '\(part)'; add it under 'config' in the manifest)")
            }
            value = inner
        }
        return value
    }

    private func wrongType(_ path: String, expected: String) -> ServiceFault {
        let got = (try? value(at: path))?.kind ?? "nothing"
        return ServiceFault(
            status: dsotp_status(DSOTP_INVALID_CONFIGURATION),
            sentence: "config: '\(path)' has the wrong type (expected \(expected); got \(got); correct it under 'config' in the manifest)")
    }

    private func lend(_ text: String) -> dsotp_host_bytes {
        if let buffer = lent[text] { return dsotp_host_bytes(data: buffer.baseAddress, count: UInt64(buffer.count)) }
        let bytes = Array(text.utf8)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        buffer.copyBytes(from: bytes)
        lent[text] = buffer
        return dsotp_host_bytes(data: buffer.baseAddress, count: UInt64(buffer.count))
    }

    /// The parts of a path between dots, with `\.` and `\\` read as themselves.
    static func parts(of path: String) -> [String] {
        guard !path.isEmpty else { return [] }
        var parts = [""]
        var isEscaped = false
        for character in path {
            if isEscaped {
                parts[parts.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "." {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }
}
