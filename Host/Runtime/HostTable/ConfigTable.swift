internal import CPluginAPI

/// `dsotp.config/1`.
enum ConfigTable {
    static var table: dsotp_config {
        dsotp_config(
            size: UInt32(MemoryLayout<dsotp_config>.size), reserved: 0,
            get_text: { host, path, value, error in
                Self.get(host, path, value, error) { config, path throws(ServiceFault) in try config.text(at: path) }
            },
            get_number: { host, path, value, error in
                Self.get(host, path, value, error) { config, path throws(ServiceFault) in try config.number(at: path) }
            },
            get_integer: { host, path, value, error in
                Self.get(host, path, value, error) { config, path throws(ServiceFault) in try config.integer(at: path) }
            },
            get_boolean: { host, path, value, error in
                Self.get(host, path, value, error) { config, path throws(ServiceFault) in try config.boolean(at: path) ? 1 : 0 }
            },
            get_count: { host, path, value, error in
                Self.get(host, path, value, error) { config, path throws(ServiceFault) in UInt64(try config.count(at: path)) }
            },
            get_key: { host, path, index, value, error in
                Self.get(host, path, value, error) { config, path throws(ServiceFault) in try config.key(at: path, index: index) }
            })
    }

    private static func get<Value>(
        _ host: UnsafePointer<dsotp_host>?, _ path: dsotp_plugin_bytes, _ output: UnsafeMutablePointer<Value>?,
        _ error: UnsafeMutablePointer<dsotp_error>?, _ read: (ConfigStore, String) throws(ServiceFault) -> Value
    ) -> dsotp_status {
        HostCall.run(host, error, serviceThreadOnly: true, checkingAllowed: true) { context throws(ServiceFault) in
            guard let output else { throw .invalid("config: the place for the value is NULL") }
            output.pointee = try read(context.config, try HostCall.text(path, "config: the path", 0...4_096))
        }
    }
}
