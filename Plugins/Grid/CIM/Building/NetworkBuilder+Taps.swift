extension NetworkBuilder {
    mutating func ratioTap(_ object: CIMObject, _ tables: TransformerTables) -> TapChanger? {
        guard var tap = steps(object, tables) else { return nil }
        if let table = object.reference("RatioTapChanger.RatioTapChangerTable") {
            guard let kind = self.table(tables.ratioPoints[table], low: tap.lowStep, high: tap.highStep, of: object) else { return nil }
            tap.kind = kind
        } else {
            let percent = object.double("RatioTapChanger.stepVoltageIncrement") ?? 0
            guard percent.magnitude <= 50 else {
                object.refuse("RatioTapChanger '\(object.name ?? "")' has steps of \(percent) %, expected a few; it is left out")
                return nil
            }
            tap.kind = .ratio(stepPercent: percent)
        }
        tap.control = object.reference("TapChanger.TapChangerControl").flatMap { control($0, of: object) }
        return tap
    }

    mutating func phaseTap(_ object: CIMObject, _ tables: TransformerTables) -> TapChanger? {
        guard var tap = steps(object, tables) else { return nil }
        switch object.className {
        case "PhaseTapChangerTabular":
            guard let table = object.reference("PhaseTapChangerTabular.PhaseTapChangerTable"),
                let kind = self.table(tables.phasePoints[table], low: tap.lowStep, high: tap.highStep, of: object)
            else { return nil }
            tap.kind = kind
        case "PhaseTapChangerLinear":
            tap.kind = .symmetrical(stepDegrees: object.double("PhaseTapChangerLinear.stepPhaseShiftIncrement") ?? 0)
        case "PhaseTapChangerSymmetrical":
            // tan(α/2) = n·δu/2 (IEC 61970-301): nearly linear; the angle of one step.
            let step = object.double("PhaseTapChangerNonLinear.voltageStepIncrement") ?? 0
            tap.kind = .symmetrical(stepDegrees: 2 * Complex(1, step / 200).angle * 180 / .pi)
        default:
            tap.kind = .asymmetrical(
                stepPercent: object.double("PhaseTapChangerNonLinear.voltageStepIncrement") ?? 0,
                connectionDegrees: object.double("PhaseTapChangerAsymmetrical.windingConnectionAngle") ?? 90)
        }
        return tap
    }

    /// Range and live position: of the state variables, the steady state, the normal or the neutral step.
    private func steps(_ object: CIMObject, _ tables: TransformerTables) -> TapChanger? {
        let neutral = object.integer("TapChanger.neutralStep") ?? 0
        let low = object.integer("TapChanger.lowStep") ?? neutral
        let high = object.integer("TapChanger.highStep") ?? neutral
        guard low <= high, high - low <= 1000 else {
            object.refuse("\(object.className) '\(object.name ?? "")' has steps from \(low) to \(high); it is left out")
            return nil
        }
        let told = object.double("TapChanger.step") ?? tables.tapStates[object].last?.double("SvTapStep.position")
        let normal = object.integer("TapChanger.normalStep").map(Double.init)
        let step = told ?? normal ?? Double(neutral)
        guard step >= Double(low), step <= Double(high) else {
            object.warn("\(object.className) '\(object.name ?? "")' is at step \(step), outside \(low) to \(high); it is taken as neutral")
            return TapChanger(
                mRID: object.mRID, kind: .ratio(stepPercent: 0), lowStep: low, highStep: high, neutralStep: neutral, step: Double(neutral))
        }
        return TapChanger(mRID: object.mRID, kind: .ratio(stepPercent: 0), lowStep: low, highStep: high, neutralStep: neutral, step: step)
    }

    private func table(_ points: [CIMObject], low: Int, high: Int, of object: CIMObject) -> TapChanger.Kind? {
        var ratios = [Double](repeating: 1, count: high - low + 1)
        var degrees = [Double](repeating: 0, count: high - low + 1)
        for point in points {
            guard let step = point.integer("TapChangerTablePoint.step"), step >= low, step <= high else { continue }
            ratios[step - low] = point.double("TapChangerTablePoint.ratio") ?? 1
            degrees[step - low] = point.double("PhaseTapChangerTablePoint.angle") ?? 0
        }
        guard ratios.allSatisfy({ $0 > 0.01 && $0 < 100 }) else {
            object.refuse("\(object.className) '\(object.name ?? "")' has a table with a ratio outside 0.01 to 100; it is left out")
            return nil
        }
        return .table(ratios: ratios, degrees: degrees)
    }

    private mutating func control(_ object: CIMObject, of tap: CIMObject) -> TapControl? {
        guard let target = object.double("RegulatingControl.targetValue") else { return nil }
        let isCompensating = object.flag("TapChangerControl.lineDropCompensation") ?? false
        let ratio = tap.double("TapChanger.ptRatio")
        // With a voltage transformer, the target is in volt at its secondary whatever the unit of the file is.
        let scale = ratio == nil ? units.volts : 1
        let isEnabled = object.flag("RegulatingControl.enabled") ?? true
        return TapControl(
            mRID: object.mRID, isEnabled: isEnabled && tap.flag("TapChanger.controlEnabled") ?? true,
            node: object.reference("RegulatingControl.Terminal").flatMap { node(of: $0) },
            phase: object.kind("RegulatingControl.monitoredPhase").flatMap([Phase].init(code:)).flatMap { $0.count == 1 ? $0[0] : nil },
            targetVolts: target * scale, deadbandVolts: (object.double("RegulatingControl.targetDeadband") ?? 0) * scale,
            lineDropVolts: isCompensating
                ? Complex(object.double("TapChangerControl.lineDropR") ?? 0, object.double("TapChangerControl.lineDropX") ?? 0) : nil,
            voltageTransformerRatio: ratio, currentTransformerAmperes: tap.double("TapChanger.ctRating"),
            delaySeconds: tap.double("TapChanger.initialDelay") ?? 0)
    }
}
