// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "LWSSwift", path: "..")],
    targets: [
        .executableTarget(
            name: "echo-bench",
            dependencies: [.product(name: "LWSSwift", package: "LWSSwift")],
            swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("NonisolatedNonsendingByDefault")]
        )
    ]
)
