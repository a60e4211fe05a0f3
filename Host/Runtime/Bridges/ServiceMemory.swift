/// The small durable memory of services; the host's `Command` bridges it to files. Any thread may call it; calls block on the disk.
public protocol ServiceMemory: AnyObject, Sendable {
    /// The value of a key, or `nil`.
    func get(service: String, key: String) throws(ServiceMemoryError) -> [UInt8]?

    /// Stores a value, durable when the call returns. All keys and values of the service together may take `quota` bytes.
    func put(service: String, key: String, value: [UInt8], quota: Int) throws(ServiceMemoryError)

    /// Removes a key, durable when the call returns; one that is not there is ignored.
    func remove(service: String, key: String) throws(ServiceMemoryError)

    /// Calls `body` for each key that begins with `prefix`, in the order of their bytes, until it returns false.
    func visit(service: String, prefix: String, _ body: (_ key: String, _ value: [UInt8]) -> Bool) throws(ServiceMemoryError)
}

/// Why a service's memory refused or failed; `description` is a sentence for a person.
public struct ServiceMemoryError: Error, Sendable, CustomStringConvertible {
    enum Code { case quotaExceeded, inputOutput }
    let code: Code
    public let description: String

    /// The value would take the service over its quota; the old value stands.
    public static func quotaExceeded(_ sentence: String) -> Self { Self(code: .quotaExceeded, description: sentence) }
    /// The disk failed; the old value stands.
    public static func inputOutput(_ sentence: String) -> Self { Self(code: .inputOutput, description: sentence) }
}
