/// One publication of a device.
struct Letter {
    let topic: String
    let payload: [UInt8]
    let qos: UInt8
    let retain: Bool
}

/// What a device has to say, in order. Its memory is small: when it is full the oldest is forgotten, also one that is on its way.
struct LetterQueue {
    private var letters: [Letter] = []
    /// How many have left the front: the number of the first that is there.
    private var first = 0
    private let longest: Int

    init(longest: Int) { self.longest = longest }

    var count: Int { letters.count }

    /// - Returns: whether there was room; if not, the oldest letter is gone.
    mutating func append(_ letter: Letter) -> Bool {
        letters.append(letter)
        guard letters.count > longest else { return true }
        letters.removeFirst()
        first += 1
        return false
    }

    /// The oldest letters, which stay, and the number behind the last of them.
    func next(_ most: Int) -> ([Letter], end: Int) {
        let next = Array(letters.prefix(most))
        return (next, first + next.count)
    }

    /// Removes the letters before a number, as far as they are there.
    mutating func remove(before number: Int) {
        let count = max(0, number - first)
        letters.removeFirst(count)
        first += count
    }
}
