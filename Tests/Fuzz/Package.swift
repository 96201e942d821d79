// swift-tools-version: 6.2
import PackageDescription

/// The fuzzer, a package of its own so that nothing else is built with it. `scripts/fuzz` builds and runs it.
let package = Package(
    name: "Fuzz",
    dependencies: [.package(name: "LWSSwift", path: "../..")],
    targets: [
        .systemLibrary(name: "CLibFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: ["CLibFuzzer", .product(name: "LWSSwift", package: "LWSSwift")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .strictMemorySafety(),
                .enableExperimentalFeature("Lifetimes"),
            ]
        ),
    ]
)
