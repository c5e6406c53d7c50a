import Foundation

var session = Session(Options(Array(CommandLine.arguments.dropFirst())))
session.run()
