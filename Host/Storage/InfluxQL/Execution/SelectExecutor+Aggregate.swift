extension SelectExecutor {
    /// The rows of a SELECT with functions: the points of all calls joined by time, and the fields computed from them.
    func aggregate(_ group: SeriesGroup) throws(InfluxQLError) -> ResultRows {
        var calls: [FunctionCall] = []
        var plain: [String] = []
        var expressions: [RowExpression] = []
        for field in fields {
            expressions.append(
                try RowExpression(field.expression) { (expression: Expression) throws(InfluxQLError) -> RowExpression in
                    if case .variable(let name, _) = expression {
                        plain.append(name)
                        return .column(-plain.count)
                    }
                    guard let call = expression.outermostCalls.first else {
                        throw .statement("unsupported expression \(expression)")
                    }
                    if let index = calls.firstIndex(of: call) { return .column(index) }
                    calls.append(call)
                    return .column(calls.count - 1)
                })
        }
        var points: [PointSequence] = []
        for call in calls { points.append(try evaluate(call, group, plan.windows)) }
        return try join(points, plain, expressions, group)
    }

    private func join(
        _ points: [PointSequence], _ plain: [String], _ expressions: [RowExpression], _ group: SeriesGroup
    ) throws(InfluxQLError) -> ResultRows {
        var rows = ResultRows(width: fields.count)
        var heads = [Int](repeating: 0, count: points.count)
        let missing: QueryValue = if case .number(let value) = plan.fill { .float(value) } else { .null }
        while true {
            var next: Int64?
            for (sequence, head) in zip(points, heads) where head < sequence.times.count {
                let time = sequence.times[head]
                next = next.map { plan.descending ? max($0, time) : min($0, time) } ?? time
            }
            guard let time = next else { break }
            var values = [QueryValue](repeating: missing, count: points.count)
            var origin: (member: Int, time: Int64)?
            for index in points.indices where heads[index] < points[index].times.count {
                guard points[index].times[heads[index]] == time else { continue }
                values[index] = points[index].values[heads[index]]
                if heads[index] < points[index].origins.count { origin = points[index].origins[heads[index]] }
                heads[index] += 1
            }
            var others: [QueryValue] = []
            for name in plain {
                guard let origin, origin.member >= 0 else {
                    others.append(.null)
                    continue
                }
                others.append(try group.members[origin.member].value(of: name, at: origin.time, context))
            }
            rows.times.append(time)
            for expression in expressions {
                rows.values.append(expression.evaluate { $0 >= 0 ? values[$0] : others[-$0 - 1] })
            }
        }
        return rows
    }

    /// The points of a call, with `fill` applied, in the order of the query.
    private func evaluate(
        _ call: FunctionCall, _ group: SeriesGroup, _ windows: TimeWindows
    ) throws(InfluxQLError) -> PointSequence {
        if let transformation = Transformation(call, interval: windows.interval) {
            return transformation(try input(of: call, transformation, group, windows))
        }
        let points = try reduce(call, group, windows)
        guard !windows.isSingle, !points.times.isEmpty, plan.fill != .none, call.name != "top", call.name != "bottom",
            call.name != "distinct", call.name != "sample"
        else { return points }
        return try WindowFill(windows: windows, fill: plan.fill, descending: plan.descending, isCount: call.name == "count")
            .apply(points, context)
    }

    private func input(
        of call: FunctionCall, _ transformation: Transformation, _ group: SeriesGroup, _ windows: TimeWindows
    ) throws(InfluxQLError) -> PointSequence {
        guard case .call(let inner)? = call.arguments.first else {
            guard case .variable(let name, _)? = call.arguments.first else {
                throw .statement("expected field argument in \(call.name)()")
            }
            return try rawPoints(name, group, windows.range)
        }
        var wider = windows
        let extra = windows.interval * transformation.extraIntervals
        if plan.descending, windows.range.hasUpper {
            wider.range.upper = windows.range.upper.saturatingAdd(extra)
        } else if !plan.descending, windows.range.hasLower {
            wider.range.lower = windows.range.lower.saturatingAdd(-extra)
        }
        return try evaluate(inner, group, wider)
    }

    private func rawPoints(_ name: String, _ group: SeriesGroup, _ range: TimeRange) throws(InfluxQLError) -> PointSequence {
        var rows = ResultRows(width: 1)
        for member in plan.descending ? group.members.reversed() : group.members {
            var own = ResultRows(width: 1)
            try member.scan(name, range, context) { run in
                own.times.append(contentsOf: run.times)
                for index in run.times.indices { own.values.append(run.values.value(at: index)) }
            }
            if plan.descending {
                own.times.reverse()
                own.values.reverse()
            }
            rows.times += own.times
            rows.values += own.values
        }
        if group.members.count > 1 { rows = rows.ordered(descending: plan.descending) }
        return PointSequence(times: rows.times, values: rows.values)
    }

    /// A function over windows, without `fill`.
    private func reduce(
        _ call: FunctionCall, _ group: SeriesGroup, _ windows: TimeWindows
    ) throws(InfluxQLError) -> PointSequence {
        var inner = call
        if call.name == "count", let arguments = call.arguments[0].distinctArguments {
            inner = FunctionCall(name: "count_distinct", arguments: arguments)
        }
        guard case .variable(let name, _)? = inner.arguments.first else {
            throw .statement("expected field argument in \(call.name)()")
        }
        var reduction = WindowReduction(windows: windows, factory: try ReducerFactory(inner, group, context))
        for (index, member) in group.members.enumerated() {
            if windows.isSingle, member.condition == nil, call.name == "first" || call.name == "last" {
                let run = try member.end(name, windows.range, isLast: call.name == "last", context)
                if let run { reduction.add(run, member: index) }
            } else {
                try member.scan(name, windows.range, context) { reduction.add($0, member: index) }
            }
            try context.check(windows: Int64(reduction.starts.count))
        }
        return sequence(reduction, call)
    }

    /// The points of all windows, in the order of the query.
    private func sequence(_ reduction: WindowReduction, _ call: FunctionCall) -> PointSequence {
        var result = PointSequence()
        let (starts, windows) = (reduction.starts, reduction.windows)
        let keepsTimes = call.name == "top" || call.name == "bottom" || call.name == "sample"
        let isOnlyCall = fields.flatMap(\.expression.outermostCalls).count == 1
        let order = starts.indices.sorted { (starts[$0] < starts[$1]) != plan.descending }
        for index in order {
            let points = reduction.reducers[index].finish()
            for point in keepsTimes && plan.descending ? points.reversed() : points {
                let windowTime = windows.isSingle && !windows.range.hasLower ? 0 : starts[index]
                let own = keepsTimes || (windows.isSingle && isOnlyCall)
                result.append(own ? point.time ?? windowTime : windowTime, point.value)
                result.origins.append((point.time == nil ? -1 : point.member, point.time ?? 0))
            }
        }
        return result
    }
}
