package import RopewalkCore

/// What one client, or all together, may ask of the API.
package struct APIServerLimits: Sendable {
  /// Bytes of one request's body. Default 3 MiB, as Kubernetes has it.
  package var bodySize = ByteCount.mebibytes(3)
  /// Bytes of all header fields of a request together. Default 64 KiB.
  package var headerSize = ByteCount.kibibytes(64)
  /// Watches open at once. Default 2,000.
  package var watches = 2000
  /// Objects in one page, also where `limit` asks for more or for all. Default 10,000.
  package var maxListPage = 10_000
  /// How long a request may take, watches aside. Default 60 s.
  package var requestTime: Duration = .seconds(60)
  /// How often it is looked at whether who watches is still known and still may. Default 10 s.
  package var watchRecheck: Duration = .seconds(10)
  /// How long a watch lasts at most. Default 30 min.
  package var watchTime: Duration = .seconds(1800)
  /// How long the client of a watch may read nothing of what it is sent. Default 60 s.
  package var watchWriteTime: Duration = .seconds(60)
  /// Connections open at once; further ones wait to be accepted. Default 1,024.
  package var connections = 1024
  /// How long a connection stays open without a request. Default 120 s.
  package var idleTime: Duration = .seconds(120)

  package init() {}
}
