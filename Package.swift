// swift-tools-version:6.2
import Foundation
import PackageDescription

let package = Package(
    name: "tocsin",
    products: [
        .library(name: "Sodium", targets: ["Sodium"]),
        .library(name: "WireFormat", targets: ["WireFormat"]),
        .library(name: "MLS", targets: ["MLS"]),
        .executable(name: "tocsin", targets: ["tocsin"]),
        .executable(name: "tocsin-relay", targets: ["tocsin-relay"]),
        // Loaded into programs under test.
        .library(name: "FaultyDisk", type: .dynamic, targets: ["FaultyDisk"]),
        .library(name: "WallClock", type: .dynamic, targets: ["WallClock"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
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
        .target(name: "Sodium", dependencies: ["CSodium"]),
        .target(name: "WireFormat"),
        .target(name: "MLS", dependencies: ["Sodium", "WireFormat"]),
        .target(name: "DSSE", dependencies: ["Sodium"]),
        .target(name: "Terms", dependencies: ["Sodium"]),
        .target(name: "Escalation", dependencies: ["Sodium", "Terms", "WireFormat"]),
        .target(name: "Platform", dependencies: ["Sodium", "Terms"]),
        .target(name: "CallList", dependencies: ["DSSE", "Escalation", "Sodium", "Terms"]),
        .target(
            name: "Office", dependencies: ["CallList", "DSSE", "Escalation", "Platform", "Sodium", "Terms", "Yams"]),
        .target(
            name: "SQLite",
            dependencies: [
                "Terms",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .target(name: "RelayAPI", dependencies: ["DSSE", "Escalation", "Sodium", "Terms", "WireFormat"]),
        .target(name: "Incident", dependencies: ["CallList", "Escalation", "Sodium", "Terms"]),
        .target(
            name: "Client",
            dependencies: [
                "CallList", "DSSE", "Escalation", "Incident", "MLS", "RelayAPI", "SQLite", "Sodium", "Terms",
                "WireFormat",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(
            name: "Relay",
            dependencies: [
                "CallList", "DSSE", "Escalation", "Platform", "RelayAPI", "SQLite", "Sodium", "Terms", "WireFormat",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        .executableTarget(
            name: "tocsin-relay",
            dependencies: [
                "CallList", "Platform", "Relay", "Terms",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(name: "Gateway", dependencies: ["Incident", "Sodium", "Terms"]),
        .executableTarget(
            name: "tocsin",
            dependencies: [
                "CallList", "Client", "DSSE", "Escalation", "Gateway", "Incident", "Office", "Platform", "RelayAPI",
                "Sodium",
                "Terms",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "tocsin-probe",
            dependencies: [
                "CallList", "Client", "MLS", "RelayAPI", "SQLite", "Sodium", "Terms", "WireFormat",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "tocsin-bench",
            dependencies: [
                "CallList", "Client", "CSodium", "DSSE", "Incident", "MLS", "Office", "Platform", "Relay", "RelayAPI",
                "SQLite", "Sodium", "Terms", "WireFormat",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(name: "mls-vectors", dependencies: ["MLS"]),
        .target(name: "FaultyDisk", path: "Tests/FaultyDisk"),
        .target(name: "WallClock", path: "Tests/WallClock"),
        // What all tests share; no program depends on it.
        .target(
            name: "TestTeam", dependencies: ["CallList", "DSSE", "Office", "Platform", "Sodium", "Terms"],
            path: "Tests/TestTeam"),
        .testTarget(
            name: "CallListTests",
            dependencies: ["CallList", "DSSE", "Escalation", "Sodium", "Terms", "TestTeam"]),
        .testTarget(name: "DSSETests", dependencies: ["DSSE", "Sodium"]),
        .testTarget(name: "EndToEndTests", dependencies: ["TestTeam"], exclude: ["Scripts", "Snapshots"]),
        .testTarget(name: "EscalationTests", dependencies: ["Escalation", "Terms", "TestTeam", "WireFormat"]),
        .testTarget(name: "GatewayTests", dependencies: ["Gateway", "Incident", "Terms"]),
        // What checks the house itself, from its sources.
        .testTarget(name: "HouseTests"),
        .testTarget(
            name: "IncidentTests", dependencies: ["CallList", "Escalation", "Incident", "Sodium", "Terms"]),
        .testTarget(
            name: "ClientTests",
            dependencies: [
                "CallList", "Client", "DSSE", "Escalation", "Incident", "MLS", "Office", "Platform", "Relay",
                "RelayAPI", "SQLite", "Sodium", "Terms", "TestTeam", "WireFormat", "tocsin-probe",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .testTarget(name: "MLSTests", dependencies: ["MLS", "Sodium", "TestTeam", "WireFormat"]),
        .testTarget(
            name: "OfficeTests",
            dependencies: ["CallList", "DSSE", "Escalation", "Office", "Platform", "Sodium", "Terms", "TestTeam"]),
        .testTarget(name: "PlatformTests", dependencies: ["Platform", "Terms", "TestTeam"]),
        .testTarget(
            name: "RelayAPITests",
            dependencies: ["DSSE", "Escalation", "RelayAPI", "Sodium", "Terms", "TestTeam", "WireFormat"]),
        .testTarget(
            name: "RelayTests",
            dependencies: [
                "CallList", "DSSE", "Escalation", "Platform", "Relay", "RelayAPI", "SQLite", "Sodium", "Terms",
                "TestTeam", "WireFormat",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // One malicious principal at a time, against real processes: nobody else is silenced.
        .testTarget(
            name: "SilencingTests",
            dependencies: [
                "CallList", "Client", "Escalation", "Incident", "MLS", "Office", "Platform", "RelayAPI", "SQLite",
                "Sodium",
                "Terms", "TestTeam", "WireFormat",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .testTarget(
            name: "SodiumTests", dependencies: ["Sodium", "TestTeam"], exclude: ["crosscheck.py"]),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "Terms", "TestTeam"]),
        .testTarget(name: "TermsTests", dependencies: ["Terms"]),
        .testTarget(name: "WireFormatTests", dependencies: ["TestTeam", "WireFormat"]),
    ]
)

// Only where asked for: the fuzzer's runtime is no part of an ordinary build.
if ProcessInfo.processInfo.environment["TOCSIN_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "mls-fuzz", dependencies: ["CSodium", "MLS", "Sodium", "WireFormat"], path: "Tests/Fuzz",
            exclude: ["run"]))
}

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .treatAllWarnings(as: .error),
    ]
}
