import PluginAPI

/// Keeps models and their scores over restarts, in the service's durable memory: for each series the model that
/// answers, the one before it, and the one that is judged against it. The manifest's `kv_quota` must hold them: about 2 MiB a series.
struct ModelShelf: Sendable {
    let memory: KeyValues

    /// The model that answered last; nil if there is none or it can't be read.
    func current(_ series: String) throws -> ServedModel? {
        try read(key(series))
    }

    /// The model that was being judged against the current one.
    func challenger(_ series: String) throws -> ServedModel? { try read("model/\(series)/challenger") }

    private func read(_ key: String) throws -> ServedModel? {
        guard let bytes = try memory.get(key), bytes.count > 4 else { return nil }
        let count = Int(bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) })
        guard count <= bytes.count - 4, let record = ModelRecord(Array(bytes[4..<4 + count])) else { return nil }
        return try ServedModel(archive: Array(bytes[(4 + count)...]), record: record)
    }

    /// Makes a model the current one, and the one that was current the previous.
    func put(_ model: ServedModel, for series: String) throws(ServiceError) {
        if let old = try memory.get(key(series)) { try memory.put("model/\(series)/previous", old) }
        try renew(model, for: series)
    }

    /// Puts the same model anew, with what it has learnt since.
    func renew(_ model: ServedModel, for series: String) throws(ServiceError) { try write(model, key(series)) }

    /// Keeps the model that is judged against the current one; nil forgets it.
    func put(challenger model: ServedModel?, for series: String) throws(ServiceError) {
        let key = "model/\(series)/challenger"
        if let model { try write(model, key) } else if try memory.get(key) != nil { try memory.remove(key) }
    }

    private func write(_ model: ServedModel, _ key: String) throws(ServiceError) {
        let record = model.record.json.bytes
        var bytes = withUnsafeBytes(of: UInt32(record.count).littleEndian) { Array($0) }
        bytes += record
        bytes += model.archive()
        try memory.put(key, bytes)
    }

    /// The last back-test of a series, as it was told.
    func backtest(_ series: String) throws(ServiceError) -> [UInt8]? { try memory.get("backtest/\(series)") }

    func put(backtest json: [UInt8], for series: String) throws(ServiceError) { try memory.put("backtest/\(series)", json) }

    private func key(_ series: String) -> String { "model/\(series)/current" }

    func scores(_ series: String) throws(ServiceError) -> ScoreBoard {
        try memory.get("scores/\(series)").map { ScoreBoard(json: $0) } ?? ScoreBoard()
    }

    func put(_ scores: ScoreBoard, for series: String) throws(ServiceError) {
        try memory.put("scores/\(series)", scores.json.bytes)
    }
}
