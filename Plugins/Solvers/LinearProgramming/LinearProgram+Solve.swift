extension LinearProgram {
    /// Solves the program: by CLP's dual simplex method, one with integer columns by CBC's branch and cut.
    ///
    /// Any thread may solve its own programs; mixed-integer searches of one process come one after the other, because CBC keeps
    /// global state. Nothing is written to standard output.
    /// - Parameters:
    ///   - basis: where to start; one of another size is not used. A mixed-integer search uses it for its first relaxation.
    ///   - point: a feasible point that a mixed-integer search begins with, so that there is an answer from the start; checked by CBC.
    /// - Throws: ``LinearProgramError`` for numbers that are none, and where the solver gives up. Infeasible is an answer, not an error.
    public func solve(
        from basis: LinearBasis? = nil, point: [Double]? = nil, limits: SolveLimits = SolveLimits(), cancellation: Cancellation? = nil
    ) throws(LinearProgramError) -> LinearSolution {
        if let defect = defect() { throw defect }
        let deadline = Deadline(limits)
        guard !integerColumns.isEmpty else {
            return try ClpModel(self, basis: basis?.fits(self) == true ? basis : nil).solve(until: deadline, cancellation)
        }
        let search = CbcSearch(self, limits: limits, deadline: deadline, cancellation: cancellation)
        return try search.run(point: point)
    }
}
