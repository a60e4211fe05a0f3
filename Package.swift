// swift-tools-version:6.2
import PackageDescription

/// What every Swift target of this package is compiled with: the compiler keeps the layers and the concurrency rules.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// The same for the grid's numerics, without run-time checks in release builds: tests run in debug builds, with all of them.
let numerical = strict + [.unsafeFlags(["-Ounchecked"], .when(configuration: .release))]

/// Without debugging information, with all symbols: a process of a hundred megabytes of it takes ten seconds to write its backtrace when a service in it
/// crashes, and one without a tenth of a second. Libraries of authors keep theirs, and the backtrace its lines in them.
let stripped = LinkerSetting.unsafeFlags(["-Xlinker", "--strip-debug"], .when(configuration: .release))

/// A service library exports its entry function and nothing else, so that no symbol of one service can bind to another's.
let exportsEntryOnly: [LinkerSetting] = [
    stripped, .unsafeFlags(["-Xlinker", "--version-script=\(Context.packageDirectory)/PluginAPI/exports.map"]),
]

/// Numerics whose tests train models: optimised in debug builds as well, there with all run-time checks.
let learning = strict + [.unsafeFlags(["-O"], .when(configuration: .debug)), .unsafeFlags(["-Ounchecked"], .when(configuration: .release))]

func nio(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio") }

/// A service plugin: one dynamic library, `lib<name>.so`.
func service(_ name: String, path: String, exclude: [String] = [], dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name,
        dependencies: ["CPluginAPI", "PluginAPI"] + dependencies,
        path: path,
        exclude: exclude,
        swiftSettings: strict,
        linkerSettings: exportsEntryOnly
    )
}

func tests(_ name: String, path: String, dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

let package = Package(
    name: "dsotp",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "dsotp", targets: ["Command"]),
        .executable(name: "dsotp-emulator", targets: ["SiteEmulator"]),
        .library(name: "CPluginAPI", targets: ["CPluginAPI"]),
        .library(name: "PluginAPI", targets: ["PluginAPI"]),
        .library(name: "PluginTestKit", targets: ["PluginTestKit"]),
        .library(name: "DatabaseAdapter", type: .dynamic, targets: ["DatabaseAdapter"]),
        .library(name: "StateEstimation", type: .dynamic, targets: ["StateEstimation"]),
        .library(name: "FaultRestoration", type: .dynamic, targets: ["FaultRestoration"]),
        .library(name: "Forecasting", type: .dynamic, targets: ["Forecasting"]),
        .library(name: "CommunityBalancing", type: .dynamic, targets: ["CommunityBalancing"]),
        .library(name: "Flexibility", type: .dynamic, targets: ["Flexibility"]),
        .library(name: "GridEmulator", type: .dynamic, targets: ["GridEmulator"]),
        .library(name: "PrometheusExporter", type: .dynamic, targets: ["PrometheusExporter"]),
        .library(name: "GrafanaExporter", type: .dynamic, targets: ["GrafanaExporter"]),
        .library(name: "CSVExporter", type: .dynamic, targets: ["CSVExporter"]),
        .library(name: "VoltageBand", type: .dynamic, targets: ["VoltageBand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The ABI and what authors of services build on.
        .systemLibrary(name: "CPluginAPI", path: "PluginAPI/CPluginAPI"),
        .target(name: "PluginAPI", dependencies: ["CPluginAPI"], path: "PluginAPI/PluginAPI", swiftSettings: strict),
        .target(
            name: "PluginTestKit", dependencies: ["CPluginAPI", "PluginAPI"], path: "PluginAPI/PluginTestKit",
            swiftSettings: strict),

        // The host.
        .systemLibrary(name: "CZlib", path: "Host/CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Topics", path: "Host/Topics", exclude: ["README.md"], swiftSettings: strict),
        .target(name: "Recording", path: "Host/Recording", exclude: ["README.md"], swiftSettings: strict),
        .systemLibrary(name: "CSQLite", path: "Host/CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "Databus",
            dependencies: [
                "Topics", nio("NIOCore"), nio("NIOPosix"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Host/Databus", exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "HTTPClient",
            dependencies: [
                nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Host/HTTPClient", exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "Storage", dependencies: ["CSQLite", "CZlib", "HTTPClient"], path: "Host/Storage",
            exclude: ["README.md", "Embedded/README.md", "External/README.md", "InfluxQL/README.md", "LineProtocol/README.md"], swiftSettings: strict),
        .target(
            name: "Access",
            dependencies: [
                "Topics",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            path: "Host/Access", exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "Trust", dependencies: [.product(name: "Crypto", package: "swift-crypto")], path: "Host/Trust", exclude: ["README.md"],
            swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "CZlib", "Topics",
                nio("NIOCore"), nio("NIOHTTP1"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Host/Gateway", exclude: ["README.md"], resources: [.copy("Console")], swiftSettings: strict),
        .systemLibrary(name: "CLibFFI", path: "Host/CLibFFI", providers: [.apt(["libffi-dev"])]),
        .target(
            name: "Foreign", dependencies: ["CLibFFI", "CPluginAPI", "PluginAPI"], path: "Host/Foreign", exclude: ["README.md"],
            swiftSettings: strict),
        .target(
            name: "Runtime",
            dependencies: [
                "CPluginAPI", "Foreign", "Topics",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Host/Runtime", exclude: ["README.md", "Commands/README.md"], swiftSettings: strict),
        .executableTarget(
            name: "Command",
            dependencies: [
                "Topics", "Databus", "HTTPClient", "Storage", "Access", "Trust", "Gateway", "Recording", "Runtime", "CPluginAPI", "PluginAPI", "PluginTestKit",
                nio("NIOCore"), nio("NIOPosix"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Host/Command", exclude: ["PluginTools/README.md"], swiftSettings: strict, linkerSettings: [stripped]),

        // Libraries that services share. Numerical work is compiled without overflow and bounds checks in release builds; Grid is not, because it
        // reads files.
        .systemLibrary(name: "CLibXML2", path: "Plugins/CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CInflate", path: "Plugins/CInflate", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CKLU", path: "Plugins/CKLU", providers: [.apt(["libsuitesparse-dev"])]),
        .target(name: "Solvers", dependencies: ["CKLU"], path: "Plugins/Solvers", exclude: ["README.md", "LinearProgramming"], swiftSettings: numerical),
        .target(name: "StreamedXML", dependencies: ["CLibXML2"], path: "Plugins/StreamedXML", exclude: ["README.md"], swiftSettings: strict),
        .systemLibrary(name: "CCbc", path: "Plugins/CCbc", providers: [.apt(["coinor-libclp-dev", "coinor-libcbc-dev"])]),
        .target(
            name: "LinearProgramming", dependencies: ["CCbc"], path: "Plugins/Solvers/LinearProgramming", exclude: ["README.md"],
            swiftSettings: numerical),
        .target(
            name: "Grid", dependencies: ["Solvers", "StreamedXML", "CInflate"], path: "Plugins/Grid", exclude: ["README.md"],
            swiftSettings: strict),
        .target(name: "Estimation", dependencies: ["Grid", "Solvers"], path: "Plugins/Estimation", exclude: ["README.md"], swiftSettings: numerical),
        .target(
            name: "Congestion", dependencies: ["Grid", "LinearProgramming", "Solvers"], path: "Plugins/Congestion", exclude: ["README.md"],
            swiftSettings: numerical),
        .target(
            name: "Balancing", dependencies: ["LinearProgramming", "PluginAPI"], path: "Plugins/Balancing", exclude: ["README.md"],
            swiftSettings: numerical),

        .target(
            name: "FlexibilityMarket", dependencies: ["PluginAPI", "SiteCalendar", "StreamedXML"], path: "Plugins/FlexibilityMarket", exclude: ["README.md"],
            swiftSettings: strict),
        .target(
            name: "EmulatedWeather", dependencies: ["PluginAPI", "SiteCalendar"], path: "Plugins/EmulatedWeather", exclude: ["README.md"], swiftSettings: strict),
        .target(name: "LoadProfiles", dependencies: ["SiteCalendar"], path: "Plugins/LoadProfiles", exclude: ["README.md"], swiftSettings: strict),
        .target(name: "ForecastModels", dependencies: ["LoadProfiles"], path: "Plugins/ForecastModels", exclude: ["README.md"], swiftSettings: learning),
        .target(name: "Restoration", dependencies: ["Grid"], path: "Plugins/Restoration", exclude: ["README.md"], swiftSettings: numerical),

        .target(name: "Readings", dependencies: ["PluginAPI", "StreamedXML"], path: "Plugins/Readings", exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "LiveGrid", dependencies: ["Grid", "PluginAPI", "Readings"], path: "Plugins/LiveGrid", exclude: ["README.md"],
            swiftSettings: strict),

        .target(name: "SiteCalendar", path: "Plugins/SiteCalendar", exclude: ["README.md"], swiftSettings: strict),

        // Grids that tests and benchmarks calculate, and the benchmark of the grid's calculations.
        .target(name: "SyntheticGrids", dependencies: ["Grid"], path: "Benchmarks/grid/SyntheticGrids", swiftSettings: strict),
        .executableTarget(
            name: "GridBenchmark", dependencies: ["Estimation", "Grid", "SyntheticGrids"], path: "Benchmarks/grid/GridBenchmark",
            swiftSettings: numerical),

        .executableTarget(
            name: "RestorationBenchmark", dependencies: ["Grid", "Restoration"], path: "Benchmarks/restoration", swiftSettings: strict),
        .executableTarget(
            name: "CongestionBenchmark", dependencies: ["Congestion", "Grid", "SyntheticGrids"], path: "Benchmarks/congestion",
            swiftSettings: strict),
        .executableTarget(
            name: "BalancingBenchmark", dependencies: ["Balancing", "LinearProgramming", "PluginAPI"],
            path: "Benchmarks/balancing/BalancingBenchmark", swiftSettings: numerical),
        .executableTarget(
            name: "ForecastBenchmark", dependencies: ["ForecastModels", "SiteCalendar"], path: "Benchmarks/forecast/ForecastBenchmark",
            swiftSettings: strict),

        // The services.
        service("StateEstimation", path: "Plugins/StateEstimation", exclude: ["README.md"], dependencies: ["Estimation", "Grid", "LiveGrid", "LoadProfiles", "Readings", "SiteCalendar"]),
        service("FaultRestoration", path: "Plugins/FaultRestoration", exclude: ["README.md"], dependencies: ["Grid", "LiveGrid", "Restoration"]),
        service(
            "Forecasting", path: "Plugins/Forecasting", exclude: ["README.md"], dependencies: ["ForecastModels", "LoadProfiles", "Readings", "SiteCalendar"]),
        service("CommunityBalancing", path: "Plugins/CommunityBalancing", exclude: ["README.md"], dependencies: ["Balancing", "LinearProgramming", "SiteCalendar"]),
        service(
            "Flexibility", path: "Plugins/Flexibility", exclude: ["README.md"],
            dependencies: ["Congestion", "FlexibilityMarket", "Grid", "LiveGrid", "SiteCalendar"]),
        service("GridEmulator", path: "Plugins/GridEmulator", dependencies: ["EmulatedWeather", "Grid", "LiveGrid", "Restoration", "SiteCalendar"]),
        service("DatabaseAdapter", path: "Plugins/DatabaseAdapter", exclude: ["README.md"], dependencies: ["Readings"]),
        service("PrometheusExporter", path: "Plugins/PrometheusExporter", exclude: ["README.md"], dependencies: ["Readings"]),
        service("GrafanaExporter", path: "Plugins/GrafanaExporter", exclude: ["README.md"]),
        service("CSVExporter", path: "Plugins/CSVExporter", exclude: ["README.md"], dependencies: ["Readings", "SiteCalendar"]),
        service("VoltageBand", path: "PluginAPI/Examples/VoltageBand"),

        // What plays the field of a site: a client of the host's databus, and of the grid that the services share.
        .executableTarget(
            name: "SiteEmulator",
            dependencies: [
                "Databus", "Runtime", "EmulatedWeather", "Grid", "LiveGrid", "LoadProfiles", "SiteCalendar", "PluginAPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Emulation", exclude: ["README.md"], swiftSettings: strict, linkerSettings: [stripped]),

        // Benchmarks of what can't be reached from outside.
        .executableTarget(
            name: "IsolationBench", dependencies: ["Runtime", .product(name: "Logging", package: "swift-log")], path: "Benchmarks/isolation/Bench",
            swiftSettings: strict),

        // Tests mirror the above.
        tests("TopicsTests", path: "Tests/Topics", dependencies: ["Topics"]),
        tests("DatabusTests", path: "Tests/Databus", dependencies: [
            "Databus", nio("NIOCore"), .product(name: "Logging", package: "swift-log"),
        ]),
        .executableTarget(
            name: "StorageCrashWriter", dependencies: ["Storage"], path: "Tests/Storage/CrashWriter", swiftSettings: strict),
        .testTarget(
            name: "StorageTests", dependencies: ["HTTPClient", "Storage", "StorageCrashWriter", nio("NIOCore")], path: "Tests/Storage", exclude: ["CrashWriter"],
            swiftSettings: strict),
        tests("AccessTests", path: "Tests/Access", dependencies: ["Access", "Topics"]),
        tests("GatewayTests", path: "Tests/Gateway", dependencies: [
            "Gateway", "Topics", nio("NIOCore"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdTesting", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]),
        tests("EmulationTests", path: "Tests/Emulation", dependencies: ["SiteEmulator", "EmulatedWeather", "Grid", "PluginAPI", "Runtime", "SiteCalendar"]),
        tests("RecordingTests", path: "Tests/Recording", dependencies: ["Recording"]),
        tests("TrustTests", path: "Tests/Trust", dependencies: ["Trust"]),
        .executableTarget(
            name: "RuntimeRunner", dependencies: ["Runtime"], path: "Tests/RuntimeRunner", swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-Xlinker", "--strip-debug"])]),
        tests("RuntimeTests", path: "Tests/Runtime", dependencies: [
            "Runtime", "RuntimeRunner", "CPluginAPI", "Topics", .product(name: "Logging", package: "swift-log"),
        ]),
        .testTarget(
            name: "ForeignTests",
            dependencies: ["Foreign", "CPluginAPI", "PluginAPI", "PluginTestKit", .product(name: "Yams", package: "Yams")],
            path: "Tests/Foreign", exclude: ["Support/sample.c", "Support/sample.f90"], swiftSettings: strict),
        tests("PluginAPITests", path: "Tests/PluginAPI", dependencies: ["CPluginAPI", "PluginAPI", "PluginTestKit"]),
        tests("CommandTests", path: "Tests/Command", dependencies: ["Command", "PluginAPI", "Recording"]),
        tests("SolversTests", path: "Tests/Solvers", dependencies: ["Solvers"]),
        tests("ForecastModelsTests", path: "Tests/ForecastModels", dependencies: ["ForecastModels"]),
        tests("GridTests", path: "Tests/Grid", dependencies: ["Grid", "Solvers", "SyntheticGrids"]),
        tests("EstimationTests", path: "Tests/Estimation", dependencies: ["Estimation", "Grid", "Solvers", "SyntheticGrids"]),
        tests("LoadProfilesTests", path: "Tests/LoadProfiles", dependencies: ["LoadProfiles", "SiteCalendar"]),
        tests("FaultRestorationTests", path: "Tests/FaultRestoration", dependencies: ["PluginAPI", "PluginTestKit"]),
        tests("RestorationTests", path: "Tests/Restoration", dependencies: ["Grid", "PluginAPI", "Restoration"]),
        tests("LinearProgrammingTests", path: "Tests/LinearProgramming", dependencies: ["LinearProgramming"]),
        tests("CongestionTests", path: "Tests/Congestion", dependencies: ["Congestion", "Grid"]),
        tests("BalancingTests", path: "Tests/Balancing", dependencies: ["Balancing", "LinearProgramming", "PluginAPI"]),
        tests("CommunityBalancingTests", path: "Tests/CommunityBalancing", dependencies: ["PluginAPI", "PluginTestKit"]),
        tests("FlexibilityMarketTests", path: "Tests/FlexibilityMarket", dependencies: ["FlexibilityMarket", "PluginAPI", "SiteCalendar"]),
        tests("FlexibilityTests", path: "Tests/Flexibility", dependencies: ["PluginAPI", "PluginTestKit"]),
        tests("LiveGridTests", path: "Tests/LiveGrid", dependencies: ["LiveGrid", "Grid", "PluginAPI"]),
        tests("StateEstimationTests", path: "Tests/StateEstimation", dependencies: ["EmulatedWeather", "Grid", "PluginAPI", "PluginTestKit", "SiteCalendar"]),
        tests("ForecastingTests", path: "Tests/Forecasting", dependencies: ["PluginAPI", "PluginTestKit"]),
        tests("SiteCalendarTests", path: "Tests/SiteCalendar", dependencies: ["SiteCalendar"]),
        tests("ReadingsTests", path: "Tests/Readings", dependencies: ["PluginAPI", "Readings"]),
        tests("HouseTests", path: "Tests/House", dependencies: []),
        tests("ExportersTests", path: "Tests/Exporters", dependencies: ["PluginAPI", "PluginTestKit"]),
        tests("DatabaseAdapterTests", path: "Tests/DatabaseAdapter", dependencies: ["PluginAPI", "PluginTestKit"]),
    ]
)
