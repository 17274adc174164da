import Foundation
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct OwnershipTests {
  @Test func anotherProcessIsNamed() async throws {
    try await withFolder { folder in
      try await Child.with("hold", folder) { child in
        try await child.waitForLines(1)
        #expect(child.lines == ["open"])
        let error = #expect(throws: RopewalkError.self) { try SQLiteJournal(folder: folder.path, logger: .quiet) }
        #expect(error?.code.name == "journal.owned")
        #expect(error?.message.contains("process \(child.pid)") == true)
        try child.kill()
      }
      // It goes with the process, not with the file.
      try await SQLiteJournal.with(folder) { _ in }
    }
  }

  @Test func theSecondOwnerIsRefusedInOneProcessToo() async throws {
    try await withFolder { folder in
      try await SQLiteJournal.with(folder) { journal async throws in
        let error = #expect(throws: RopewalkError.self) { try SQLiteJournal(folder: folder.path, logger: .quiet) }
        #expect(error?.message.contains("process \(getpid())") == true)
        try await journal.accept(.sample("m1"))
      }
      try await Child.with("hold", folder) { child in
        try await child.waitForLines(1)
        try child.kill()
      }
    }
  }
}
