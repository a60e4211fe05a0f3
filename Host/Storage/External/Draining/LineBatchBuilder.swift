/// Makes lines of the points of records.
///
/// Points of one column keep their order, so that of two points of one time the one written last is the last line.
struct LineBatchBuilder {
    /// A column with its points, and whether their flags are written.
    struct Part {
        let column: ExternalColumn
        let points: PointBlock
        let hasQuality: Bool
    }

    let traits: EngineTraits

    /// One batch for each database.
    func batches(_ parts: [Part]) -> [LineBatch] {
        var batches: [String: LineBatch] = [:]
        var series: [ColumnIdentity: [Part]] = [:]
        var order: [ColumnIdentity] = []
        for part in parts {
            let identity = part.column.identity
            let key = ColumnIdentity(
                database: identity.database, measurement: identity.measurement, tags: identity.tags, field: traits.tagsFields ? identity.field : "")
            if series[key] == nil { order.append(key) }
            series[key, default: []].append(part)
        }
        for key in order {
            append(series[key] ?? [], key, to: &batches[key.database, default: LineBatch(database: key.database)])
        }
        return batches.values.sorted { $0.database < $1.database }
    }

    private func append(_ parts: [Part], _ series: ColumnIdentity, to batch: inout LineBatch) {
        let key = seriesKey(series, parts.first?.column.type ?? .float)
        // Fields that were measured together share a line.
        if let first = parts.first, parts.dropFirst().allSatisfy({ $0.points.times == first.points.times }) {
            append(parts, key, to: &batch)
        } else {
            for part in parts { append([part], key, to: &batch) }
        }
    }

    private func append(_ parts: [Part], _ key: [UInt8], to batch: inout LineBatch) {
        guard let times = parts.first?.points.times else { return }
        for index in times.indices {
            batch.append(key)
            var separator = UInt8(ascii: " ")
            for part in parts {
                batch.append(separator)
                separator = UInt8(ascii: ",")
                batch.append(part.column.fieldKey)
                batch.write { LineText.append(part.points, at: index, type: part.column.type, to: &$0) }
                guard part.hasQuality else { continue }
                batch.append(separator)
                batch.append(part.column.qualityKey)
                let flags = part.points.qualities.isEmpty ? 0 : part.points.qualities[index]
                batch.write { LineText.append(ascii: "\(flags)i", to: &$0) }
            }
            batch.append(UInt8(ascii: " "))
            batch.write { LineText.append(ascii: "\(times[index] / traits.nanosecondsPerTick)", to: &$0) }
            batch.endLine(points: parts.count)
        }
    }

    private func seriesKey(_ series: ColumnIdentity, _ type: FieldType) -> [UInt8] {
        var tags = series.tags
        if traits.tagsFields {
            tags.append(Tag(VictoriaMetricsEngine.fieldLabel, series.field))
            if type != .float { tags.append(Tag(VictoriaMetricsEngine.typeLabel, type.name)) }
        }
        return LineText.seriesKey(measurement: series.measurement, tags: tags)
    }
}
