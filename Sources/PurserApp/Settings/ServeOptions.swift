import ArgumentParser
import Foundation

/// The options of `serve`; each may come from the environment too.
struct ServeOptions: ParsableArguments {
    @OptionGroup var database: DatabaseOption

    @Option(help: ArgumentHelp(Setting.listen.help, valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp(Setting.console.help, valueName: "host:port"))
    var console: String?

    @Option(help: ArgumentHelp(Setting.upstream.help, valueName: "url"))
    var upstream: String?

    @Option(help: ArgumentHelp(Setting.waitSeconds.help, valueName: "seconds"))
    var waitSeconds: String?

    @Option(help: ArgumentHelp(Setting.ledgerSeconds.help, valueName: "seconds"))
    var ledgerSeconds: String?

    @Option(help: ArgumentHelp(Setting.bodyBytesMax.help, valueName: "bytes"))
    var maxBodyBytes: String?

    @Option(help: ArgumentHelp(Setting.referer.help, valueName: "url"))
    var referer: String?

    @Option(help: ArgumentHelp(Setting.title.help, valueName: "name"))
    var title: String?

    @Option(help: ArgumentHelp(Setting.contact.help, valueName: "who"))
    var contact: String?

    @Option(help: ArgumentHelp(Setting.trustedCertificates.help, valueName: "file"))
    var trustedCertificates: String?
}

/// `--database`, the same for every command.
struct DatabaseOption: ParsableArguments {
    @Option(help: ArgumentHelp(Setting.database.help, valueName: "file"))
    var database: String?

    func value(from source: SettingSource) -> SettingValue {
        source.value(of: .database, option: database) ?? SettingValue("", from: "--database")
    }
}

/// A database that this build can open.
struct DatabaseFile: Sendable {
    var path: String

    init(_ value: SettingValue) throws(CommandFailure) {
        for scheme in ["postgres://", "postgresql://"] where value.text.hasPrefix(scheme) {
            throw CommandFailure(
                .failed,
                "\(value.origin) names a PostgreSQL server, and this build has SQLite only",
                hint: "name a file, such as purser.db")
        }
        guard !value.text.isEmpty else { throw value.fault("a file") }
        path = value.text
    }
}

extension DatabaseFile {
    var exists: Bool { FileManager.default.fileExists(atPath: path) }
}
