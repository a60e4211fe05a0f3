internal import PluginAPI
internal import StreamedXML

/// Hears the elements of an IEC 61968-9 message: `MeterReadings` bare or in the `Payload` of an `EventMessage` or `ResponseMessage`, with
/// prefixes or a default namespace, elements in any order.
final class MeterReadingsHandler: XMLHandler {
    /// A reading as it stands there; its type may be told only at the end.
    struct Entry {
        var stamp: Timestamp
        var value: Double
        var quality: Quality
        /// Position in `types`.
        var type: Int
        /// Position in `meters`.
        var meter: Int
        /// Seconds of the reading's own `timePeriod`; 0 without.
        var period: Double
        var index: Int
    }

    struct Meter {
        var name = ""
        var mRID = ""
        var usagePoint = ""
        var usagePointName = ""
    }

    private(set) var entries: [Entry] = []
    private(set) var meters: [Meter] = []
    /// What `ReadingType@ref` says, each once.
    private(set) var types: [String] = []
    /// The types that the message writes out, by mRID and by name.
    private(set) var definitions: [String: ReadingType] = [:]
    private(set) var refusals: [Refusal] = []
    private(set) var refusal: String?
    private(set) var hasMeterReadings = false

    private let zoneOffset: Int
    private var path: [Element] = []
    private var text: [UInt8] = []
    private var typeNumbers: [String: Int] = [:]
    private var meter = Meter()
    private var firstOfMeter = 0
    private var firstOfBlock = 0
    private var typeOfBlock = -1
    private var count = 0
    private var current = Draft()
    private var type = TypeDraft()

    /// Of one reading while its element is open.
    private struct Draft {
        var stamp: String?
        var value: String?
        var quality = Quality.good
        var type: String?
        var begin: String?
        var end: String?
        var complaint: String?
    }

    /// Of a type that is written out.
    private struct TypeDraft {
        var type = ReadingType()
        var names: [String] = []
        var isWrittenOut = false
    }

    private enum Element {
        case envelope, meterReadings, meterReading, block, reading, stamp, value, qualities, quality, type, typeField(String), meter
        case usagePoint, names, name, mRID, period, begin, end, ignored
    }

    private static let mostReadings = 500_000
    private static let deepest = 32
    private static let longestText = 1_024

    /// - Parameter zoneOffset: seconds east of UTC of stamps without zone.
    init(zoneOffset: Int) { self.zoneOffset = zoneOffset }

    func start(
        name: UnsafePointer<UInt8>, prefix: UnsafePointer<UInt8>?, uri: UnsafePointer<UInt8>?, attributes: XMLAttributes.Pointer?,
        count: Int, line: Int
    ) -> Bool {
        guard path.count < Self.deepest else {
            refusal = "elements lie more than \(Self.deepest) deep in line \(line), those of MeterReadings at most 10 deep"
            return false
        }
        let element = element(String(cString: name))
        path.append(element)
        text.removeAll(keepingCapacity: true)
        begin(element, XMLAttributes(attributes, count: count))
        guard self.count <= Self.mostReadings else {
            refusal = "it has more than \(Self.mostReadings) readings: send them in several messages"
            return false
        }
        return true
    }

    private func element(_ name: String) -> Element {
        switch (path.last, name) {
        case (nil, "MeterReadings"), (.envelope, "MeterReadings"): .meterReadings
        case (nil, _), (.envelope, _): .envelope
        case (.meterReadings, "MeterReading"): .meterReading
        case (.meterReadings, "ReadingType"), (.block, "ReadingType"), (.reading, "ReadingType"): .type
        case (.meterReading, "IntervalBlocks"): .block
        case (.meterReading, "Readings"), (.block, "IntervalReadings"): .reading
        case (.meterReading, "Meter"): .meter
        case (.meterReading, "UsagePoint"): .usagePoint
        case (.reading, "timeStamp"): .stamp
        case (.reading, "value"): .value
        case (.reading, "ReadingQualities"): .qualities
        case (.reading, "timePeriod"): .period
        case (.period, "start"): .begin
        case (.period, "end"): .end
        case (.qualities, "ReadingQualityType"): .quality
        case (.meter, "Names"), (.usagePoint, "Names"), (.type, "Names"): .names
        case (.names, "name"): .name
        case (.meter, "mRID"), (.usagePoint, "mRID"), (.type, "mRID"): .mRID
        case (.type, _): .typeField(name)
        default: .ignored
        }
    }

    private func begin(_ element: Element, _ attributes: XMLAttributes) {
        switch element {
        case .meterReadings: hasMeterReadings = true
        case .meterReading:
            meter = Meter()
            (firstOfMeter, typeOfBlock) = (entries.count, -1)
        case .block: (firstOfBlock, typeOfBlock) = (entries.count, -1)
        case .reading: current = Draft()
        case .quality: takeQuality(attributes.value(of: "ref").map { String(decoding: $0, as: UTF8.self) } ?? "")
        case .type:
            type = TypeDraft()
            if let reference = attributes.value(of: "ref") { type.names.append(String(decoding: reference, as: UTF8.self)) }
        default: break
        }
    }

    /// Several qualities of a reading add up.
    private func takeQuality(_ code: String) {
        guard let quality = ReadingQualityCode.quality(code) else {
            current.complaint = "has the quality '\(code.prefix(40))', expected a code such as 1.0.0"
            return
        }
        current.quality.formUnion(quality)
    }

    func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count + bytes.count <= Self.longestText else {
            // Texts that are of no use, such as comments, may be long.
            return true
        }
        text.append(contentsOf: bytes)
        return true
    }

    func refuseDocumentType() { refusal = "it has a document type declaration, whose entities could grow without bound: send it without" }

    func end() {
        guard let element = path.popLast() else { return }
        switch element {
        case .stamp: current.stamp = trimmed
        case .value: current.value = trimmed
        case .begin: current.begin = trimmed
        case .end: current.end = trimmed
        case .mRID, .name: takeName(element)
        case .typeField(let field):
            type.isWrittenOut = true
            if !type.type.set(field, to: trimmed) { current.complaint = "has a type whose \(field) is '\(trimmed.prefix(40))', which is unknown" }
        case .type: endType()
        case .reading: endReading()
        case .meterReading: endMeter()
        default: break
        }
        text.removeAll(keepingCapacity: true)
    }

    private var trimmed: String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        let rest = text.drop(while: isSpace)
        return String(decoding: rest.prefix(rest.count - rest.reversed().prefix(while: isSpace).count), as: UTF8.self)
    }

    /// The first name counts.
    private func takeName(_ element: Element) {
        var owner = path.last
        if case .names = owner { owner = path.dropLast().last }
        let isMRID = if case .mRID = element { true } else { false }
        switch (owner, isMRID) {
        case (.meter, true): meter.mRID = trimmed
        case (.meter, false): if meter.name.isEmpty { meter.name = trimmed }
        case (.usagePoint, true): meter.usagePoint = trimmed
        case (.usagePoint, false): if meter.usagePointName.isEmpty { meter.usagePointName = trimmed }
        case (.type, _): type.names.append(trimmed)
        default: break
        }
    }
}

extension MeterReadingsHandler {
    private func endType() {
        // One without a name is of the readings around it alone.
        if type.isWrittenOut, type.names.isEmpty { type.names.append("#\(definitions.count)") }
        if type.isWrittenOut { for name in type.names { definitions[name] = type.type } }
        guard let name = type.names.first else { return }
        switch path.last {
        case .reading: current.type = name
        case .block:
            typeOfBlock = number(ofType: name)
            for index in firstOfBlock..<entries.count { entries[index].type = typeOfBlock }
        default: break
        }
    }

    private func number(ofType name: String) -> Int {
        if let known = typeNumbers[name] { return known }
        typeNumbers[name] = types.count
        types.append(name)
        return types.count - 1
    }

    private func endReading() {
        defer { count += 1 }
        let index = count
        if let complaint = current.complaint { return refuse(index, complaint) }
        guard let text = current.stamp ?? current.end else { return refuse(index, "has no timeStamp") }
        guard let stamp = time(text, index) else { return }
        guard let value = current.value, let number = Double(value), number.isFinite else {
            return refuse(index, "has the value '\((current.value ?? "").prefix(40))', expected a number")
        }
        var period = 0.0
        if let begin = current.begin, let end = current.end {
            guard let begin = time(begin, index), let end = time(end, index) else { return }
            period = Double(end.nanoseconds - begin.nanoseconds) / 1e9
            guard period > 0 else { return refuse(index, "has a timePeriod that ends before it begins") }
        }
        entries.append(
            Entry(
                stamp: stamp, value: number, quality: current.quality, type: current.type.map { self.number(ofType: $0) } ?? typeOfBlock, meter: -1,
                period: period, index: index))
    }

    private func time(_ text: String, _ index: Int) -> Timestamp? {
        var text = text
        let result = text.withUTF8 { bytes -> Result<Timestamp, MessageRefusal> in
            do throws(MessageRefusal) {
                return .success(try Stamp.read(text: UnsafeRawBufferPointer(bytes), zoneOffset: zoneOffset))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let time): return time
        case .failure(let refusal):
            refuse(index, "can't be dated: \(refusal.reason)")
            return nil
        }
    }

    private func endMeter() {
        let number = meters.count
        meters.append(meter)
        for index in firstOfMeter..<entries.count { entries[index].meter = number }
    }

    private func refuse(_ index: Int, _ reason: String) { refusals.append(Refusal(index: index, reason: reason)) }
}
