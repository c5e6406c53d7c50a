import Purser
import Testing

@testable import PurserApp

/// A day that a test writes down and so must be one.
func readDay(_ text: String) throws -> CivilDate {
    try #require(CivilDate(text))
}

/// An instant that a test writes down and so must be one.
func readInstant(_ text: String) throws -> Timestamp {
    try #require(Timestamp(text))
}

/// A zone that every machine knows.
func readZone(_ name: String) throws -> Zone {
    try #require(Zone.named(name))
}
