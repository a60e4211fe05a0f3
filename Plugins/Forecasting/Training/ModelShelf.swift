import PluginAPI

/// Keeps models and their scores over restarts, in the service's durable memory: for each series the model that answers and the one before it. The manifest's `kv_quota` must hold them: about 1 MiB a series.
struct ModelShelf: Sendable {
    let memory: KeyValues

    /// The model that answered last; nil if there is none or it can't be read.
    func current(_ series: String) throws -> ServedModel? {
        guard let bytes = try memory.get(key(series)), bytes.count > 4 else { return nil }
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
    func renew(_ model: ServedModel, for series: String) throws(ServiceError) {
        let record = model.record.json.bytes
        var bytes = withUnsafeBytes(of: UInt32(record.count).littleEndian) { Array($0) }
        bytes += record
        bytes += model.archive()
        try memory.put(key(series), bytes)
    }

    private func key(_ series: String) -> String { "model/\(series)/current" }

    func scores(_ series: String) throws(ServiceError) -> ScoreBoard {
        try memory.get("scores/\(series)").map { ScoreBoard(json: $0) } ?? ScoreBoard()
    }

    func put(_ scores: ScoreBoard, for series: String) throws(ServiceError) {
        try memory.put("scores/\(series)", scores.json.bytes)
    }
}
