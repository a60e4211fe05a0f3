internal import Runtime
internal import Storage

/// The services' small durable memory, in the storage's key-value file.
final class MemoryBridge: ServiceMemory {
    private let store: KeyValueStore

    init(store: KeyValueStore) {
        self.store = store
    }

    func get(service: String, key: String) throws(ServiceMemoryError) -> [UInt8]? {
        do throws(StorageError) { return try store.get(service: service, key: key) } catch { throw ServiceMemoryError(error) }
    }

    func put(service: String, key: String, value: [UInt8], quota: Int) throws(ServiceMemoryError) {
        do throws(StorageError) {
            try store.put(service: service, key: key, value: value, quotaBytes: Int64(quota))
        } catch {
            throw ServiceMemoryError(error)
        }
    }

    func remove(service: String, key: String) throws(ServiceMemoryError) {
        do throws(StorageError) { try store.remove(service: service, key: key) } catch { throw ServiceMemoryError(error) }
    }

    func visit(service: String, prefix: String, _ body: (_ key: String, _ value: [UInt8]) -> Bool) throws(ServiceMemoryError) {
        do throws(StorageError) {
            try store.visit(service: service, prefix: prefix, body)
        } catch {
            throw ServiceMemoryError(error)
        }
    }
}

extension ServiceMemoryError {
    fileprivate init(_ error: StorageError) {
        self = error.code == .inputOutput ? .inputOutput(error.description) : .quotaExceeded(error.description)
    }
}
