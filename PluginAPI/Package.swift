// swift-tools-version:6.2
import PackageDescription

/// The plugin API alone, as authors of services in Swift use it: this folder is all that they need, and it depends on nothing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "PluginAPI",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "CPluginAPI", targets: ["CPluginAPI"]),
        .library(name: "PluginAPI", targets: ["PluginAPI"]),
        .library(name: "PluginTestKit", targets: ["PluginTestKit"]),
    ],
    targets: [
        .systemLibrary(name: "CPluginAPI", path: "CPluginAPI"),
        .target(name: "PluginAPI", dependencies: ["CPluginAPI"], path: "PluginAPI", swiftSettings: strict),
        .target(name: "PluginTestKit", dependencies: ["CPluginAPI", "PluginAPI"], path: "PluginTestKit", swiftSettings: strict),
    ]
)
