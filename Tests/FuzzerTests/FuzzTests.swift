import Testing

@testable import Fuzzer
