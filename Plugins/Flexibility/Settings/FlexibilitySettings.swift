import Congestion
import FlexibilityMarket
import LiveGrid
import PluginAPI
import SiteCalendar

/// What the configuration says; `README.md` explains every key.
struct FlexibilitySettings {
    /// Nil: no grid is checked, and the service says so in each check.
    let files: GridFiles?
    let name: String
    let zone: SiteZone
    let holidays: HolidayCalendar?
    let switchTopic: SwitchTopic
    let estimateTopic: String
    let topics: Topics
    var resources: [ResourceSettings] = []
    /// Congestion points by the names that the market gives them: places of the grid model, or lines and transformers with what is behind them.
    var congestionPoints: [String: [String]] = [:]
    var injections: [InjectionSettings] = []
    let periods: SettlementPeriods
    let limits: CongestionLimits
    let checksOutages: Bool
    /// Names of quantiles in forecasts with their levels, ascending.
    let quantiles: [(name: String, level: Double)]
    let market: Market
    let activation: Activation
    let baseline: BaselineRules
    let verification: Verification
    let need: Need?
    let database: String?

    /// Topics that the service reads and writes.
    struct Topics {
        /// Below it: `requests/…`, `availability/…`, `needs/…`, `tariffs/…`, `offers`.
        var base = "flexibility"
        var communities = "communities"
        var forecasts = "forecasts"
        var assets = "assets/+/report"
    }

    /// How the service deals.
    struct Market {
        /// Sources whose feasible requests are accepted without another word.
        let accepts: Set<FlexibilityRequest.Source>
        let pricePerKWh: Double
        let penaltyPerKWh: Double
        let currency: String
        /// How long an offer stands.
        let offerSeconds: Double
        let keeps: Int
        /// Domains in messages of UFTP.
        let sender: String
        let recipient: String
    }

    /// How requests are carried out.
    struct Activation {
        let period: Duration
        /// Set-points are told so long before the begin.
        let leadSeconds: Double
        let confirmSeconds: Double
        let followSeconds: Double
        let silentSeconds: Double
        let toleranceKW: Double
        let recheckSeconds: Double
    }

    struct BaselineRules {
        /// Methods in the order of preference.
        let methods: [Baseline.Method]
        let highDays: HighDays
        /// Hours of the same day that the adjustment compares.
        let adjustmentHours: Double
        /// After the end, how long is waited for metering that is missing.
        let waitSeconds: Double
    }

    /// The operator's own need for flexibility.
    struct Need {
        let repeatSeconds: Double
        let horizonSeconds: Double
        /// Whether requests of the own need are accepted at once.
        let isAutomatic: Bool
        /// Second of the local day at which the tariff of the next day is made; nil for none.
        let tariffSecond: Int?
        let energyPrice: Double
        let violationPrice: Double
        let highestTariff: Double?
    }
}
