import GRDB
package import Storage

extension SQLiteStore {
    /// On a connection and a snapshot of its own, so that a serving gateway goes on writing. Its
    /// log grows meanwhile: SQLite begins it anew only when the snapshot has been let go.
    package func audit(
        progress: (AuditProgress) -> Void, report: (Finding) throws -> Void
    ) throws -> Audit {
        // What `report` throws belongs to the caller and is passed on as it is.
        var refusal: (any Error)?
        do {
            let connection = try DatabaseQueue.durable(path: history.path, label: "purser.audit")
            return try connection.writeWithoutTransaction { db in
                try withoutActuallyEscaping(progress) { progress in
                    try withoutActuallyEscaping(report) { report in
                        let auditor = Auditor(db, progress) { finding in
                            do {
                                try report(finding)
                            } catch {
                                refusal = error
                                throw error
                            }
                        }
                        return try auditor.run()
                    }
                }
            }
        } catch {
            throw refusal ?? StorageFailure(error)
        }
    }
}
