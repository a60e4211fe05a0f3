extension SelectExecutor {
    /// The rows of a SELECT without functions: all points of the group's series, by time.
    func raw(_ group: SeriesGroup) throws(InfluxQLError) -> ResultRows {
        let (sum, overflow) = plan.statement.offset.addingReportingOverflow(plan.statement.limit)
        let wanted = plan.statement.limit > 0 && !overflow ? sum : nil
        var rows = ResultRows(width: fields.count)
        let members = plan.descending ? group.members.reversed() : group.members
        for member in members { try appendRaw(member, wanted, &rows) }
        return members.count > 1 ? rows.ordered(descending: plan.descending) : rows
    }

    private func appendRaw(_ member: SeriesGroup.Member, _ wanted: Int?, _ rows: inout ResultRows) throws(InfluxQLError) {
        var names = member.conditionFields
        var selected: Set<Int> = []
        var expressions: [RowExpression] = []
        for field in fields {
            expressions.append(
                try RowExpression(field.expression) { (expression: Expression) throws(InfluxQLError) -> RowExpression in
                    guard case .variable(let name, let type) = expression else {
                        throw .statement("unsupported expression \(expression)")
                    }
                    guard type != .tag, member.series.fields[name] != nil else {
                        return .constant(type == .field ? .null : member.series.tag(name).map(QueryValue.text) ?? .null)
                    }
                    if let index = names.firstIndex(of: name) {
                        selected.insert(index)
                        return .column(index)
                    }
                    names.append(name)
                    selected.insert(names.count - 1)
                    return .column(names.count - 1)
                })
        }
        // A row needs the value of a field; tags alone select nothing.
        guard !selected.isEmpty else { return }
        let reader = RowReader(
            context: context, columns: names.map { member.series.fields[$0] }, descending: plan.descending)
        let own = selected.sorted()
        var count = 0
        try reader.read(plan.windows.range, expected: wanted) { (batch) throws(InfluxQLError) in
            for row in batch.times.indices {
                guard own.contains(where: { batch.hasValue(row, $0) }) else { continue }
                if let condition = member.condition, !condition.evaluate({ batch.value(row, $0) }).isTrue { continue }
                rows.times.append(batch.times[row])
                for expression in expressions { rows.values.append(expression.evaluate { batch.value(row, $0) }) }
                count += 1
                if let wanted, count >= wanted { return false }
            }
            try context.check(rows: rows.times.count)
            return true
        }
    }
}

extension ResultRows {
    /// The rows by time; rows of equal time keep their order.
    func ordered(descending: Bool) -> ResultRows {
        let order = times.indices.sorted { left, right in
            if times[left] == times[right] { return left < right }
            return (times[left] < times[right]) != descending
        }
        var result = ResultRows(width: width)
        result.times = order.map { times[$0] }
        result.values.reserveCapacity(values.count)
        for row in order { result.values.append(contentsOf: values[row * width..<(row + 1) * width]) }
        return result
    }
}
