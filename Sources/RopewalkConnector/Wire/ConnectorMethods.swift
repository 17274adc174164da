import GRPCCore

/// The methods of `ropewalk.connector.v1.Connector`.
enum ConnectorMethods {
  static let metadata = method("Metadata")
  static let validate = method("Validate")
  static let connect = method("Connect")
  static let disconnect = method("Disconnect")
  static let send = method("Send")
  static let receive = method("Receive")
  static let health = method("Health")
  static let exchange = method("Exchange")

  private static func method(_ name: String) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "ropewalk.connector.v1.Connector", method: name)
  }
}

/// The methods of `ropewalk.connector.v1.Host`.
enum HostMethods {
  static let getSecret = method("GetSecret")
  static let log = method("Log")
  static let recordMetric = method("RecordMetric")
  static let getConfiguration = method("GetConfiguration")

  private static func method(_ name: String) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "ropewalk.connector.v1.Host", method: name)
  }
}
