// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: Swift 6 language mode, the upcoming features that make isolation, imports and
/// existentials explicit, and strict memory safety. `WARNINGS_AS_ERRORS=1` is what the scripts set; it is not the
/// default, so that a newer compiler's new warning never breaks a dependent's build.
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .strictMemorySafety(),
        .enableExperimentalFeature("Lifetimes"),
    ] + (Context.environment["WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)])

let package = Package(
    name: "LWSSwift",
    products: [
        .library(name: "LWSSwift", targets: ["LWSSwift"]),
        .executable(name: "broadcast-server", targets: ["broadcast-server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibWebSockets",
            pkgConfig: "libwebsockets",
            providers: [.apt(["libwebsockets-dev"])]
        ),
        .systemLibrary(
            name: "CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        .systemLibrary(
            name: "CLibEdit",
            pkgConfig: "libedit",
            providers: [.apt(["libedit-dev"])]
        ),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CNATS",
            pkgConfig: "libnats",
            providers: [.apt(["libnats-dev"])]
        ),
        .target(
            name: "LWSSwift",
            dependencies: [
                "CLibWebSockets",
                "CZlib",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "broadcast-server",
            dependencies: [
                "LWSSwift",
                "CLibEdit",
                "CSQLite",
                "CNATS",
                "COpenSSL",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [
                "index.html", "page.css", "icon.svg", "page.js", "connection.js", "transcript.js", "said.js",
                "links.js", "composer.js", "channels.js", "attention.js", "place.js", "memory.js", "drafts.js",
                "elements.js", "token.js", "gate.js",
            ]
            .map { .embedInCode("Page/\($0)") },
            swiftSettings: settings
        ),
        .executableTarget(
            name: "echo-server",
            dependencies: ["LWSSwift"],
            path: "Tests/Examples/EchoServer",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "echo-service",
            dependencies: [
                "LWSSwift",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/Examples/EchoService",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "echo-client",
            dependencies: ["LWSSwift"],
            path: "Tests/Examples/EchoClient",
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: ["CLibWebSockets"],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "LWSSwiftTests",
            dependencies: [
                "LWSSwift",
                "TestSupport",
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BroadcastServerTests",
            dependencies: [
                "broadcast-server",
                "TestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings
        ),
    ]
)
