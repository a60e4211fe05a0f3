internal import PluginAPI
internal import StreamedXML

/// IEC 61968-9 `MeterReadings`: what a head-end system or a DSO's data server passes on of its meters.
///
/// The device of a reading is its meter's name, else its mRID; its component the mRID of the usage point, else its name. Energy of an
/// interval becomes its mean power, stamped with its end: `activepower` and `reactivepower`, and with `_reverse` what is fed in where a
/// meter counts it apart. Registers stay energy: `activeenergy`, `reactiveenergy`.
struct MeterReadingsMessage {
    let form: MessageForm

    func parse(_ payload: UnsafeRawBufferPointer, _ texts: inout EscapedTexts, into parsed: inout ParsedMessage) throws(MessageRefusal) {
        let handler = MeterReadingsHandler(zoneOffset: form.zoneOffset)
        guard let stream = XMLStream(handler: handler, fileName: "message") else { throw MessageRefusal("there is no memory to read it") }
        _ = stream.push(payload.bindMemory(to: UInt8.self))
        if let failure = stream.finish() { throw MessageRefusal("the payload can't be read as XML, line \(failure.line): \(failure.sentence)") }
        guard handler.hasMeterReadings else { throw MessageRefusal("the payload has no element MeterReadings, expected IEC 61968-9") }
        parsed.refusals = handler.refusals
        let meanings = Meanings(handler)
        let names = handler.meters.map { meter in
            (
                device: texts.copy(meter.name.isEmpty ? meter.mRID : meter.name),
                component: texts.copy(meter.usagePoint.isEmpty ? meter.usagePointName : meter.usagePoint)
            )
        }
        for entry in handler.entries {
            do throws(MessageRefusal) {
                let meaning = try meanings.meaning(of: entry)
                parsed.readings.append(reading(entry, meaning, names[entry.meter]))
                parsed.readings[parsed.readings.count - 1].stamp = parsed.stamps.count
                parsed.stamps.append(entry.stamp)
            } catch {
                parsed.refusals.append(Refusal(index: entry.index, reason: error.reason))
            }
        }
        guard !parsed.readings.isEmpty || !parsed.refusals.isEmpty else { throw MessageRefusal("the message has no readings") }
    }

    private func reading(
        _ entry: MeterReadingsHandler.Entry, _ meaning: ReadingMeaning, _ names: (device: UnsafeRawBufferPointer, component: UnsafeRawBufferPointer)
    ) -> Reading {
        var reading = Reading()
        reading.device = names.device
        reading.component = names.component
        reading.measurand = bytes(meaning.measurand)
        reading.phase = bytes(meaning.phase)
        reading.value = entry.value
        reading.factor = meaning.factor
        reading.intervalSeconds = meaning.intervalSeconds
        reading.quality = entry.quality
        reading.index = entry.index
        return reading
    }

    private func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// What the types of a message mean, each looked up once.
    private struct Meanings {
        private let byType: [Result<ReadingMeaning, MessageRefusal>]
        private let types: [ReadingType?]

        init(_ handler: MeterReadingsHandler) {
            types = handler.types.map { ReadingType(code: $0) ?? handler.definitions[$0] }
            byType = zip(types, handler.types).map { type, text in
                guard let type else {
                    return .failure(
                        MessageRefusal("has the type '\(text.prefix(60))', expected 18 numbers between dots, or a type that the message writes out"))
                }
                do throws(MessageRefusal) { return .success(try ReadingMeaning(type, period: 0)) } catch { return .failure(error) }
            }
        }

        func meaning(of entry: MeterReadingsHandler.Entry) throws(MessageRefusal) -> ReadingMeaning {
            guard entry.meter >= 0, entry.type >= 0 else { throw MessageRefusal("has no ReadingType: nothing says what is measured") }
            if entry.period > 0, let type = types[entry.type] { return try ReadingMeaning(type, period: entry.period) }
            return try byType[entry.type].get()
        }
    }
}
