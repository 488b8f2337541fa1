// swift-tools-version:6.2
import Foundation
import PackageDescription

/// What every target is compiled with.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "tocsin",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Sodium", targets: ["Sodium"]),
        .library(name: "WireFormat", targets: ["WireFormat"]),
        .library(name: "MLS", targets: ["MLS"]),
        .executable(name: "tocsin", targets: ["tocsin"]),
        .executable(name: "tocsin-relay", targets: ["tocsin-relay"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: strict),
        .target(name: "WireFormat", swiftSettings: strict),
        .target(name: "MLS", dependencies: ["Sodium", "WireFormat"], swiftSettings: strict),
        .target(name: "DSSE", dependencies: ["Sodium"], swiftSettings: strict),
        .target(name: "Terms", dependencies: ["Sodium"], swiftSettings: strict),
        .target(name: "Escalation", dependencies: ["Sodium", "Terms", "WireFormat"], swiftSettings: strict),
        .target(name: "CallList", dependencies: ["DSSE", "Sodium", "Yams"], swiftSettings: strict),
        .target(name: "RelayAPI", dependencies: ["CallList", "DSSE", "Sodium", "WireFormat"], swiftSettings: strict),
        .target(name: "Incident", dependencies: ["CallList", "RelayAPI", "Sodium"], swiftSettings: strict),
        .target(
            name: "Client",
            dependencies: [
                "CallList", "DSSE", "Incident", "MLS", "RelayAPI", "Sodium", "WireFormat",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: strict),
        .target(
            name: "Relay",
            dependencies: [
                "CallList", "DSSE", "RelayAPI", "Sodium", "WireFormat",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "tocsin-relay",
            dependencies: [
                "CallList", "Relay",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .target(name: "Gateway", dependencies: ["Incident", "Sodium"], swiftSettings: strict),
        .executableTarget(
            name: "tocsin",
            dependencies: [
                "CallList", "Client", "DSSE", "Gateway", "Incident", "RelayAPI", "Sodium",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "tocsin-probe",
            dependencies: [
                "CallList", "Client", "RelayAPI", "Sodium",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "tocsin-bench",
            dependencies: [
                "CallList", "Client", "CSodium", "DSSE", "Incident", "MLS", "Relay", "RelayAPI", "Sodium", "WireFormat",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .executableTarget(name: "mls-vectors", dependencies: ["MLS"], swiftSettings: strict),
        .testTarget(name: "CallListTests", dependencies: ["CallList", "DSSE", "Sodium"], swiftSettings: strict),
        .testTarget(name: "DSSETests", dependencies: ["DSSE", "Sodium"], swiftSettings: strict),
        .testTarget(name: "EndToEndTests", exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "EscalationTests", dependencies: ["Escalation", "Terms", "WireFormat"], swiftSettings: strict),
        .testTarget(name: "GatewayTests", dependencies: ["Gateway", "Incident", "RelayAPI"], swiftSettings: strict),
        // What checks the house itself, from its sources.
        .testTarget(name: "HouseTests", swiftSettings: strict),
        .testTarget(
            name: "IncidentTests", dependencies: ["CallList", "Incident", "RelayAPI", "Sodium"], swiftSettings: strict),
        .testTarget(
            name: "ClientTests",
            dependencies: [
                "CallList", "Client", "DSSE", "Incident", "MLS", "Relay", "RelayAPI", "Sodium", "WireFormat",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], swiftSettings: strict),
        .testTarget(name: "MLSTests", dependencies: ["MLS", "Sodium", "WireFormat"], swiftSettings: strict),
        .testTarget(
            name: "RelayAPITests", dependencies: ["CallList", "DSSE", "RelayAPI", "Sodium", "WireFormat"],
            swiftSettings: strict),
        .testTarget(
            name: "RelayTests",
            dependencies: [
                "CallList", "DSSE", "Relay", "RelayAPI", "Sodium", "WireFormat",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        .testTarget(
            name: "SodiumTests", dependencies: ["Sodium"], exclude: ["crosscheck.py"], swiftSettings: strict),
        .testTarget(name: "WireFormatTests", dependencies: ["WireFormat"], swiftSettings: strict),
    ]
)

// Only where asked for: the fuzzer's runtime is no part of an ordinary build.
if ProcessInfo.processInfo.environment["TOCSIN_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "mls-fuzz", dependencies: ["CSodium", "MLS", "Sodium", "WireFormat"], path: "Tests/Fuzz",
            exclude: ["run"], swiftSettings: strict))
}
