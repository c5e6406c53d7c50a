import Purser
import Storage

extension KeyChange {
    /// Reads the body of `PATCH /keys/{hash}`.
    init(body: [UInt8]) throws(ManagementFailure) {
        var reader = try FieldReader(body: body)
        self.init()
        if reader.has("name") {
            guard let text = try reader.text("name") else {
                throw .malformed("\"name\" must be a string.")
            }
            name = .set(try KeyName.checked(text))
        }
        if reader.has("disabled") {
            guard let value = try reader.bool("disabled") else {
                throw .malformed("\"disabled\" must be true or false.")
            }
            isDisabled = .set(value)
        }
        if reader.has("limit") { limit = .set(try reader.limit("limit")) }
        if reader.has("limit_reset") {
            limitReset = .set(try NewKeyFields.limitReset(try reader.text("limit_reset")))
        }
        _ = try reader.bool("include_byok_in_limit")
        try reader.finish()
    }
}
