internal import CKLU

/// KLU's routines for one kind of numbers. A conforming type is a name for them and has no values.
public protocol KLURoutines {
    /// Doubles that make one number.
    static var doublesPerNumber: Int { get }
    static func factor(_ values: [Double], _ analysis: KLUAnalysis) -> OpaquePointer?
    static func refactor(_ values: [Double], _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Bool
    static func solve(_ x: UnsafeMutablePointer<Double>, count: Int, _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Bool
    static func conditionEstimate(_ values: [Double], _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Double?
    static func free(_ numeric: OpaquePointer, _ analysis: KLUAnalysis)
}

/// `klu_*`.
public enum RealRoutines: KLURoutines {
    public static var doublesPerNumber: Int { 1 }

    public static func factor(_ values: [Double], _ analysis: KLUAnalysis) -> OpaquePointer? {
        analysis.withPattern(values) { starts, rows, values in OpaquePointer(klu_factor(starts, rows, values, analysis.symbolic, &analysis.common)) }
    }

    public static func refactor(_ values: [Double], _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Bool {
        analysis.withPattern(values) { starts, rows, values in
            klu_refactor(starts, rows, values, analysis.symbolic, UnsafeMutablePointer(numeric), &analysis.common) != 0
        }
    }

    public static func solve(_ x: UnsafeMutablePointer<Double>, count: Int, _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Bool {
        klu_solve(analysis.symbolic, UnsafeMutablePointer(numeric), Int32(analysis.order), Int32(count), x, &analysis.common) != 0
    }

    public static func conditionEstimate(_ values: [Double], _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Double? {
        let isDone = analysis.withPattern(values) { starts, _, values in
            klu_condest(starts, values, analysis.symbolic, UnsafeMutablePointer(numeric), &analysis.common) != 0
        }
        return isDone ? analysis.common.condest : nil
    }

    public static func free(_ numeric: OpaquePointer, _ analysis: KLUAnalysis) {
        var numeric: UnsafeMutablePointer<klu_numeric>? = UnsafeMutablePointer(numeric)
        klu_free_numeric(&numeric, &analysis.common)
    }
}

/// `klu_z_*`.
public enum ComplexRoutines: KLURoutines {
    public static var doublesPerNumber: Int { 2 }

    public static func factor(_ values: [Double], _ analysis: KLUAnalysis) -> OpaquePointer? {
        analysis.withPattern(values) { starts, rows, values in OpaquePointer(klu_z_factor(starts, rows, values, analysis.symbolic, &analysis.common)) }
    }

    public static func refactor(_ values: [Double], _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Bool {
        analysis.withPattern(values) { starts, rows, values in
            klu_z_refactor(starts, rows, values, analysis.symbolic, UnsafeMutablePointer(numeric), &analysis.common) != 0
        }
    }

    public static func solve(_ x: UnsafeMutablePointer<Double>, count: Int, _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Bool {
        klu_z_solve(analysis.symbolic, UnsafeMutablePointer(numeric), Int32(analysis.order), Int32(count), x, &analysis.common) != 0
    }

    public static func conditionEstimate(_ values: [Double], _ numeric: OpaquePointer, _ analysis: KLUAnalysis) -> Double? {
        let isDone = analysis.withPattern(values) { starts, _, values in
            klu_z_condest(starts, values, analysis.symbolic, UnsafeMutablePointer(numeric), &analysis.common) != 0
        }
        return isDone ? analysis.common.condest : nil
    }

    public static func free(_ numeric: OpaquePointer, _ analysis: KLUAnalysis) {
        var numeric: UnsafeMutablePointer<klu_numeric>? = UnsafeMutablePointer(numeric)
        klu_z_free_numeric(&numeric, &analysis.common)
    }
}
