import Testing

@testable import Judge
