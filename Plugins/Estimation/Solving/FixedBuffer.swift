/// Memory of a fixed size that lives as long as its owner: the estimator's working set, allocated once and never moved.
final class FixedBuffer<Element: BitwiseCopyable> {
    let pointer: UnsafeMutablePointer<Element>
    let count: Int

    init(repeating value: Element, count: Int) {
        pointer = .allocate(capacity: max(count, 1))
        pointer.initialize(repeating: value, count: count)
        self.count = count
    }

    init(_ elements: [Element]) {
        pointer = .allocate(capacity: max(elements.count, 1))
        count = elements.count
        for (index, element) in elements.enumerated() { (pointer + index).initialize(to: element) }
    }

    deinit { pointer.deallocate() }

    subscript(index: Int) -> Element {
        get { pointer[index] }
        set { pointer[index] = newValue }
    }

    func fill(_ value: Element) { pointer.update(repeating: value, count: count) }
    func copy(from other: FixedBuffer) { pointer.update(from: other.pointer, count: count) }
    var array: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
