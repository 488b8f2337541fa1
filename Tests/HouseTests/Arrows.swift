/// Which module may import which, bottom floor first: every arrow points to a line above its own. What stands here is the whole
/// permission; an import that a module needs is added here first, and then it is seen by who reads the change.
enum Arrows {
    struct Floor {
        let module: String
        /// Our own modules.
        let own: Set<String>
        /// Other people's, beside those of the toolchain.
        let others: Set<String>

        init(_ module: String, _ own: Set<String> = [], others: Set<String> = []) {
            self.module = module
            self.own = own
            self.others = others
        }
    }

    static let floors: [Floor] = [
        Floor("CSodium"),
        Floor("CPostgres"),
        Floor("Sodium", ["CSodium"]),
        Floor("WireFormat"),
        Floor("MLS", ["Sodium", "WireFormat"]),
        Floor("DSSE", ["Sodium"]),
        Floor("Terms", ["Sodium", "WireFormat"]),
        Floor("Platform", ["Sodium", "Terms"]),
        Floor("SQLite", ["Terms"], others: ["GRDB"]),
        Floor("Escalation", ["Sodium", "Terms", "WireFormat"]),
        Floor("CallList", ["DSSE", "Escalation", "Sodium", "Terms"]),
        Floor("Office", ["CallList", "DSSE", "Escalation", "Platform", "Sodium", "Terms"], others: ["Yams"]),
        Floor("RelayAPI", ["DSSE", "Escalation", "Sodium", "Terms", "WireFormat"]),
        Floor("Incident", ["CallList", "Escalation", "Sodium", "Terms"]),
        Floor("Gateway", ["Incident", "Sodium", "Terms"], others: ["Yams"]),
        Floor(
            "Relay",
            [
                "CPostgres", "CallList", "DSSE", "Escalation", "Platform", "RelayAPI", "SQLite", "Sodium", "Terms",
                "WireFormat",
            ],
            others: [
                "Crypto", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "NIOHTTPTypes", "NIOSSL",
                "ServiceLifecycle", "SwiftASN1", "UnixSignals", "X509",
            ]),
        Floor(
            "Client",
            [
                "CallList", "DSSE", "Escalation", "Incident", "MLS", "Platform", "RelayAPI", "SQLite", "Sodium",
                "Terms",
                "WireFormat",
            ], others: ["AsyncHTTPClient", "NIOCore", "NIOFoundationCompat", "NIOHTTP1", "NIOSSL"]),
        Floor("tocsin-relay", ["CallList", "Platform", "Relay", "Terms"], others: ["ArgumentParser", "Logging"]),
        Floor(
            "tocsin",
            [
                "CallList", "Client", "DSSE", "Escalation", "Gateway", "Incident", "Office", "Platform", "RelayAPI",
                "Sodium", "Terms",
            ], others: ["ArgumentParser"]),
        Floor("mls-vectors", ["MLS"]),
        Floor(
            "tocsin-probe", ["CallList", "Client", "MLS", "RelayAPI", "SQLite", "Sodium", "Terms", "WireFormat"],
            others: ["ArgumentParser"]),
        Floor(
            "tocsin-bench",
            [
                "CSodium", "CallList", "Client", "DSSE", "Escalation", "Incident", "MLS", "Office", "Platform", "Relay",
                "RelayAPI", "SQLite", "Sodium", "Terms", "WireFormat",
            ],
            others: [
                "ArgumentParser", "AsyncHTTPClient", "Histogram", "Hummingbird", "HummingbirdTLS", "Logging",
                "NIOCore",
                "NIOHTTP1", "NIOSSL", "UnixSignals",
            ]),
    ]

    /// The toolchain's, which every floor may import.
    static let toolchain: Set<String> = ["Dispatch", "Foundation", "Glibc", "Synchronization"]

    /// What still points elsewhere until the modules are cut. Nothing is ever added here.
    static let owed: [String: Set<String>] = [:]
}
