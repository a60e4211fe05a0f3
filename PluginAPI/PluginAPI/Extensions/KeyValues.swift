import CPluginAPI

/// `dsotp.kv/1`: a small durable memory of each service. Keys: 1 … 256 bytes of UTF-8. Any thread.
public struct KeyValues: Sendable {
    let table: HostTable<dsotp_kv>

    /// The value of a key, nil if there is none.
    public func get(_ key: String) throws(ServiceError) -> [UInt8]? {
        let functions = try table.required()
        var value = dsotp_owned_bytes()
        do throws(ServiceError) {
            try key.withPluginBytes { key throws(ServiceError) in
                try ServiceError.check { error in functions.get(table.host, key, &value, error) }
            }
        } catch {
            guard error.status == .notFound else { throw error }
            return nil
        }
        return value.takeBytes()
    }

    /// Stores a value, durable when the call returns.
    /// - Throws: ``Status/limitReached`` above the manifest's `kv_quota`; ``Status/inputOutput``: the old value then stands.
    public func put(_ key: String, _ value: [UInt8]) throws(ServiceError) {
        let functions = try table.required()
        try key.withPluginBytes { key throws(ServiceError) in
            try ServiceError.check { error in
                value.withUnsafeBytes { functions.put(table.host, key, dsotp_plugin_bytes($0), error) }
            }
        }
    }

    /// Removes a key, durable when the call returns; one that is not there is ignored.
    public func remove(_ key: String) throws(ServiceError) {
        let functions = try table.required()
        try key.withPluginBytes { key throws(ServiceError) in
            try ServiceError.check { error in functions.remove(table.host, key, error) }
        }
    }

    /// All keys that begin with `prefix`, with their values, in the order of the keys' bytes.
    public func all(withPrefix prefix: String = "") throws(ServiceError) -> [(key: String, value: [UInt8])] {
        let functions = try table.required()
        var found: [(key: String, value: [UInt8])] = []
        try prefix.withPluginBytes { prefix throws(ServiceError) in
            try ServiceError.check { error in
                withUnsafeMutablePointer(to: &found) { found in
                    functions.visit(
                        table.host, prefix,
                        { context, key, value in
                            guard let context else { return 0 }
                            let found = context.assumingMemoryBound(to: [(key: String, value: [UInt8])].self)
                            found.pointee.append((String(decoding: key.buffer, as: UTF8.self), [UInt8](value.buffer)))
                            return 1
                        }, found, error)
                }
            }
        }
        return found
    }
}
