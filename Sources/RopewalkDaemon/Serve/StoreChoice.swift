import RopewalkCore

/// Where objects are kept.
package enum StoreChoice: Sendable, Hashable {
  /// In the data folder's `resources/resources.sqlite`; survives the process.
  case sqlite
  /// Survives nothing.
  case memory
  /// In a database on a server; the connection string of libpq.
  case postgres(String)

  /// `sqlite`, `memory`, or a URL that begins with `postgres://` or `postgresql://`.
  package init?(_ text: String) {
    switch text {
    case "sqlite": self = .sqlite
    case "memory": self = .memory
    case _ where text.hasPrefix("postgres://") || text.hasPrefix("postgresql://"): self = .postgres(text)
    default: return nil
    }
  }
}
