import SiteCalendar

/// What plays the field of a site: `emulation.yaml`.
struct SiteDescription {
    /// CIM files of the grid; already joined to the site's folder.
    let gridPaths: [String]
    /// The same seed gives the same field.
    let seed: UInt64
    let zone: SiteZone
    let place: Place
    /// The longest that the field goes on in one step, in seconds of the site's time.
    let stepSeconds: Double
    /// Who the devices are on the databus.
    let user: String
    let password: String
    let customers: [Customer]
    let batteries: [StationBattery]
    let plants: [Plant]
    let instruments: Instruments
    let meters: Meters
    let assets: AssetTopics
    let weather: WeatherTopic?
    let trouble: Trouble
    /// The device that speaks for an asset, by the asset's name: the gateway of its house.
    let gateways: [String: String]

    /// Behind one load of the grid.
    struct Customer {
        /// The mRID of the load.
        let at: String
        let annualKilowattHours: Double
        let shape: Shape
        /// How many customers it stands for.
        let count: Int
        let photovoltaicKW: Double
        /// What can be commanded there.
        let assets: [AssetDescription]
        let meter: Meter

        /// What of the roof nobody commands, kW.
        var freeRoofKW: Double { assets.contains { $0.kind == .photovoltaics } ? 0 : photovoltaicKW }

        enum Shape: String, CaseIterable { case H0, G0, L0 }
        /// How its energy becomes known: each quarter of an hour, the next morning, or not at all.
        enum Meter: String, CaseIterable { case live, late, none }
    }

    /// A battery of its own at a load of the grid.
    struct StationBattery {
        let at: String
        let asset: AssetDescription
    }

    /// A generator of the grid.
    struct Plant {
        let at: String
        let kilowatts: Double
        let kind: Kind
        /// How often its meter reports on the topic of remote units; nil: nobody measures it.
        let periodSeconds: Double?
        enum Kind: String, CaseIterable { case pv, wind }
        var device: String { "plant-\(at)" }
    }

    /// What measures the grid itself.
    struct Instruments {
        var pmus: [PMU] = []
        var units: [RemoteUnit] = []
        var exchanges: [Exchange] = []
        var aggregates: [Aggregate] = []
    }

    /// A phasor measurement unit at a busbar, with the current of a bay if it has one.
    struct PMU {
        let device: String
        let topic: String
        let at: String
        /// The mRID of the switch before what it measures the current into.
        let bay: String?
        let periodSeconds: Double
    }

    /// A remote terminal unit: powers and currents of some bays, the voltage of a busbar, and switches.
    struct RemoteUnit {
        let device: String
        let topic: String
        let busbar: String?
        let bays: [String]
        let switches: [String]
        let periodSeconds: Double
        /// Whether it has more to say than positions of switches.
        var measures: Bool { busbar != nil || !bays.isEmpty }
    }

    /// What a community exchanges with the grid above: the power out of a bay's branch, positive as import.
    struct Exchange {
        let device: String
        let topic: String
        let bay: String
        let periodSeconds: Double
    }

    /// What a platform of meter data says of all customers together: means of a quarter of an hour of their load and their generation.
    struct Aggregate {
        let device: String
        let topic: String
        let shape: Customer.Shape?
    }

    /// How meters report.
    struct Meters {
        let topic: String
        let lateTopic: String
        /// The second of the local day at which the head end delivers the day before.
        let deliverySecond: Int
        let perMessage: Int
    }

    /// How assets report and are commanded.
    struct AssetTopics {
        let report: String
        let setPoint: String
        /// The community that assets announce themselves to; nil: they are described there.
        let community: String?
        let reportSeconds: Double
        /// How long a set-point holds when it is not repeated.
        let holdSeconds: Double
    }

    struct WeatherTopic {
        let topic: String
        let everyHours: Int
        let horizonHours: Int
    }
}

/// Something that obeys set-points.
struct AssetDescription {
    let id: String
    let kind: Kind
    /// Largest power into it and out of it, kW.
    let maximumKW: Double
    let feedKW: Double
    /// Energy of a battery, heat of a store; kWh.
    let capacityKWh: Double
    let rampKWPerSecond: Double

    enum Kind: String, CaseIterable { case battery, vehicle, heater, photovoltaics }
}

/// What goes wrong in the field, and how often.
struct Trouble {
    /// Shares of the assets, 0 … 1, beside those that are named.
    var lagging = Selection()
    var refusing = Selection()
    var vanishing = Selection()
    /// How long a lagging asset thinks, and how long a vanished one stays away.
    var lagSeconds = 30.0
    var vanishSeconds = 900.0
    var vanishEverySeconds = 14_400.0
    var cuts: [Cut] = []

    /// Some assets by name, and a share of the others.
    struct Selection {
        var names: Set<String> = []
        var share = 0.0
    }

    /// The network of some devices is cut, each day.
    struct Cut {
        let beginSecond: Int
        let seconds: Int
        /// Beginnings of device names; an empty text is all.
        let devices: [String]
    }
}
