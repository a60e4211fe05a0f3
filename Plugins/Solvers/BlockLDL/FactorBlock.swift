/// A small dense square block, the scalar of a ``BlockLDL``.
public protocol FactorBlock: BitwiseCopyable, Sendable {
    /// One right-hand side of a block.
    associatedtype Vector: SIMD<Double> & BitwiseCopyable & Sendable
    /// Rows and columns.
    static var size: Int { get }
    static var zero: Self { get }
    subscript(row: Int, column: Int) -> Double { get set }
    /// Of each entry the absolute value.
    var magnitudes: Self { get }
    var transposed: Self { get }
    /// self · vector
    func times(_ vector: Vector) -> Vector
    /// selfᵀ · vector
    func transposedTimes(_ vector: Vector) -> Vector
    /// self · other
    func times(_ other: Self) -> Self
    /// self · otherᵀ
    func timesTransposed(_ other: Self) -> Self
    /// selfᵀ · other
    func transposedTimes(_ other: Self) -> Self
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    /// The entrywise maximum.
    func maximum(_ other: Self) -> Self
    /// Of each row the sum of the products of its entries with those of the other's row.
    func rowDots(_ other: Self) -> Vector
    /// The inverse by elimination with row exchanges inside the block, without a look at its quality: entries that are not finite
    /// where a pivot is exactly zero.
    var unguardedInverse: Self { get }
}

extension FactorBlock {
    /// The inverse of a symmetric block that was computed as a difference of larger numbers, and how many of its rows are void.
    ///
    /// - Parameters:
    ///   - noise: of each entry the largest magnitude that it was summed from.
    ///   - tolerance: a pivot below this fraction of what it was summed from is rounding, and counts as zero.
    /// - Returns: the inverse; where pivots are zero, that of the largest part without them, zero in the void rows and columns.
    @inlinable
    func guardedInverse(noise: Self, tolerance: Double) -> (inverse: Self, voidRows: Int) {
        let inverse = unguardedInverse
        // Skeel's condition number of each row, which scaling does not change; the comparison fails for what is not a number.
        if inverse.magnitudes.rowDots(noise).sum() * tolerance < 1 { return (inverse, 0) }
        return carefulInverse(noise: noise, tolerance: tolerance)
    }

    @usableFromInline
    func carefulInverse(noise: Self, tolerance: Double) -> (inverse: Self, voidRows: Int) {
        let size = Self.size
        var entries = [Double](repeating: 0, count: size * size)
        var magnitudes = entries
        for column in 0..<size {
            for row in 0..<size {
                entries[row + size * column] = self[row, column]
                magnitudes[row + size * column] = noise[row, column]
            }
        }
        let voidRows = entries.withUnsafeMutableBufferPointer { entries in
            magnitudes.withUnsafeMutableBufferPointer { magnitudes in
                invertSymmetric(entries.baseAddress!, noise: magnitudes.baseAddress!, size: size, tolerance: tolerance)
            }
        }
        var inverse = Self.zero
        for column in 0..<size {
            for row in 0..<size { inverse[row, column] = entries[row + size * column] }
        }
        return (inverse, voidRows)
    }
}
