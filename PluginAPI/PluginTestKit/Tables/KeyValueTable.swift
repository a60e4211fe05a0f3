import CPluginAPI
import PluginAPI

let keyValueTable = dsotp_kv(
    size: UInt32(MemoryLayout<dsotp_kv>.size), reserved: 0,
    get: { host, key, value, error in
        keyValueCall(host, error, "get") { host throws(ServiceError) in
            let key = [UInt8](key.buffer)
            guard let found = host.withState({ $0.keyValues[key] }) else {
                throw .notFound("there is no key '\(String(decoding: key, as: UTF8.self))'")
            }
            value?.pointee = dsotp_owned_bytes(owning: found)
        }
    },
    put: { host, key, value, error in
        keyValueCall(host, error, "put") { host throws(ServiceError) in
            guard (1...256).contains(key.buffer.count), isUTF8(key.buffer) else {
                throw .invalidArgument("a key has 1 to 256 bytes of UTF-8, got \(key.count) bytes")
            }
            let key = [UInt8](key.buffer)
            let value = [UInt8](value.buffer)
            let quota = host.permissions.keyValueQuota
            let fits = host.withState { state in
                let others = state.keyValues.reduce(0) { $1.key == key ? $0 : $0 + $1.key.count + $1.value.count }
                guard others + key.count + value.count <= quota else { return false }
                state.keyValues[key] = value
                return true
            }
            if !fits { throw .limitReached("the quota of \(quota) bytes for keys and values is used up") }
        }
    },
    remove: { host, key, error in
        keyValueCall(host, error, "remove") { host throws(ServiceError) in
            let key = [UInt8](key.buffer)
            host.withState { $0.keyValues[key] = nil }
        }
    },
    visit: { host, prefix, visit, context, error in
        keyValueCall(host, error, "visit") { host throws(ServiceError) in
            let prefix = [UInt8](prefix.buffer)
            let found = host.withState { state in
                state.isVisitingKeyValues = true
                return state.keyValues.filter { $0.key.starts(with: prefix) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            }
            for (key, value) in found {
                let goesOn = key.withUnsafeBytes { key in
                    value.withUnsafeBytes { visit?(context, dsotp_host_bytes(key), dsotp_host_bytes($0)) ?? 0 }
                }
                if goesOn == 0 { break }
            }
            host.withState { $0.isVisitingKeyValues = false }
        }
    })

private func keyValueCall(
    _ host: UnsafePointer<dsotp_host>?, _ error: UnsafeMutablePointer<dsotp_error>?, _ name: StaticString,
    _ work: (MemoryHost) throws(ServiceError) -> Void
) -> dsotp_status {
    hostCall(host, error, .kv, name) { host throws(ServiceError) in
        guard !host.withState({ $0.isVisitingKeyValues }) else {
            host.violation("\(name) of dsotp.kv/1 is called while visiting")
            throw .invalidState("\(name) may not be called while visiting")
        }
        try work(host)
    }
}
