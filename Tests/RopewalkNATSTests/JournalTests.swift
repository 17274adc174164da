import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Testing

@testable import RopewalkNATS

@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(600)))
struct JournalTests {
  @Test(arguments: JournalLaw.allCases)
  func law(_ law: JournalLaw) async throws {
    try await NATSServer.run { server in
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      defer { connection.close() }
      let open: JournalLaw.Factory = { limits in
        try await JetStreamJournal.open(connection, tenant: "a tenant.of *", settings: .init(limits: limits), logger: .quiet)
      }
      try await law.verify(open) { _, limits in try await open(limits) }
    }
  }
}

extension Logger {
  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
