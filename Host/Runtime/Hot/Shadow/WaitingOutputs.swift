/// Outputs of one side under one topic or series that wait for their match, oldest first.
///
/// Equal payloads, equal JSON without the members that are passed over, and points of one time are found by hash; what is the same
/// within a tolerance has to be compared one by one, so only the oldest few are.
struct WaitingOutputs {
    struct Waiting {
        let output: ShadowOutput
        /// Monotonic ns.
        let time: Int64
    }

    /// What is found without comparing values.
    private enum Trait: Hashable {
        case payload(Bytes)
        case json(ConfigValue)
        case time(Int64)

        init(_ output: ShadowOutput) {
            switch output {
            case .message(let reading): self = reading.json.map { .json($0) } ?? .payload(Bytes(bytes: reading.payload))
            case .point(let time, _): self = .time(time)
            }
        }
    }

    /// Hashed as a whole: an array of bytes hashes each one on its own, ten times slower.
    private struct Bytes: Hashable {
        let bytes: [UInt8]

        func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    /// How many of the oldest are compared by what they mean.
    static let comparedLimit = 16

    private var items: [UInt64: Waiting] = [:]
    /// The numbers of what waits for each trait, oldest first.
    private var numbers: [Trait: [UInt64]] = [:]
    /// All waiting ones have numbers in here; numbers of those that were taken are passed over.
    private var order: ArraySlice<UInt64> = []
    private var next: UInt64 = 0

    var count: Int { items.count }

    /// The oldest.
    var first: Waiting? { order.first.flatMap { items[$0] } }

    mutating func append(_ waiting: Waiting) {
        items[next] = waiting
        numbers[Trait(waiting.output), default: []].append(next)
        order.append(next)
        next += 1
    }

    /// Takes the oldest one that is about the same as an output of the other side: equal in bytes or time, or else among the oldest few.
    mutating func take(for output: ShadowOutput, _ rule: OutputRule) -> Waiting? {
        if let number = numbers[Trait(output)]?.first { return remove(number) }
        guard case .message(let reading) = output, reading.canMeanTheSame else { return nil }
        var left = Self.comparedLimit
        for number in order {
            guard left > 0 else { return nil }
            guard let item = items[number] else { continue }
            if rule.isCounterpart(item.output, output) { return remove(number) }
            left -= 1
        }
        return nil
    }

    mutating func removeFirst() -> Waiting? { order.first.flatMap { remove($0) } }

    private mutating func remove(_ number: UInt64) -> Waiting? {
        guard let item = items.removeValue(forKey: number) else { return nil }
        let trait = Trait(item.output)
        numbers[trait]?.removeAll { $0 == number }
        if numbers[trait]?.isEmpty == true { numbers[trait] = nil }
        while let first = order.first, items[first] == nil { order.removeFirst() }
        // Numbers of taken ones pile up behind one that waits long.
        if order.count > items.count + 64 { order = ArraySlice(order.filter { items[$0] != nil }) }
        return item
    }
}

extension ShadowOutput {
    /// Bytes that it takes while it waits, about: a value that was read from JSON takes some ten times its text.
    var footprint: Int {
        switch self {
        case .message(let reading): 200 + reading.payload.count * (reading.json == nil ? 1 : 11)
        case .point(_, .text(let text)): 200 + text.utf8.count
        case .point: 200
        }
    }
}

extension ShadowOutput.Reading {
    /// Whether another payload can mean the same: JSON, or a number.
    var canMeanTheSame: Bool { json != nil || OutputRule.number(payload) != nil }
}
