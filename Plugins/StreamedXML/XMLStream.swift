internal import CLibXML2

/// Feeds the bytes of one document to libxml2's push parser, which calls a handler.
///
/// No document type is accepted, so no entity but XML's own five is ever expanded; nothing is fetched.
public final class XMLStream {
    private let context: xmlParserCtxtPtr
    private let box: Unmanaged<StreamState>
    private let state: StreamState

    /// - Parameter fileName: for the parser's own messages.
    /// - Returns: nil where there is no memory.
    public init?(handler: any XMLHandler, fileName: String) {
        state = StreamState(handler: handler)
        box = Unmanaged.passRetained(state)
        var sax = xmlSAXHandler()
        sax.initialized = XML_SAX2_MAGIC
        sax.internalSubset = { pointer, _, _, _ in StreamState.at(pointer).refuseDocumentType() }
        sax.startElementNs = { pointer, name, prefix, uri, _, _, count, _, attributes in
            StreamState.at(pointer).start(name, prefix, uri, attributes, Int(count))
        }
        sax.endElementNs = { pointer, _, _, _ in StreamState.at(pointer).handler.end() }
        sax.characters = { pointer, bytes, count in StreamState.at(pointer).characters(bytes, Int(count)) }
        sax.cdataBlock = { pointer, bytes, count in StreamState.at(pointer).characters(bytes, Int(count)) }
        guard let context = xmlCreatePushParserCtxt(&sax, box.toOpaque(), nil, 0, fileName) else {
            box.release()
            return nil
        }
        self.context = context
        state.context = context
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue))
    }

    deinit {
        xmlFreeParserCtxt(context)
        box.release()
    }

    /// - Returns: false when the rest need not be read: the document is refused or not well formed.
    public func push(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let base = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
        quietly { xmlParseChunk(context, base, Int32(bytes.count), 0) }
        return state.handler.refusal == nil && context.pointee.wellFormed != 0
    }

    /// Without what libxml2 writes to the standard error about bytes that are no text of their encoding.
    private func quietly(_ body: () -> Int32) {
        let (handler, data) = (__xmlStructuredError().pointee, __xmlStructuredErrorContext().pointee)
        xmlSetStructuredErrorFunc(nil) { _, _ in }
        _ = body()
        xmlSetStructuredErrorFunc(data, handler)
    }

    /// - Returns: what is wrong and in which line, nil when the document is well formed and was not refused.
    public func finish() -> (line: Int, sentence: String)? {
        if state.handler.refusal == nil, context.pointee.wellFormed != 0 { quietly { xmlParseChunk(context, nil, 0, 1) } }
        let line = Int(context.pointee.input?.pointee.line ?? 0)
        if let refusal = state.handler.refusal { return (state.refusalLine, refusal) }
        guard context.pointee.wellFormed == 0 else { return nil }
        guard let error = xmlCtxtGetLastError(context) else { return (line, "it is not well-formed XML") }
        let message = error.pointee.message.map { String(cString: $0) } ?? "unknown error"
        let oneLine = message.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(200)
        return (Int(error.pointee.line), "it is not well-formed XML: \(oneLine)")
    }
}

/// What the C callbacks of one parser get.
private final class StreamState {
    let handler: any XMLHandler
    var context: xmlParserCtxtPtr?
    var refusalLine = 0

    init(handler: any XMLHandler) { self.handler = handler }

    static func at(_ pointer: UnsafeMutableRawPointer?) -> StreamState {
        Unmanaged<StreamState>.fromOpaque(pointer!).takeUnretainedValue()
    }

    private var line: Int { Int(context?.pointee.input?.pointee.line ?? 0) }

    func start(
        _ name: UnsafePointer<xmlChar>?, _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?,
        _ attributes: XMLAttributes.Pointer?, _ count: Int
    ) {
        guard let name, handler.refusal == nil else { return }
        if !handler.start(name: name, prefix: prefix, uri: uri, attributes: attributes, count: count, line: line) { stop() }
    }

    func characters(_ bytes: UnsafePointer<xmlChar>?, _ count: Int) {
        guard let bytes, handler.refusal == nil else { return }
        if !handler.characters(UnsafeBufferPointer(start: bytes, count: count)) { stop() }
    }

    func refuseDocumentType() {
        handler.refuseDocumentType()
        stop()
    }

    private func stop() {
        refusalLine = line
        xmlStopParser(context)
    }
}
