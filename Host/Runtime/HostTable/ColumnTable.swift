internal import CPluginAPI
internal import Synchronization

/// The columns that a service resolved or found, by handles of its own: a service can name no column that it was not given, so the
/// rights of the manifest are checked once a column and not once a point.
final class ColumnTable: Sendable {
    struct Column {
        /// The store's handle.
        let stored: UInt64
        let type: PointType
        let mayRead: Bool
        let mayWrite: Bool
    }
    private struct State {
        var columns: [Column] = []
        var handles: [UInt64: UInt64] = [:]
    }
    private let state = Mutex(State())

    /// The service's handle for a column of the store, from 1.
    func handle(for column: Column) -> UInt64 {
        state.withLock { state in
            if let handle = state.handles[column.stored] { return handle }
            state.columns.append(column)
            let handle = UInt64(state.columns.count)
            state.handles[column.stored] = handle
            return handle
        }
    }

    /// Forgets all: no handle is known any more.
    func removeAll() { state.withLock { $0 = State() } }

    func column(_ handle: UInt64) -> Column? {
        state.withLock { handle >= 1 && handle <= UInt64($0.columns.count) ? $0.columns[Int(handle) - 1] : nil }
    }

    /// Replaces the service's handles by the store's in `output`, if each is known, may be written to and has type `type`.
    func translate(
        _ handles: UnsafeBufferPointer<UInt64>, type: PointType, into output: UnsafeMutableBufferPointer<UInt64>
    ) throws(ServiceFault) {
        let wrong: UInt64? = state.withLock { state in
            state.columns.withUnsafeBufferPointer { columns in
                for index in handles.indices {
                    let handle = handles[index]
                    guard handle &- 1 < UInt64(columns.count) else { return handle }
                    let column = columns[Int(handle &- 1)]
                    guard column.mayWrite, column.type == type else { return handle }
                    output[index] = column.stored
                }
                return nil
            }
        }
        guard let wrong else { return }
        throw fault(wrong, type: type)
    }

    private func fault(_ handle: UInt64, type: PointType) -> ServiceFault {
        guard let column = column(handle) else {
            return ServiceFault(
                status: dsotp_status(DSOTP_INVALID_ARGUMENT),
                sentence: "timeseries: \(handle) is not a column (expected a handle from resolve or find)")
        }
        guard column.mayWrite else {
            return ServiceFault(
                status: dsotp_status(DSOTP_NOT_PERMITTED),
                sentence: "timeseries: the column \(handle) may only be read (add its measurement to 'timeseries: write' in the manifest)")
        }
        return ServiceFault(
            status: dsotp_status(DSOTP_INVALID_ARGUMENT),
            sentence: "timeseries: the column \(handle) has another type (expected \(column.type); got \(type))")
    }
}
