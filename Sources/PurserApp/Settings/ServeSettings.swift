import Credentials
import Gateway

/// What `serve` is told, every value checked.
struct ServeSettings: Sendable {
    var database: String
    var listen: ListenAddress
    var console: ListenAddress
    var upstream: UpstreamAddress
    /// `nil` if none is set: nothing can be forwarded then.
    var upstreamKey: Secret?
    /// `nil` for those in the database alone.
    var managementKey: Secret?
    var waitSecondsMax: Int64
    var ledgerSecondsMax: Int64
    var bodyBytesMax: Int
    /// `nil` for none.
    var referer: String?
    var title: String
    /// `nil` for nobody in particular.
    var contact: String?

    init(_ options: ServeOptions, from source: SettingSource) throws(CommandFailure) {
        func value(_ setting: Setting, _ option: String?) throws(CommandFailure) -> SettingValue {
            guard let value = source.value(of: setting, option: option) else {
                throw CommandFailure(.usage, "\(setting.row.environment) is not set")
            }
            return value
        }
        database = try DatabaseFile(options.database.value(from: source)).path
        listen = try ListenAddress(try value(.listen, options.listen))
        console = try ListenAddress(try value(.console, options.console))
        upstream = try UpstreamAddress(
            try value(.upstream, options.upstream),
            trustedCertificatesFile: source.value(
                of: .trustedCertificates, option: options.trustedCertificates)?.text)
        upstreamKey = source.value(of: .upstreamKey).map { Secret($0.text) }
        managementKey = source.value(of: .managementKey).map { Secret($0.text) }
        waitSecondsMax = try value(.waitSeconds, options.waitSeconds).count(in: 0...3_600)
        ledgerSecondsMax = try value(.ledgerSeconds, options.ledgerSeconds).count(in: 1...3_600)
        // A gibibyte is held in memory as a whole; beyond it a mistake is likelier than a wish.
        bodyBytesMax = Int(
            try value(.bodyBytesMax, options.maxBodyBytes).count(in: 1...1_073_741_824))
        referer = try source.value(of: .referer, option: options.referer).map(headerText)
        title = try headerText(try value(.title, options.title))
        contact = source.value(of: .contact, option: options.contact)?.text
    }
}

/// Text that can stand in a header.
private func headerText(_ value: SettingValue) throws(CommandFailure) -> String {
    guard value.text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw value.fault("plain ASCII text")
    }
    return value.text
}
