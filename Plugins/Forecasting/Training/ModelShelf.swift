import ForecastModels
import PluginAPI

/// Keeps models and what is known of them over restarts, in the service's durable memory: for each series the model that
/// answers, the one before it, and the one that is judged against it. The manifest's `kv_quota` must hold them: about 2 MiB a series.
struct ModelShelf: Sendable {
    let memory: KeyValues

    /// The models of a series.
    enum Place: String {
        /// The one that answers.
        case current
        /// The one before it: it answers again where the current one can't be read.
        case previous
        /// The one that is judged against the current one.
        case challenger
    }

    /// A model that was kept; nil if there is none.
    /// - Throws: a sentence where it is damaged, or of a version that is not read.
    func model(_ place: Place, of series: String) throws -> ServedModel? {
        guard let bytes = try memory.get(key(place, series)) else { return nil }
        let (record, archive) = try Parcel.opened(bytes)
        guard let told = ModelRecord(record) else { throw ServiceError.invalidArgument("its record is not one of a model") }
        return try ServedModel(archive: archive, record: told)
    }

    /// Makes a model the current one, and the one that was current the previous.
    func put(_ model: ServedModel, for series: String) throws(ServiceError) {
        if let old = try memory.get(key(.current, series)), (try? Parcel.opened(old)) != nil { try memory.put(key(.previous, series), old) }
        try renew(model, for: series)
    }

    /// Puts the same model anew, with what it has learnt since.
    func renew(_ model: ServedModel, for series: String) throws(ServiceError) { try write(model, key(.current, series)) }

    /// Keeps the model that is judged against the current one; nil forgets it, and what came of it.
    func put(challenger model: ServedModel?, for series: String) throws(ServiceError) {
        if let model { return try write(model, key(.challenger, series)) }
        try memory.remove(key(.challenger, series))
        try memory.remove("duel/\(series)")
    }

    private func write(_ model: ServedModel, _ key: String) throws(ServiceError) {
        try memory.put(key, Parcel.made(record: model.record.json.bytes, archive: model.archive()))
    }

    private func key(_ place: Place, _ series: String) -> String { "model/\(series)/\(place.rawValue)" }

    /// Forgets all that is kept of a series but its definition.
    func forget(_ series: String) throws(ServiceError) {
        let models = [Place.current, .previous, .challenger].map { key($0, series) }
        for key in models + ["duel/\(series)", "backtest/\(series)", "scores/\(series)"] { try memory.remove(key) }
    }

    /// What came of a duel so far.
    func duel(_ series: String) throws(ServiceError) -> [UInt8]? { try memory.get("duel/\(series)") }

    func put(_ duel: Duel, for series: String) throws(ServiceError) { try memory.put("duel/\(series)", duel.json.bytes) }

    /// The last back-test of a series, as it was told.
    func backtest(_ series: String) throws(ServiceError) -> [UInt8]? { try memory.get("backtest/\(series)") }

    func put(backtest json: [UInt8], for series: String) throws(ServiceError) { try memory.put("backtest/\(series)", json) }

    func scores(_ series: String) throws(ServiceError) -> ScoreBoard {
        try memory.get("scores/\(series)").map { ScoreBoard(json: $0) } ?? ScoreBoard()
    }

    func put(_ scores: ScoreBoard, for series: String) throws(ServiceError) {
        try memory.put("scores/\(series)", scores.json.bytes)
    }

    /// ``SeriesSettings/definition`` of what the kept interval means of a series are made of; nil where it was never kept.
    func definition(_ series: String) throws(ServiceError) -> String? {
        try memory.get("definition/\(series)").map { String(decoding: $0, as: UTF8.self) }
    }

    func put(definition: String, for series: String) throws(ServiceError) { try memory.put("definition/\(series)", Array(definition.utf8)) }
}
