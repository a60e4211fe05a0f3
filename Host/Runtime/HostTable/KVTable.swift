internal import CPluginAPI

/// `dsotp.kv/1`.
enum KVTable {
    static var table: dsotp_kv {
        dsotp_kv(
            size: UInt32(MemoryLayout<dsotp_kv>.size), reserved: 0,
            get: { host, key, value, error in
                Self.run(host, error) { context throws(KVFailure) in
                    guard let value else { throw .fault(.invalid("kv: the place for the value is NULL")) }
                    let key = try Self.key(key)
                    if let remote = context.remote {
                        let stored = try Self.remotely { () throws(ServiceFault) in try remote.host.memoryGet(key) }
                        value.pointee = stored.withUnsafeBytes { dsotp_owned_bytes(copying: $0) }
                        return
                    }
                    guard
                        let stored = try Self.memory({ () throws(ServiceMemoryError) in
                            try context.bridges.memory.get(service: context.manifest.service, key: key)
                        })
                    else {
                        throw .fault(ServiceFault(status: dsotp_status(DSOTP_NOT_FOUND), sentence: "kv: there is no key '\(key)'"))
                    }
                    value.pointee = stored.withUnsafeBytes { dsotp_owned_bytes(copying: $0) }
                }
            },
            put: { host, key, value, error in
                Self.run(host, error) { context throws(KVFailure) in
                    let key = try Self.key(key)
                    guard let value = UnsafeRawBufferPointer(value) else { throw .fault(.invalid("kv: the value is NULL with a count")) }
                    let quota = context.manifest.memoryQuota
                    // Looked at before the copy: a value of gigabytes must not cost as much of the host's memory.
                    guard value.count <= quota else {
                        throw .memory(.quotaExceeded("kv: the value has \(value.count) bytes (expected at most kv_quota, \(quota))"))
                    }
                    if let remote = context.remote {
                        return try Self.remotely { () throws(ServiceFault) in try remote.host.memoryPut(key, value) }
                    }
                    try Self.memory { () throws(ServiceMemoryError) in
                        try context.bridges.memory.put(service: context.manifest.service, key: key, value: Array(value), quota: quota)
                    }
                }
            },
            remove: { host, key, error in
                Self.run(host, error) { context throws(KVFailure) in
                    let key = try Self.key(key)
                    if let remote = context.remote {
                        return try Self.remotely { () throws(ServiceFault) in try remote.host.memoryRemove(key) }
                    }
                    try Self.memory { () throws(ServiceMemoryError) in
                        try context.bridges.memory.remove(service: context.manifest.service, key: key)
                    }
                }
            },
            visit: { host, prefix, visit, opaque, error in
                Self.run(host, error) { context throws(KVFailure) in
                    guard let visit else { throw .fault(.invalid("kv: the function to call is NULL")) }
                    let prefix = try Self.text(prefix, 0...256)
                    if let remote = context.remote {
                        let found = try Self.remotely { () throws(ServiceFault) in try remote.host.memoryVisit(prefix) }
                        for (key, value) in found { guard Self.lend(key, value, { visit(opaque, $0, $1) }) != 0 else { return } }
                        return
                    }
                    try Self.memory { () throws(ServiceMemoryError) in
                        try context.bridges.memory.visit(service: context.manifest.service, prefix: prefix) { key, value in
                            Self.lend(key, value) { visit(opaque, $0, $1) } != 0
                        }
                    }
                }
            })
    }

    private enum KVFailure: Error {
        case fault(ServiceFault)
        case memory(ServiceMemoryError)

        var fault: ServiceFault {
            switch self {
            case .fault(let fault): return fault
            case .memory(let error):
                let isQuota = error.code == .quotaExceeded
                return ServiceFault(
                    status: dsotp_status(isQuota ? DSOTP_LIMIT_REACHED : DSOTP_INPUT_OUTPUT), isRetryable: !isQuota,
                    sentence: error.description)
            }
        }
    }

    private static func run(
        _ host: UnsafePointer<dsotp_host>?, _ error: UnsafeMutablePointer<dsotp_error>?, _ body: (ServiceContext) throws(KVFailure) -> Void
    ) -> dsotp_status {
        HostCall.run(host, error) { context throws(ServiceFault) in
            do throws(KVFailure) { try body(context) } catch { throw error.fault }
        }
    }

    private static func memory<Result>(_ body: () throws(ServiceMemoryError) -> Result) throws(KVFailure) -> Result {
        do throws(ServiceMemoryError) { return try body() } catch { throw .memory(error) }
    }

    private static func remotely<Result>(_ body: () throws(ServiceFault) -> Result) throws(KVFailure) -> Result {
        do throws(ServiceFault) { return try body() } catch { throw .fault(error) }
    }

    private static func key(_ bytes: dsotp_plugin_bytes) throws(KVFailure) -> String { try text(bytes, 1...256) }

    private static func text(_ bytes: dsotp_plugin_bytes, _ length: ClosedRange<UInt64>) throws(KVFailure) -> String {
        do throws(ServiceFault) { return try HostCall.text(bytes, "kv: the key", length) } catch { throw .fault(error) }
    }

    private static func lend(_ key: String, _ value: [UInt8], _ body: (dsotp_host_bytes, dsotp_host_bytes) -> UInt32) -> UInt32 {
        var key = key
        return key.withUTF8 { key in
            value.withUnsafeBytes { value in
                body(
                    dsotp_host_bytes(data: key.baseAddress, count: UInt64(key.count)),
                    dsotp_host_bytes(data: value.baseAddress, count: UInt64(value.count)))
            }
        }
    }
}
