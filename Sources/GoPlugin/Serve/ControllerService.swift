import GRPCCore

/// `plugin.GRPCController`: the host's word that the plugin is to end.
struct ControllerService: RegistrableRPCService {
  let ending: Ending

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let ending = ending
    router.registerHandler(
      forMethod: Methods.shutdown,
      deserializer: WireCoder<EmptyMessage>(),
      serializer: WireCoder<EmptyMessage>()
    ) { _, _ in
      StreamingServerResponse { writer in
        try await writer.write(EmptyMessage())
        // The calls that are under way, this one among them, are finished first.
        ending.begin()
        return [:]
      }
    }
  }
}
