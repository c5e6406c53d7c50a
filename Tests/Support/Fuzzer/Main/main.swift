import Foundation

let options = Options(Array(CommandLine.arguments.dropFirst()))
if let binary = options.binary {
    var session = HTTPSession(options, binary: binary)
    do {
        try session.run()
    } catch let failure as Wire.Failure {
        print(failure.words)
        exit(1)
    }
} else {
    var session = Session(options)
    session.run()
}
