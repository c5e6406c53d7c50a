import ArgumentParser
import Credentials
import Gateway
import Purser
import Testing

@testable import PurserApp

struct SettingsTests {
    private func settings(
        _ arguments: [String] = [], _ environment: [String: String] = [:]
    ) throws -> ServeSettings {
        try ServeSettings(
            try ServeOptions.parse(arguments), from: SettingSource(environment: environment))
    }

    @Test func `without a word everything has its default`() throws {
        let settings = try settings()
        #expect(settings.database == "purser.db")
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8_787))
        #expect(settings.console == ListenAddress(host: "127.0.0.1", port: 8_788))
        #expect(
            settings.upstream
                == UpstreamAddress(isTLS: true, host: "openrouter.ai", port: 443, path: "/api/v1"))
        #expect(settings.upstreamKey == nil && settings.managementKey == nil)
        #expect(settings.waitSecondsMax == 30 && settings.bodyBytesMax == 33_554_432)
    }

    @Test func `an option comes before the environment, and that before the default`() throws {
        let environment = [
            "PURSER_DATABASE": "env.db", "OPENROUTER_BASE_URL": "http://up:81/", "PURSER_TITLE": "",
        ]
        let fromEnvironment = try settings([], environment)
        #expect(fromEnvironment.database == "env.db" && fromEnvironment.title == "purser")
        #expect(fromEnvironment.upstream.host == "up" && fromEnvironment.upstream.path == "")
        #expect(try settings(["--database", "option.db"], environment).database == "option.db")
    }

    @Test func `secrets come from the environment alone`() throws {
        let settings = try settings(
            [], ["OPENROUTER_API_KEY": "sk-or-v1-1", "PURSER_MANAGEMENT_KEY": "sk-purser-mgmt-1"])
        #expect(settings.upstreamKey?.reveal() == "sk-or-v1-1")
        #expect(settings.managementKey?.reveal() == "sk-purser-mgmt-1")
        #expect(Setting.allCases.filter(\.row.isSecret).allSatisfy { $0.option == nil })
    }

    @Test func `no two settings share a name`() {
        let names = Setting.allCases.map(\.row.environment)
        #expect(Set(names).count == names.count)
    }

    @Test func `every option of serve is a row of the table`() {
        let help = ServeOptions.helpMessage(columns: 1_000)
        for setting in Setting.allCases {
            guard let option = setting.option else { continue }
            #expect(help.contains("\(option) "), "\(option)")
            #expect(help.contains(setting.row.environment))
        }
    }

    @Test(arguments: [
        ("127.0.0.1:8787", "127.0.0.1", 8_787), ("localhost:0", "localhost", 0),
        ("[::1]:80", "::1", 80), ("0.0.0.0:65535", "0.0.0.0", 65_535),
    ])
    func `an address is a host and a port`(text: String, host: String, port: Int) throws {
        let settings = try settings(["--listen", text])
        #expect(settings.listen == ListenAddress(host: host, port: port))
    }

    @Test(arguments: [
        "", "8787", "localhost", ":8787", "localhost:", "localhost:65536", "localhost:+1",
        "localhost:x", "::1:80", "[::1]", "[::1", "[]:80", "[host]:80", "a b:80",
        "http://localhost:80",
    ])
    func `anything else is a usage error that names the option`(text: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try settings(["--listen", text])
        }
        #expect(failure?.code == .usage && failure?.message.contains("--listen") == true)
    }

    @Test(arguments: [
        ("https://openrouter.ai/api/v1", true, "openrouter.ai", 443, "/api/v1"),
        ("http://127.0.0.1:8789/api/v1/", false, "127.0.0.1", 8_789, "/api/v1"),
        ("http://localhost", false, "localhost", 80, ""),
        ("https://[::1]:8443/x", true, "::1", 8_443, "/x"),
    ])
    func `an upstream is a base URL`(
        text: String, isTLS: Bool, host: String, port: Int, path: String
    ) throws {
        #expect(
            try settings(["--upstream", text]).upstream
                == UpstreamAddress(isTLS: isTLS, host: host, port: port, path: path))
    }

    @Test(arguments: [
        "", "openrouter.ai", "ftp://openrouter.ai", "https://", "https://user@host/",
        "https://host:0/", "https://host/?a=b", "https://host/#x", "https://host/a b",
    ])
    func `anything else is no upstream`(text: String) {
        #expect(throws: CommandFailure.self) { try settings(["--upstream", text]) }
    }

    @Test func `a mistake in the environment names the variable`() {
        let failure = #expect(throws: CommandFailure.self) {
            try settings([], ["PURSER_WAIT_SECONDS": "soon"])
        }
        #expect(failure?.code == .usage)
        #expect(failure?.message.hasPrefix("PURSER_WAIT_SECONDS must be") == true)
    }

    @Test(arguments: ["postgres://db/purser", "postgresql://db/purser"])
    func `a server as database is refused plainly`(text: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try settings(["--database", text])
        }
        #expect(failure?.message.contains("SQLite only") == true)
    }
}
