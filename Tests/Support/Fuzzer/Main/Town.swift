import Foundation
import Fuzzer
import Judge
import Purser

/// The real program in front of a sandbox, with a member in each tier.
final class Town {
    struct Resident {
        var scene: Scene
        var key: String
    }

    private let binary: String
    private let folder: URL
    private var sandbox: Program
    private var gateway: Program?
    private(set) var residents: [Resident] = []
    let sandboxPort: UInt16
    private(set) var gatewayPort: UInt16 = 0

    init(binary: String) throws {
        self.binary = binary
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("purser-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        sandbox = try Program(
            binary, ["sandbox", "--listen", "127.0.0.1:0", "--seed", "1"], in: folder)
        let words = try sandbox.line(with: "sandbox ready").split(separator: " ")
        func value(_ name: String) -> String {
            words.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
                ?? ""
        }
        let url = value("url")
        sandboxPort = Town.port(of: url)
        _ = try command(["init"])
        for tier in Town.tiers { try settle(tier) }
        let gateway = try Program(
            binary, ["serve", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"], in: folder,
            ["OPENROUTER_BASE_URL": url, "OPENROUTER_API_KEY": value("key")])
        self.gateway = gateway
        let ready = try gateway.line(with: "purser: ready").split(separator: " ")
        let address = ready.first { $0.hasPrefix("gateway=") } ?? ""
        gatewayPort = Town.port(of: String(address))
    }

    /// The folder stays where it cannot be removed; it is the system's temporary one.
    func stop() {
        gateway?.stop()
        sandbox.stop()
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            print("\(folder.path) is left behind: \(error)")
        }
    }

    var isServing: Bool { gateway?.isRunning ?? false }

    private static func port(of address: String) -> UInt16 {
        let digits = address.replacingOccurrences(of: "/api/v1", with: "").split(separator: ":")
            .last
        return digits.flatMap { UInt16($0.filter(\.isNumber)) } ?? 0
    }

    private func settle(_ tier: Tier) throws {
        _ = try command(Town.arguments(tier))
        _ = try command(["member", "add", tier.name, "--tier", tier.name])
        let made = try command(["key", "create", "--member", tier.name, "--format", "json"])
        let json = try JSONSerialization.jsonObject(with: Data(made.utf8)) as? [String: Any]
        guard let key = json?["key"] as? String else {
            throw Wire.Failure(words: "no key: \(made)")
        }
        residents.append(Resident(scene: Scene(sandbox: tier), key: key))
    }

    private func command(_ arguments: [String]) throws -> String {
        let program = try Program(binary, arguments, in: folder)
        return try program.output()
    }
}

extension Town {
    /// What the sandbox has seen behind that number, as it judged it.
    func verdicts(after number: Int) throws -> (verdicts: [Verdict], seen: Int) {
        let body = try Wire.get("/sandbox/verdicts?after=\(number)", port: sandboxPort)
        let json = try JSONSerialization.jsonObject(with: body) as? [String: Any]
        guard let json, let list = json["verdicts"] as? [[String: Any]],
            let seen = json["seen"] as? Int
        else { throw Wire.Failure(words: "the sandbox says nothing of what it saw") }
        return (list.map(Town.verdict), seen)
    }

    private static func verdict(_ json: [String: Any]) -> Verdict {
        var verdict = Verdict()
        verdict.models = words(json["models"])
        verdict.namesModel = json["names_model"] as? Bool ?? false
        for (name, place) in json["extras"] as? [String: String] ?? [:] {
            if let kind = Verdict.Kind(rawValue: name) { verdict.extras[kind] = place }
        }
        verdict.outputTokensMax = (json["output_tokens_max"] as? NSNumber)?.int64Value
        verdict.providers = (json["providers"] as? [String]).map(Set.init)
        verdict.ignoredProviders = words(json["ignored_providers"])
        verdict.requiresZeroRetention = json["zdr"] as? Bool ?? false
        verdict.efforts = words(json["efforts"])
        verdict.asksToThink = json["asks_to_think"] as? Bool ?? true
        verdict.thinkingTokens = (json["thinking_tokens"] as? NSNumber)?.int64Value ?? .max
        verdict.liberties = words(json["liberties"])
        return verdict
    }

    private static func words(_ value: Any?) -> Set<String> { Set(value as? [String] ?? []) }
}

extension Town {
    /// Tiers that have little in common.
    private static var tiers: [Tier] {
        func tier(_ id: Int64, _ name: String, _ models: String...) -> Tier {
            Tier(id: ID(id), name: name, models: models.compactMap { ModelPattern($0) })
        }
        var strict = tier(1, "strict", "openai/gpt-4o-mini")
        strict.outputTokensMax = 500
        strict.extras = []
        strict.effortMax = .low
        var lenient = tier(2, "lenient", "deepseek/*", "openai/gpt-4o-mini")
        lenient.otherwise = .downgrade
        lenient.extras = [.image, .file]
        lenient.deniedProviders = ["azure"]
        var wide = tier(3, "wide", "openai/*", "anthropic/claude-haiku-4.5")
        wide.deniedModels = ["openai/gpt-5*", "openai/gpt-4o"].compactMap { ModelPattern($0) }
        wide.aliases = ["fast": "openai/gpt-4o-mini"]
        wide.requiresZeroRetention = true
        return [strict, lenient, wide]
    }

    /// What a person types for it.
    private static func arguments(_ tier: Tier) -> [String] {
        var arguments = [
            "tier", "set", tier.name, "--models", tier.models.map(\.text).joined(separator: ","),
            "--otherwise", tier.otherwise.rawValue,
        ]
        func add(_ option: String, _ values: some Sequence<String>) {
            let text = values.sorted().joined(separator: ",")
            if !text.isEmpty { arguments += [option, text] }
        }
        add("--deny-models", tier.deniedModels.map(\.text))
        add("--alias", tier.aliases.map { "\($0.key)=\($0.value)" })
        add("--deny-providers", tier.deniedProviders)
        if let extras = tier.extras {
            add("--extras", extras.isEmpty ? ["none"] : extras.map(\.rawValue))
        }
        if let most = tier.outputTokensMax { arguments += ["--max-tokens", "\(most)"] }
        if let most = tier.effortMax { arguments += ["--max-effort", most.rawValue] }
        if tier.requiresZeroRetention { arguments.append("--zdr") }
        return arguments
    }
}
