import PluginAPI
import Readings

/// Brings the readings of devices' messages to the series that they are of.
struct ReadingReader {
    private let sources: [MessageForm]
    private var parser = MessageParser()
    private var parsed = ParsedMessage()
    /// Devices that some term asks for; nil if a term takes any.
    private let devices: Set<String>?
    private let measurands: Set<String>
    /// Positions of the series that a name's readings add to, found once a name: among ten thousand series a reading must not ask each.
    private var receivers: [ReadingNames: [Int]] = [:]
    /// Devices that send ever new names are no reason to grow.
    private static let mostNames = 1_000_000

    init(sources: [MessageForm], series: [SeriesSettings]) {
        self.sources = sources
        let terms = series.flatMap(\.terms)
        measurands = Set(terms.map(\.field))
        let named = terms.map { term in term.tags.first { $0.key == "device" }?.value }
        devices = named.contains(nil) ? nil : Set(named.compactMap(\.self))
    }

    mutating func release() { parser.release() }

    /// - Returns: why the message can't be used, for a person; nil if it can, or if it is of no concern.
    mutating func take(_ message: Message, into series: [LiveSeries], now: Int64) -> String? {
        let topic = message.topic
        guard let form = sources.first(where: { $0.matches(topic) }) else { return nil }
        do throws(MessageRefusal) {
            try parser.parse(message.payload, form, into: &parsed)
        } catch {
            return "a message on '\(shown(topic))' can't be read: \(error.reason)"
        }
        let device = form.device(of: parsed, topic: topic)
        let deviceName = String(decoding: device, as: UTF8.self)
        guard devices?.contains(deviceName) ?? true else { return nil }
        var named: NamedReading?
        for reading in parsed.readings {
            guard form.name(reading, of: parsed, device: device, into: &named) == nil, let named,
                named.quality.isDisjoint(with: .unusable)
            else { continue }
            let measurand = String(decoding: named.measurand, as: UTF8.self)
            guard measurands.contains(measurand) else { continue }
            let names = ReadingNames(
                device: deviceName, component: String(decoding: named.component, as: UTF8.self),
                phase: String(decoding: named.phase, as: UTF8.self), measurand: measurand)
            for position in receivers(of: names, among: series) { _ = series[position].feed.take(names, named.value, at: named.time, now: now) }
        }
        return nil
    }

    private mutating func receivers(of names: ReadingNames, among series: [LiveSeries]) -> [Int] {
        if let known = receivers[names] { return known }
        let found = series.indices.filter { series[$0].settings.terms.contains { $0.takes(names) } }
        if receivers.count < Self.mostNames { receivers[names] = found }
        return found
    }
}
