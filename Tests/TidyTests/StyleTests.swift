import Testing

struct StyleTests {
    private func report(
        _ files: [SourceFile], _ message: String, where isBroken: (String) -> Bool
    ) {
        for file in files {
            for (number, line) in file.code where isBroken(line) {
                Issue.record("\(file.path):\(number): \(message)")
            }
        }
    }

    @Test func `files are short enough to be one idea`() {
        for file in Repository.all {
            #expect(file.lines.count <= (file.isTest ? 800 : 500), "\(file.path)")
        }
    }

    @Test func `lines fit in a hundred columns`() {
        for file in Repository.all {
            for (index, line) in file.lines.enumerated() where line.count > 100 {
                // A literal that a person must be able to search for is not broken up.
                guard !line.contains("\"") else { continue }
                Issue.record("\(file.path):\(index + 1): \(line.count) columns")
            }
        }
    }

    @Test func `functions are one thought`() {
        for file in Repository.sources {
            var start: (line: Int, indent: Int)?
            for (index, line) in file.lines.enumerated() {
                let indent = line.prefix { $0 == " " }.count
                let text = line.drop { $0 == " " }
                if start == nil, text.contains(/(^|\s)(func|init)\b.*/), !text.hasPrefix("//"),
                    !text.hasPrefix("func ") || !file.path.hasPrefix("Sources/Storage")
                {
                    start = (index, indent)
                } else if let open = start, text.hasPrefix("}"), indent == open.indent {
                    let length = index - open.line + 1
                    #expect(length <= 70, "\(file.path):\(open.line + 1) has \(length) lines")
                    start = nil
                } else if let open = start, indent < open.indent, !text.isEmpty {
                    start = nil
                }
            }
        }
    }

    @Test func `types are not called after nothing`() {
        let kinds = #/\b(class|struct|enum|protocol|actor)\s+\w*/#
        let names = #/(Manager|Helper|Util|Utils|Service|Impl|Info)\b/#
        report(Repository.sources, "the name says nothing") {
            $0.contains(kinds) && $0.contains(names)
        }
    }

    @Test func `no binary floats near money`() {
        let modules = [
            "Purser", "Metering", "Storage", "SQLiteStorage", "OpenRouterWire", "Management",
        ]
        let files = Repository.sources.filter { modules.contains($0.module) }
        report(files, "money is integers") { $0.contains(/\b(Double|Float|Decimal)\b/) }
    }

    @Test func `time and randomness are arguments everywhere but in the assembly`() {
        let files = Repository.sources.filter { $0.path != "Sources/PurserApp/ThisMachine.swift" }
        let clocks = #/\bDate\(\)|ContinuousClock|SuspendingClock|(Date|Time|Clock)\.now\b/#
        let dice = #/\.random\(in:[^,]*\)|SystemRandomNumberGenerator/#
        report(files, "ask the assembly for the time or a number") { line in
            line.contains(clocks) || line.contains(dice)
        }
    }

    /// Tasks without an owner outlive their reason. The listed file says who waits for its one.
    @Test func `every task has an owner`() {
        let owned: Set<String> = ["Sources/OpenRouterSandbox/Server/RunningSandbox.swift"]
        let files = Repository.sources.filter { !owned.contains($0.path) }
        report(files, "a task that nobody waits for") { $0.contains(/\bTask(\.detached)?\s*\{/) }
    }

    @Test func `errors are not swallowed without a word`() {
        for file in Repository.sources {
            for (number, line) in file.code {
                if line.contains(/catch[^{]*\{\s*\}/) {
                    Issue.record("\(file.path):\(number): an empty catch")
                }
                guard line.contains(/\btry[?!]/) else { continue }
                let above = number >= 2 ? file.lines[number - 2] : ""
                let hasReason = [line, above].contains { $0.contains("//") }
                #expect(hasReason, "\(file.path):\(number): try? and try! say why")
            }
        }
    }

    @Test func `nothing is left for later`() {
        let files = Repository.all.filter { $0.module != "TidyTests" }
        report(files, "not done") { line in
            line.contains(/\b(TODO|FIXME|fatalError)\b/)
        }
    }

    @Test func `tests neither sleep nor look at the clock`() {
        let files = Repository.tests.filter { $0.module != "TidyTests" }
        report(files, "wait for the thing itself") { line in
            line.contains(/Task\.sleep|Thread\.sleep|\busleep\(|\bsleep\(|Date\(\)|ContinuousClock/)
        }
    }

    /// Unchecked claims need a proof; there is none to need.
    @Test func `no unchecked concurrency`() {
        report(Repository.sources, "prove it to the compiler") { line in
            line.contains("@unchecked") || line.contains("nonisolated(unsafe)")
        }
    }
}
