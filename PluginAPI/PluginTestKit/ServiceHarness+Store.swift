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
}
