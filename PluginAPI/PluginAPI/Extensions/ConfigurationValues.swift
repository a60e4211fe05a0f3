import CPluginAPI

/// `dsotp.config/1`: single values of the configuration. A path joins keys and list indexes by dots, `mapping.0.field`; a dot or
/// a backslash inside a key is written `\.` or `\\`. The service's own thread only. The getters give nil for a value that is not
/// there, and throw ``Status/invalidConfiguration`` for one of another type.
public struct ConfigurationValues: Sendable {
    let table: HostTable<dsotp_config>

    /// A text.
    public func text(_ path: String) throws(ServiceError) -> String? {
        var value = dsotp_host_bytes()
        let isThere = try get(path) { functions, path, error in functions.get_text(table.host, path, &value, error) }
        return isThere ? String(decoding: value.buffer, as: UTF8.self) : nil
    }

    /// A number, whole or not.
    public func number(_ path: String) throws(ServiceError) -> Double? {
        var value = 0.0
        return try get(path) { functions, path, error in functions.get_number(table.host, path, &value, error) } ? value : nil
    }

    /// A whole number.
    public func integer(_ path: String) throws(ServiceError) -> Int64? {
        var value: Int64 = 0
        return try get(path) { functions, path, error in functions.get_integer(table.host, path, &value, error) } ? value : nil
    }

    /// A truth value.
    public func boolean(_ path: String) throws(ServiceError) -> Bool? {
        var value: UInt32 = 0
        return try get(path) { functions, path, error in functions.get_boolean(table.host, path, &value, error) } ? value == 1 : nil
    }

    /// How many elements a list, or members an object, has. The empty path is the whole configuration.
    public func count(_ path: String) throws(ServiceError) -> Int? {
        var value: UInt64 = 0
        let isThere = try get(path) { functions, path, error in functions.get_count(table.host, path, &value, error) }
        return isThere ? Int(clamping: value) : nil
    }

    /// The keys of an object, in the order of the manifest.
    public func keys(_ path: String) throws(ServiceError) -> [String] {
        var keys: [String] = []
        for index in 0..<UInt64(try count(path) ?? 0) {
            var key = dsotp_host_bytes()
            guard try get(path, { functions, path, error in functions.get_key(table.host, path, index, &key, error) }) else {
                break
            }
            keys.append(String(decoding: key.buffer, as: UTF8.self))
        }
        return keys
    }

    /// Calls a getter; false if there is no such value.
    private func get(
        _ path: String, _ getter: (dsotp_config, dsotp_plugin_bytes, UnsafeMutablePointer<dsotp_error>) -> dsotp_status
    ) throws(ServiceError) -> Bool {
        let functions = try table.required()
        do throws(ServiceError) {
            try path.withPluginBytes { path throws(ServiceError) in
                try ServiceError.check { error in getter(functions, path, error) }
            }
            return true
        } catch {
            guard error.status == .notFound else { throw error }
            return false
        }
    }
}
