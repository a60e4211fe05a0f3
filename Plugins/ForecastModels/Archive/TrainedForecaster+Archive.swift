import LoadProfiles

extension TrainedForecaster {
    /// The version of the archive that is written; older ones are read as long as a fixture of them is kept in the tests.
    public static let archiveVersion: UInt32 = 3
    private static let magic: UInt64 = 0x4643_5054_4f53_4431

    /// Everything as bytes, to be kept over restarts. Some hundred kilobytes.
    public func serialised() -> [UInt8] {
        var writer = ByteWriter()
        writer.put(Self.magic)
        writer.put(Self.archiveVersion)
        settings.write(&writer)
        writer.put(Int32(stepMinutes))
        report.write(&writer)
        writer.put(history.grid.start)
        writer.put(history.values)
        writer.optional(models) { $1.write(&$0) }
        calibration.write(&writer)
        horizon.write(&writer)
        return writer.bytes
    }

    /// - Throws: `ForecastError` where the bytes are not a forecaster of a version that is read, or are cut off.
    public init(serialised bytes: [UInt8]) throws {
        var reader = ByteReader(bytes)
        guard try reader.integer(UInt64.self) == Self.magic else { throw ForecastError.badArchive("it does not begin as one") }
        let version = try reader.integer(UInt32.self)
        guard version == Self.archiveVersion else {
            throw ForecastError.badArchive("its version is \(version), this library reads \(Self.archiveVersion); train anew")
        }
        settings = try ForecastSettings(&reader)
        stepMinutes = Int(try reader.integer(Int32.self))
        report = try TrainingReport(&reader)
        let start = try reader.integer(Int64.self)
        let values = try reader.doubles()
        history = SeriesWindow(unchecked: try TimeGrid(start: start, stepMinutes: stepMinutes, count: values.count), values)
        models = try reader.optional { try FittedModels(&$0) }
        calibration = try Calibration(&reader)
        horizon = try HorizonErrors(&reader)
        guard reader.isAtEnd else { throw ForecastError.badArchive("bytes are left over at its end") }
    }
}

extension ForecastSettings {
    func write(_ writer: inout ByteWriter) {
        switch kind {
        case .load: put(&writer, 0, 0)
        case .photovoltaic(let capacity): put(&writer, 1, capacity)
        case .wind(let capacity): put(&writer, 2, capacity)
        }
        writer.put(Int32(gateMinute))
        writer.put(Int32(windowDays))
        writer.put(profile?.rawValue ?? "")
        writer.put(seed)
        writer.put(isQuick)
    }

    private func put(_ writer: inout ByteWriter, _ code: UInt8, _ capacity: Double) {
        writer.put(code)
        writer.put(capacity)
    }

    init(_ reader: inout ByteReader) throws {
        self.init()
        let code = try reader.integer(UInt8.self)
        let capacity = try reader.double()
        kind = switch code {
        case 0: .load
        case 1: .photovoltaic(capacity: capacity)
        case 2: .wind(capacity: capacity)
        default: throw ForecastError.badArchive("there is no kind \(code) of series")
        }
        gateMinute = Int(try reader.integer(Int32.self))
        windowDays = Int(try reader.integer(Int32.self))
        let name = try reader.text()
        profile = LoadProfile(rawValue: name)
        try reader.demand(profile != nil || name.isEmpty, "the load profile")
        seed = try reader.integer()
        isQuick = try reader.bool()
    }
}

extension ModelKind {
    init(_ reader: inout ByteReader) throws {
        let code = try reader.integer(UInt8.self)
        guard let kind = ModelKind(rawValue: code) else { throw ForecastError.badArchive("there is no model \(code)") }
        self = kind
    }
}

extension TrainingReport {
    func write(_ writer: inout ByteWriter) {
        writer.put(from)
        writer.put(until)
        writer.put(Int64(readings))
        writer.put(flags.rawValue)
        writer.list(notes) { $0.put($1) }
        writer.list(members) {
            $0.put($1.model.rawValue)
            $0.put($1.pinball)
        }
        writer.list(importance) {
            $0.put($1.name)
            $0.put($1.share)
        }
        writer.put(seconds)
    }

    init(_ reader: inout ByteReader) throws {
        from = try reader.integer()
        until = try reader.integer()
        readings = Int(try reader.integer(Int64.self))
        flags = QualityFlags(rawValue: try reader.integer())
        notes = try reader.list { try $0.text() }
        members = try reader.list { MemberScore(model: try ModelKind(&$0), pinball: try $0.double()) }
        importance = try reader.list { FeatureShare(name: try $0.text(), share: try $0.double()) }
        seconds = try reader.double()
    }
}
