import PluginAPI

extension ServiceHarness {
    /// Puts points into the store as another service would have written them, for a service under test to read. Makes the column if it is new.
    @discardableResult public func store(
        _ field: String, of measurement: String, in database: String = "dsotp", tags: [String: String] = [:], _ points: [StoredPoint]
    ) -> ServiceHarness {
        memory.withState { state in
            let identity = ColumnIdentity(database: database, measurement: measurement, tags: tags, field: field)
            let index: Int
            if let known = state.columnsByName[identity] {
                index = known
            } else {
                state.columns.append(MemoryColumn(identity, type: .float))
                index = state.columns.count - 1
                state.columnsByName[identity] = index
            }
            for point in points {
                withUnsafePointer(to: point.value) { value in
                    state.columns[index].put(point.time, UnsafeRawPointer(value), 0, quality: point.quality)
                }
            }
        }
        return self
    }

    /// Puts a value into the service's durable memory as an older build, or a crash, may have left it; nil removes the key.
    @discardableResult public func putKeyValue(_ key: String, _ value: [UInt8]?) -> ServiceHarness {
        memory.withState { $0.keyValues[Array(key.utf8)] = value }
        return self
    }
}
