/// The angles of conductors without load: copied along lines, taken from the open-circuit voltages of transformers.
enum NominalAngles {
    /// - Parameter shiftsPhases: for each element, whether its two ends may have different angles.
    static func angles(_ grid: UnbalancedGrid, shiftsPhases: [Bool]) -> [Double] {
        var phasors = [Complex?](repeating: nil, count: grid.conductorCount)
        var isQueued = [Bool](repeating: false, count: grid.conductorCount)
        var queue: [Int32] = []
        for source in grid.sources {
            phasors[Int(source.conductor)] = Complex(magnitude: 1, angle: source.voltage.angle)
            isQueued[Int(source.conductor)] = true
            queue.append(source.conductor)
        }
        var elementsOf = [[Int32]](repeating: [], count: grid.conductorCount)
        for (position, element) in grid.elements.enumerated() {
            for conductor in element.terminals { elementsOf[Int(conductor)].append(Int32(position)) }
        }
        var position = 0
        while position < queue.count {
            for number in elementsOf[Int(queue[position])] {
                let element = grid.elements[Int(number)]
                if shiftsPhases[Int(number)] { turn(element, &phasors) } else { copy(element, &phasors) }
                for conductor in element.terminals where phasors[Int(conductor)] != nil && !isQueued[Int(conductor)] {
                    isQueued[Int(conductor)] = true
                    queue.append(conductor)
                }
            }
            position += 1
        }
        return phasors.enumerated().map { $1?.angle ?? -Double(min(grid.phases[$0], 2)) * 2 * .pi / 3 }
    }

    private static func copy(_ element: UnbalancedGrid.Element, _ phasors: inout [Complex?]) {
        let count = element.firstEndCount
        guard element.terminals.count == 2 * count else { return }
        for i in 0..<count {
            let (a, b) = (Int(element.terminals[i]), Int(element.terminals[count + i]))
            if phasors[a] == nil { phasors[a] = phasors[b] } else if phasors[b] == nil { phasors[b] = phasors[a] }
        }
    }

    /// `V_open = -Y_oo⁻¹ · Y_ok · V_known`, once one end is known.
    private static func turn(_ element: UnbalancedGrid.Element, _ phasors: inout [Complex?]) {
        let order = element.terminals.count
        let known = (0..<order).filter { phasors[Int(element.terminals[$0])] != nil }
        let open = (0..<order).filter { phasors[Int(element.terminals[$0])] == nil }
        let isFirstKnown = open.allSatisfy { $0 >= element.firstEndCount }
        let isSecondKnown = open.allSatisfy { $0 < element.firstEndCount }
        guard !open.isEmpty, !known.isEmpty, isFirstKnown || isSecondKnown else { return }
        let matrix = SquareMatrix(order: order, entries: element.admittance)
        guard let inverse = matrix.submatrix(open).inverse else { return }
        let currents = open.map { row in
            known.reduce(Complex.zero) { $0 + matrix[row, $1] * (phasors[Int(element.terminals[$1])] ?? .zero) }
        }
        for (i, row) in open.enumerated() {
            let voltage = currents.enumerated().reduce(Complex.zero) { $0 - inverse[i, $1.offset] * $1.element }
            guard voltage.isFinite, voltage.magnitude > 1e-6 else { continue }
            phasors[Int(element.terminals[row])] = voltage / voltage.magnitude
        }
    }
}
