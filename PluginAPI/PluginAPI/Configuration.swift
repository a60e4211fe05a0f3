/// What the site's manifest says to a service. Valid during the call that passes it. Read it as JSON here, or value by value
/// with ``ConfigurationValues``.
public struct Configuration {
    /// The manifest's `config` as a JSON object in UTF-8; `{}` if it has none.
    public let json: UnsafeRawBufferPointer

    /// Lends a JSON object.
    public init(json: UnsafeRawBufferPointer) { self.json = json }

    /// A reader at the begin of ``json``.
    public var reader: JSONReader { JSONReader(json) }

    /// The text of ``json``.
    public var text: String { String(decoding: json, as: UTF8.self) }
}
