/// A 2×2 block of doubles.
@frozen
public struct Block2: FactorBlock {
    /// The columns, one after the other.
    public var columns: SIMD4<Double>

    @inlinable public init(columns: SIMD4<Double>) { self.columns = columns }

    @inlinable public static var size: Int { 2 }
    @inlinable public static var zero: Block2 { Block2(columns: .zero) }

    @inlinable public subscript(row: Int, column: Int) -> Double {
        get { columns[row + 2 * column] }
        set { columns[row + 2 * column] = newValue }
    }

    @inlinable @inline(__always) public var magnitudes: Block2 { Block2(columns: columns.replacing(with: -columns, where: columns .< 0)) }
    @inlinable @inline(__always) public var transposed: Block2 { Block2(columns: SIMD4(columns.x, columns.z, columns.y, columns.w)) }

    @inlinable @inline(__always) public func times(_ vector: SIMD2<Double>) -> SIMD2<Double> {
        columns.lowHalf * vector.x + columns.highHalf * vector.y
    }

    @inlinable @inline(__always) public func transposedTimes(_ vector: SIMD2<Double>) -> SIMD2<Double> {
        let (a, b) = (columns.lowHalf * vector, columns.highHalf * vector)
        return SIMD2(a.x + a.y, b.x + b.y)
    }

    @inlinable @inline(__always) public func times(_ other: Block2) -> Block2 {
        Block2(columns: SIMD4(lowHalf: times(other.columns.lowHalf), highHalf: times(other.columns.highHalf)))
    }

    @inlinable @inline(__always) public func rowDots(_ other: Block2) -> SIMD2<Double> {
        let products = columns * other.columns
        return products.lowHalf + products.highHalf
    }

    @inlinable @inline(__always) public func timesTransposed(_ other: Block2) -> Block2 { times(other.transposed) }
    @inlinable @inline(__always) public func transposedTimes(_ other: Block2) -> Block2 { transposed.times(other) }
    @inlinable public static func + (a: Block2, b: Block2) -> Block2 { Block2(columns: a.columns + b.columns) }
    @inlinable public static func - (a: Block2, b: Block2) -> Block2 { Block2(columns: a.columns - b.columns) }

    @inlinable @inline(__always) public func maximum(_ other: Block2) -> Block2 {
        Block2(columns: columns.replacing(with: other.columns, where: columns .< other.columns))
    }

    @inlinable @inline(__always) public var unguardedInverse: Block2 {
        let scale = 1 / (columns.x * columns.w - columns.y * columns.z)
        return Block2(columns: SIMD4(columns.w, -columns.y, -columns.z, columns.x) * scale)
    }
}
