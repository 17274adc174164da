import Foundation
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkSQLite

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

  /// What is closed twice is somebody else's the second time: looked at in a process where nobody else has files.
  @Test func whoIsRefusedClosesNothingOfOthers() async {
    await #expect(processExitsWith: .success) {
      try await withFolder { folder in
        @Sendable func take() throws(RopewalkError) -> OwnerLock {
          try OwnerLock(
            path: folder.path + ".lock",
            owned: { RopewalkError(.journalOwned, $0) },
            failure: { RopewalkError(.journalOwned, $0) }
          )
        }
        let owner = try take()
        let refused = Atomic(0)
        let lost = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 2) { worker in
          for _ in 0..<20_000 {
            if worker == 0 {
              if (try? take()) == nil { refused.add(1, ordering: .relaxed) }
            } else if close(open("/dev/null", O_RDONLY)) != 0 {
              lost.add(1, ordering: .relaxed)
            }
          }
        }
        #expect(refused.load(ordering: .relaxed) == 20_000)
        #expect(lost.load(ordering: .relaxed) == 0)
        owner.release()
      }
    }
  }
}
