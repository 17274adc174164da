/// Whether a connector is used that was written for another version of the contract.
package enum ProtocolVersionRule: Sendable, Equatable {
  case allowed
  /// Used, and the operator is told.
  case warned(String)
  /// Not used.
  case blocked(String)

  /// - Parameters:
  ///   - connector: the version that the connector was written for.
  ///   - host: the version that the host speaks.
  package init(connector: Int, host: Int = ConnectorProtocol.version) {
    if connector > host {
      self = .blocked(
        "the connector was written for version \(connector) of the connector contract and this host speaks \(host); use a newer Ropewalk or an older connector"
      )
    } else if connector < 1 {
      self = .blocked(
        "the connector names version \(connector) of the connector contract, and there is none; mend it in the connector's metadata"
      )
    } else if connector < host {
      self = .warned(
        "the connector was written for version \(connector) of the connector contract, and this host speaks \(host); a newer connector is better"
      )
    } else {
      self = .allowed
    }
  }
}
