internal import Gateway
internal import Runtime
internal import Storage

/// The store's counters, for the gateway.
struct StoreMonitor: StoreStatistics {
    let store: any StorageDriver
    let driver: Site.StorageSettings.Driver

    func storeStatus() async -> StoreStatus {
        let statistics = store.statistics()
        return StoreStatus(
            driver: driver.rawValue, pointsWritten: statistics.pointsWritten, pointsRefused: statistics.pointsRefused, columns: statistics.columns,
            bytesOnDisk: statistics.bytesOnDisk, engine: statistics.engine.map { StoreEngineStatus($0) })
    }
}

extension StoreEngineStatus {
    fileprivate init(_ engine: EngineStatistics) {
        self.init()
        (product, address, problem) = (engine.product, engine.address, engine.failure)
        (isConnected, stateSeconds) = (engine.failure == nil, engine.stateSeconds)
        (waitingPoints, oldestSeconds) = (engine.spooledPoints, engine.oldestAgeSeconds)
        (spoolBytes, largestSpoolBytes) = (engine.spooledBytes, engine.largestSpoolBytes)
        (sent, rejected) = (engine.pointsSent, engine.pointsRejected)
    }
}
