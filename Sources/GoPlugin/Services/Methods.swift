import GRPCCore

/// The methods of the protocol's own services.
enum Methods {
  /// The name under which a plugin answers the health service.
  static let healthServiceName = "plugin"

  static let healthCheck = MethodDescriptor(fullyQualifiedService: "grpc.health.v1.Health", method: "Check")
  static let shutdown = MethodDescriptor(fullyQualifiedService: "plugin.GRPCController", method: "Shutdown")
  static let brokerStream = MethodDescriptor(fullyQualifiedService: "plugin.GRPCBroker", method: "StartStream")
  static let standardOutput = MethodDescriptor(fullyQualifiedService: "plugin.GRPCStdio", method: "StreamStdio")
}
