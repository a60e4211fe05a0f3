/// The latest value of every measurement of a model, with its time and quality: what asynchronous sources leave for the next frame.
///
/// Sources of any rate write with ``offer(_:value:atSeconds:quality:nowSeconds:)``; before a frame, ``apply(to:nowSeconds:)`` gives the
/// estimator each value with the sigma of its age.
public struct MeasurementBuffer: Sendable {
    private var channels: [Channel]
    public var timeStamps: TimeStampRule

    /// How a measurement ages and what stands in for it.
    public struct Settings: Hashable, Sendable {
        public var ageing: AgeingRule
        /// See ``AgeingRule/sigma(_:scale:ageSeconds:)``.
        public var scale: Double

        public init(ageing: AgeingRule, scale: Double) {
            self.ageing = ageing
            self.scale = scale
        }
    }

    /// What a source says about its own value.
    public struct Quality: Hashable, Sendable {
        /// False: the source itself calls the value invalid.
        public var isValid = true
        /// False: the clock of a PMU is not synchronised, so that its angles mean nothing; magnitudes are kept.
        public var isSynchronised = true
        /// Multiplies the sigma: 1 for a measured value, more for one that was substituted or estimated.
        public var sigmaFactor = 1.0

        public init() {}
    }

    /// What became of an offer.
    public enum Reception: Hashable, Sendable {
        case taken
        /// A later value is there already: it stays.
        case late
        /// A sentence that says why.
        case refused(String)
    }

    private struct Channel: Sendable {
        var quantity: Quantity
        var sigma: Double
        var settings: Settings
        var value = 0.0
        var seconds = -Double.infinity
        var quality = Quality()
    }

    /// - Parameter settings: of each measurement of the model. Values and sigmas of the model itself count as never measured, except that of
    ///   a pseudo-measurement, which holds from the start.
    public init(_ model: EstimationModel, settings: [Settings], timeStamps: TimeStampRule = TimeStampRule()) {
        precondition(settings.count == model.measurements.count, "settings for \(settings.count) of \(model.measurements.count) measurements")
        self.timeStamps = timeStamps
        channels = zip(model.measurements, settings).map { measurement, settings in
            var channel = Channel(quantity: measurement.quantity, sigma: measurement.sigma, settings: settings)
            if measurement.origin == .pseudo {
                channel.value = measurement.value
                channel.settings.ageing = .profile
                channel.seconds = 0
            }
            return channel
        }
    }

    /// Offers a value of a measurement, in the unit of its quantity.
    public mutating func offer(
        _ measurement: Int, value: Double, atSeconds seconds: Double, quality: Quality = Quality(), nowSeconds now: Double
    ) -> Reception {
        if let refusal = timeStamps.refusal(of: seconds, now: now) { return .refused(refusal) }
        guard value.isFinite else { return .refused("the value is \(value): the device sends no number") }
        guard seconds >= channels[measurement].seconds else { return .late }
        channels[measurement].value = value
        channels[measurement].seconds = seconds
        channels[measurement].quality = quality
        return .taken
    }

    /// The value of a measurement and its sigma now; infinite when it takes no part.
    public func reading(_ measurement: Int, nowSeconds now: Double) -> (value: Double, sigma: Double) {
        let channel = channels[measurement]
        guard channel.seconds.isFinite, channel.quality.isValid, channel.quality.isSynchronised || !channel.quantity.isSynchronised else {
            return (channel.value, .infinity)
        }
        let sigma = channel.settings.ageing.sigma(
            channel.sigma * channel.quality.sigmaFactor, scale: channel.settings.scale, ageSeconds: max(0, now - channel.seconds))
        return (channel.value, sigma)
    }

    /// Gives an estimator all values with the sigmas that they have now.
    ///
    /// A sigma that differs from the one in use by less than `slack` (a part of it) keeps that: a new factorisation for every tick of the
    /// clock would be a waste.
    public func apply(to estimator: Estimator, nowSeconds now: Double, slack: Double = 0.1) {
        for index in channels.indices {
            let (value, sigma) = reading(index, nowSeconds: now)
            let used = estimator.measurement(index).sigma
            let keeps = sigma == used || abs(sigma - used) < slack * used
            estimator.setMeasurement(index, value: value, sigma: keeps ? nil : sigma)
        }
    }
}
