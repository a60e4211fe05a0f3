extension FittedModels {
    func write(_ writer: inout ByteWriter) {
        writer.put(isPhotovoltaic)
        base.write(&writer)
        writer.put(naive.offsets)
        writer.optional(linear) { $1.write(&$0) }
        writer.optional(residual) { $1.write(&$0) }
        writer.optional(relative) { $1.write(&$0) }
        writer.optional(analogs) { $1.write(&$0) }
    }

    init(_ reader: inout ByteReader) throws {
        isPhotovoltaic = try reader.bool()
        base = try BaseModel(&reader)
        naive = SeasonalNaive(offsets: try reader.doubles())
        try reader.demand(naive.offsets.count == 24 * Members.levels.count, "the offsets of the seasonal naive model")
        linear = try reader.optional { try LinearMember(&$0) }
        residual = try reader.optional { try BoostedMember(&$0) }
        relative = try reader.optional { try BoostedMember(&$0) }
        analogs = try reader.optional { try AnalogEnsemble(&$0) }
        let wide = LinearMember.width(base.basis)
        try reader.demand(base.ridge.columns == base.basis.count, "the columns of the base model")
        try reader.demand(linear?.means.count ?? wide == wide, "the columns of the linear model")
        try reader.demand(residual?.regression?.columns ?? wide == wide, "the columns of the regression")
        for member in [residual, relative].compactMap({ $0 }) {
            try reader.demand(member.trees.columns == features(isRelative: member.isRelative).count, "the columns of the trees")
        }
    }
}

extension ByteReader {
    func demand(_ condition: Bool, _ what: String) throws {
        guard condition else { throw ForecastError.badArchive("\(what) do not fit the rest") }
    }
}

extension BaseModel {
    func write(_ writer: inout ByteWriter) {
        writer.put(basis.hasAnnual)
        writer.put(basis.hasTrend)
        writer.put(basis.hasTemperature)
        writer.put(basis.hasSun)
        writer.list(basis.quantities) { $0.put($1.rawValue) }
        writer.put(correction.recent)
        writer.put(correction.daily)
        ridge.write(&writer)
        writer.put(origin)
    }

    init(_ reader: inout ByteReader) throws {
        basis = LinearBasis(
            hasAnnual: try reader.bool(), hasTrend: try reader.bool(), hasTemperature: try reader.bool(), hasSun: try reader.bool(),
            quantities: try reader.list { WeatherQuantity(rawValue: try $0.text()) })
        var correction = TemperatureCorrection()
        correction.recent = try reader.doubles()
        correction.daily = try reader.doubles()
        try reader.demand([0, 24].contains(correction.recent.count) && correction.daily.count == correction.recent.count, "the corrections of the temperature")
        self.correction = correction
        ridge = try HourlyRidge(&reader)
        origin = try reader.integer()
    }
}

extension HourlyRidge {
    func write(_ writer: inout ByteWriter) {
        writer.put(means)
        writer.put(scales)
        writer.put(coefficients)
    }

    init(_ reader: inout ByteReader) throws {
        self.init(means: try reader.doubles(), scales: try reader.doubles(), coefficients: try reader.doubles())
        try reader.demand(scales.count == means.count && coefficients.count == 24 * (means.count + 1), "the coefficients of a regression")
    }
}

extension LinearMember {
    func write(_ writer: inout ByteWriter) {
        writer.put(means)
        writer.put(scales)
        writer.list(hours) { $0.put($1.coefficients) }
    }

    init(_ reader: inout ByteReader) throws {
        means = try reader.doubles()
        scales = try reader.doubles()
        hours = try reader.list { LinearQuantiles(coefficients: try $0.doubles()) }
        let size = Members.levels.count * (means.count + 1)
        try reader.demand(hours.count == 24 && scales.count == means.count && hours.allSatisfy { $0.coefficients.count == size }, "the linear quantiles")
    }
}

extension BoostedMember {
    func write(_ writer: inout ByteWriter) {
        writer.optional(regression) { $1.write(&$0) }
        writer.put(Int32(trees.columns))
        writer.put(trees.start)
        writer.put(trees.roots)
        writer.put(trees.column)
        writer.put(trees.threshold)
        writer.put(trees.child)
        writer.put(trees.leaves)
        writer.put(trees.gains)
    }

    init(_ reader: inout ByteReader) throws {
        regression = try reader.optional { try HourlyRidge(&$0) }
        var trees = QuantileTrees(levels: Members.levels, columns: Int(try reader.integer(Int32.self)))
        trees.start = try reader.floats()
        trees.roots = try reader.integers()
        trees.column = try reader.integers()
        trees.threshold = try reader.floats()
        trees.child = try reader.integers()
        trees.leaves = try reader.floats()
        trees.gains = try reader.doubles()
        try reader.demand(trees.isSound, "the nodes of the trees")
        self.trees = trees
    }
}

extension AnalogEnsemble {
    func write(_ writer: inout ByteWriter) {
        writer.put(Int32(count))
        writer.list(columns.others) { $0.put($1.rawValue) }
        writer.put(means)
        writer.put(scales)
        writer.put(minutes)
        writer.put(rows)
        writer.put(outcomes)
    }

    init(_ reader: inout ByteReader) throws {
        self.init(
            count: Int(try reader.integer(Int32.self)), columns: AnalogColumns(quantities: try reader.list { WeatherQuantity(rawValue: try $0.text()) }),
            means: try reader.floats(), scales: try reader.floats(), minutes: try reader.integers(), rows: try reader.floats(), outcomes: try reader.floats())
        let width = columns.count
        try reader.demand(
            count > 0 && means.count == width && scales.count == width && rows.count == minutes.count * width && outcomes.count == minutes.count
                && zip(minutes, minutes.dropFirst()).allSatisfy { $0 <= $1 } && minutes.allSatisfy { (0..<1440).contains($0) }, "the analogs")
    }
}

extension QuantileTrees {
    /// Whether every path ends at a leaf that is there, and no split looks at a column that is not.
    var isSound: Bool {
        let nodes = column.count
        guard start.count == levels.count, threshold.count == nodes, child.count == nodes, gains.count == columns,
            roots.allSatisfy({ $0 >= 0 && $0 < nodes })
        else { return false }
        return column.indices.allSatisfy { node in
            column[node] < 0
                ? child[node] >= 0 && (Int(child[node]) + 1) * levels.count <= leaves.count
                : Int(column[node]) < columns && Int(child[node]) > node && Int(child[node]) + 1 < nodes
        }
    }
}
