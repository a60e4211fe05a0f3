/// A 4×4 block of doubles.
@frozen
public struct Block4: FactorBlock {
    public var c0: SIMD4<Double>
    public var c1: SIMD4<Double>
    public var c2: SIMD4<Double>
    public var c3: SIMD4<Double>

    /// - Parameters: the columns.
    @inlinable public init(_ c0: SIMD4<Double>, _ c1: SIMD4<Double>, _ c2: SIMD4<Double>, _ c3: SIMD4<Double>) {
        self.c0 = c0
        self.c1 = c1
        self.c2 = c2
        self.c3 = c3
    }

    @inlinable public static var size: Int { 4 }
    @inlinable public static var zero: Block4 { Block4(.zero, .zero, .zero, .zero) }

    @inlinable public subscript(row: Int, column: Int) -> Double {
        get {
            switch column {
            case 0: c0[row]
            case 1: c1[row]
            case 2: c2[row]
            default: c3[row]
            }
        }
        set {
            switch column {
            case 0: c0[row] = newValue
            case 1: c1[row] = newValue
            case 2: c2[row] = newValue
            default: c3[row] = newValue
            }
        }
    }

    @inlinable @inline(__always) public var magnitudes: Block4 {
        Block4(Self.magnitude(c0), Self.magnitude(c1), Self.magnitude(c2), Self.magnitude(c3))
    }

    @inlinable @inline(__always) static func magnitude(_ v: SIMD4<Double>) -> SIMD4<Double> { v.replacing(with: -v, where: v .< 0) }

    @inlinable @inline(__always) public var transposed: Block4 {
        Block4(
            SIMD4(c0.x, c1.x, c2.x, c3.x), SIMD4(c0.y, c1.y, c2.y, c3.y), SIMD4(c0.z, c1.z, c2.z, c3.z), SIMD4(c0.w, c1.w, c2.w, c3.w))
    }

    @inlinable @inline(__always) public func times(_ v: SIMD4<Double>) -> SIMD4<Double> { c0 * v.x + c1 * v.y + (c2 * v.z + c3 * v.w) }

    @inlinable @inline(__always) public func transposedTimes(_ v: SIMD4<Double>) -> SIMD4<Double> {
        let (a, b, c, d) = (c0 * v, c1 * v, c2 * v, c3 * v)
        let (ac, bd) = (a.lowHalf + a.highHalf, b.lowHalf + b.highHalf)
        let (cc, dd) = (c.lowHalf + c.highHalf, d.lowHalf + d.highHalf)
        return SIMD4(ac.x + ac.y, bd.x + bd.y, cc.x + cc.y, dd.x + dd.y)
    }

    @inlinable @inline(__always) public func times(_ other: Block4) -> Block4 {
        Block4(times(other.c0), times(other.c1), times(other.c2), times(other.c3))
    }

    @inlinable @inline(__always) public func rowDots(_ other: Block4) -> SIMD4<Double> {
        c0 * other.c0 + c1 * other.c1 + (c2 * other.c2 + c3 * other.c3)
    }

    @inlinable @inline(__always) public func timesTransposed(_ other: Block4) -> Block4 { times(other.transposed) }
    @inlinable @inline(__always) public func transposedTimes(_ other: Block4) -> Block4 { transposed.times(other) }

    @inlinable @inline(__always) public static func + (a: Block4, b: Block4) -> Block4 { Block4(a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2, a.c3 + b.c3) }
    @inlinable @inline(__always) public static func - (a: Block4, b: Block4) -> Block4 { Block4(a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2, a.c3 - b.c3) }

    @inlinable @inline(__always) public func maximum(_ other: Block4) -> Block4 {
        Block4(
            c0.replacing(with: other.c0, where: c0 .< other.c0), c1.replacing(with: other.c1, where: c1 .< other.c1),
            c2.replacing(with: other.c2, where: c2 .< other.c2), c3.replacing(with: other.c3, where: c3 .< other.c3))
    }
}

extension Block4 {
    @inlinable public var unguardedInverse: Block4 {
        var rows = (transposed, Block4(SIMD4(1, 0, 0, 0), SIMD4(0, 1, 0, 0), SIMD4(0, 0, 1, 0), SIMD4(0, 0, 0, 1)))
        Self.eliminate(0, &rows.0, &rows.1)
        Self.eliminate(1, &rows.0, &rows.1)
        Self.eliminate(2, &rows.0, &rows.1)
        Self.eliminate(3, &rows.0, &rows.1)
        return rows.1.transposed
    }

    /// One Gauss–Jordan step: `a` and `b` hold rows, not columns; the pivot is the largest entry of the column in a row not used yet.
    @inlinable @inline(__always)
    static func eliminate(_ step: Int, _ a: inout Block4, _ b: inout Block4) {
        exchange(step, &a, &b)
        let scale = 1 / a[step, step]
        let (pivotA, pivotB) = (row(a, step) * scale, row(b, step) * scale)
        reduce(&a.c0, &b.c0, step, pivotA, pivotB)
        reduce(&a.c1, &b.c1, step, pivotA, pivotB)
        reduce(&a.c2, &b.c2, step, pivotA, pivotB)
        reduce(&a.c3, &b.c3, step, pivotA, pivotB)
        setRow(&a, step, pivotA)
        setRow(&b, step, pivotB)
    }

    @inlinable @inline(__always)
    static func reduce(
        _ a: inout SIMD4<Double>, _ b: inout SIMD4<Double>, _ step: Int, _ pivotA: SIMD4<Double>, _ pivotB: SIMD4<Double>
    ) {
        let factor = a[step]
        a -= pivotA * factor
        b -= pivotB * factor
    }

    @inlinable @inline(__always)
    static func exchange(_ step: Int, _ a: inout Block4, _ b: inout Block4) {
        var (best, value) = (step, abs(row(a, step)[step]))
        for candidate in step + 1..<4 {
            let other = abs(row(a, candidate)[step])
            if other > value { (best, value) = (candidate, other) }
        }
        guard best != step else { return }
        let (heldA, heldB) = (row(a, step), row(b, step))
        setRow(&a, step, row(a, best))
        setRow(&b, step, row(b, best))
        setRow(&a, best, heldA)
        setRow(&b, best, heldB)
    }

    @inlinable @inline(__always) static func row(_ block: Block4, _ index: Int) -> SIMD4<Double> {
        switch index {
        case 0: block.c0
        case 1: block.c1
        case 2: block.c2
        default: block.c3
        }
    }

    @inlinable @inline(__always) static func setRow(_ block: inout Block4, _ index: Int, _ value: SIMD4<Double>) {
        switch index {
        case 0: block.c0 = value
        case 1: block.c1 = value
        case 2: block.c2 = value
        default: block.c3 = value
        }
    }
}
