internal import Glibc
internal import PluginAPI

/// Calls the functions of one library for one service, and keeps what they gave. Used on the service's own thread, except by callbacks
/// that the library calls elsewhere.
final class Engine: CallbackHost {
    let description: ForeignDescription
    let host: Host
    private let library: NativeLibrary
    private var functions: [NativeFunction] = []
    private var closures: [String: CallbackClosure] = [:]
    private var outcomes: [Outcome]
    let contextValues: UnsafeMutablePointer<Double>
    private let thread = pthread_self()
    private var pendingFault: ForeignFault?
    /// What an expression called, one for each function: their outcomes are numbers, and are read at once.
    private var arithmetic: [Outcome]
    private let calls: Counter?

    init(_ description: ForeignDescription, library: NativeLibrary, host: Host) throws(ForeignFault) {
        self.description = description
        self.library = library
        self.host = host
        contextValues = .allocate(capacity: max(1, description.contextNames.count))
        contextValues.initialize(repeating: .nan, count: max(1, description.contextNames.count))
        outcomes = Array(repeating: Outcome(outputs: []), count: description.outcomeCount)
        arithmetic = description.functions.map { Outcome(outputs: Array(repeating: .null, count: $0.parameters.count)) }
        calls = try? host.metrics.counter("calls_total", help: "Calls of the library's functions.")
        for callback in description.callbacks { closures[callback.name] = try CallbackClosure(callback, host: self) }
        for (index, function) in description.functions.enumerated() {
            functions.append(
                try NativeFunction(function, address: library.functions[index], isLatin1: description.isLatin1) { [closures] in closures[$0]?.code })
        }
    }

    deinit { contextValues.deallocate() }

    var isOnOwnThread: Bool { pthread_equal(thread, pthread_self()) != 0 }

    /// Does one call and keeps what came out.
    func perform(_ step: ForeignDescription.Step, _ now: Circumstances) throws(ForeignFault) {
        for (place, source) in step.context {
            let value = try evaluate(source, now)
            contextValues[place] = try value.number.orFault(
                "the context '\(description.contextNames[place])': expected a number; got \(value.shown)")
        }
        var outcome = Outcome(outputs: [])
        swap(&outcome, &outcomes[step.outcome])
        defer { swap(&outcome, &outcomes[step.outcome]) }
        let function = functions[step.function]
        if outcome.outputs.isEmpty { outcome.outputs = Array(repeating: .null, count: function.function.parameters.count) }
        pendingFault = nil
        calls?.add()
        try function.call(into: &outcome) { index throws(ForeignFault) in
            try step.arguments[index].map { source throws(ForeignFault) in try evaluate(source, now) }
        } pendingFault: {
            self.pendingFault
        } describe: {
            self.describe(function: $0, code: $1)
        }
    }

    /// What came out of a step.
    func outcome(of step: ForeignDescription.Step) -> Outcome { outcomes[step.outcome] }

    func callArithmetic(_ index: Int, _ operands: [Double]) throws(ForeignFault) -> Double {
        let function = functions[index]
        let given = function.function.operands
        var outcome = Outcome(outputs: [])
        swap(&outcome, &arithmetic[index])
        defer { swap(&outcome, &arithmetic[index]) }
        if outcome.outputs.isEmpty { outcome.outputs = Array(repeating: .null, count: function.function.parameters.count) }
        calls?.add()
        try function.call(into: &outcome) { parameter throws(ForeignFault) in
            given.firstIndex(of: parameter).map { .number(operands[$0]) }
        } pendingFault: {
            self.pendingFault
        } describe: {
            self.describe(function: $0, code: $1)
        }
        if case .boolean(let truth) = outcome.returned { return truth ? 1 : 0 }
        return outcome.returned.number ?? .nan
    }

    func callbackFailed(_ fault: ForeignFault) {
        guard isOnOwnThread else { return host.log.warning("\(fault.sentence)") }
        if pendingFault == nil { pendingFault = fault }
    }

    func log(_ level: Log.Level, _ text: String) { host.log.write(level, text) }

    /// The library's own words for an error code; nil if it has none.
    private func describe(function index: Int, code: Int128) -> String? {
        let function = functions[index]
        var outcome = Outcome(outputs: [.null])
        try? function.call(into: &outcome, argument: { _ in .integer(code) }, pendingFault: { nil }, describe: { _, _ in nil })
        return outcome.returned.plainText
    }

    /// The value of a variable of the library that holds a pointer.
    private func symbol(_ name: String) throws(ForeignFault) -> Value {
        let address = try library.pointer(named: name).orFault("the library has no variable '\(name)' (expected one that holds a pointer; got none)")
        return .handle(Value.Handle(type: "symbol", address: address))
    }
}

/// What some work has to go by.
struct Circumstances {
    /// The values of the message's fields.
    var fields: [Value?] = []
    var paths: [FieldPath] = []
    var topic = UnsafeRawBufferPointer(start: nil, count: 0)
    var payload = UnsafeRawBufferPointer(start: nil, count: 0)
    var time = Timestamp(nanoseconds: 0)
    /// The points that were read, by the number of their series.
    var series: [Int: SeriesPoints] = [:]
    var configuration = Value.null
}

/// Values of sources.
extension Engine {
    func evaluate(_ source: Source, _ now: Circumstances) throws(ForeignFault) -> Value {
        switch source {
        case .literal(let value): return value
        case .reference(let reference): return try evaluate(reference, now)
        case .expression(let expression, let references): return .number(try evaluate(expression, references, now))
        case .template(let pieces):
            var text = ""
            for piece in pieces {
                let value = try evaluate(piece, now)
                text += try value.plainText.orFault("expected a text or a number to put into a text; got \(value.shown)")
            }
            return .text(text)
        case .list(let sources):
            var items: [Value] = []
            for source in sources { items.append(try evaluate(source, now)) }
            return .list(items)
        case .object(let members):
            var values: [(key: String, value: Value)] = []
            for member in members { values.append((member.key, try evaluate(member.source, now))) }
            return .object(values)
        }
    }

    private func evaluate(_ expression: Expression, _ references: [Reference], _ now: Circumstances) throws(ForeignFault) -> Double {
        var variables: [Double] = []
        for reference in references {
            let value = try evaluate(reference, now)
            variables.append(try value.number.orFault("an expression: expected a number; got \(value.shown)"))
        }
        variables.append(0)  // So that there is memory to point to.
        let outcome: Result<Double, ForeignFault> = variables.withUnsafeBufferPointer { variables in
            do throws(ForeignFault) {
                return .success(
                    try expression.evaluate(variables.baseAddress.unsafelyUnwrapped) { function, operands throws(ForeignFault) in
                        pendingFault = nil
                        return try callArithmetic(function, operands)
                    })
            } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private func evaluate(_ reference: Reference, _ now: Circumstances) throws(ForeignFault) -> Value {
        switch reference {
        case .message(let slot, let path): return try now.fields[slot].orFault("the message has no '\(path)' (expected a value there; got nothing)")
        case .payload: return .text(try NativeText.decode(now.payload, isLatin1: false))
        case .topic(let level): return try topic(now.topic, level)
        case .config(let path):
            return try now.configuration.following(path.steps[...]).orFault("the manifest's config has no '\(path.text)' (expected a value there; got nothing)")
        case .outcome(let index, let part, let steps): return try value(of: index, part, steps)
        case .series(let index, let wantsTimes): return try points(index, wantsTimes, now)
        case .time(let form): return value(of: now.time, form)
        case .symbol(let name): return try symbol(name)
        }
    }

    private func topic(_ topic: UnsafeRawBufferPointer, _ level: Int?) throws(ForeignFault) -> Value {
        let text = String(decoding: topic, as: UTF8.self)
        guard let level else { return .text(text) }
        let levels = text.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.indices.contains(level) else { throw .input("the topic has no level \(level) (expected more levels; got \(levels.count))") }
        return .text(String(levels[level]))
    }

    private func value(of index: Int, _ part: Reference.Part, _ steps: [FieldPath.Step]) throws(ForeignFault) -> Value {
        let outcome = outcomes[index]
        let whole: Value =
            switch part {
            case .returned: outcome.returned
            case .parameter(let parameter): outcome.outputs.indices.contains(parameter) ? outcome.outputs[parameter] : .null
            }
        return steps.isEmpty ? whole : try whole.following(steps[...]).orFault("the result has no such part (expected a member or an element; got \(whole.shown))")
    }

    private func points(_ index: Int, _ wantsTimes: Bool, _ now: Circumstances) throws(ForeignFault) -> Value {
        let series = description.series[index]
        let points = try now.series[index].orFault("the series '\(series.name)' was not read")
        if series.window != nil { return .numbers(wantsTimes ? points.times : points.values) }
        return .number((wantsTimes ? points.times : points.values).last ?? .nan)
    }

    private func value(of time: Timestamp, _ form: Reference.TimeForm) -> Value {
        switch form {
        case .text: .text(time.description)
        case .seconds: .number(Double(time.nanoseconds) / 1e9)
        case .milliseconds: .integer(Int128(time.nanoseconds / 1_000_000))
        case .nanoseconds: .integer(Int128(time.nanoseconds))
        }
    }
}
