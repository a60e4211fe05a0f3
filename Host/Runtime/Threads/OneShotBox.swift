internal import Synchronization

/// A place for a value that one thread leaves and another one takes.
final class OneShotBox<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)

    var value: Value? {
        get { content.withLock { $0 } }
        set { content.withLock { $0 = newValue } }
    }
}
