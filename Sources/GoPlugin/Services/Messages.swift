/// `plugin.Empty`, `google.protobuf.Empty`.
struct EmptyMessage: WireMessage {
  mutating func read(field: Int, from value: WireReader.Value) {}
  func write(to writer: inout WireWriter) {}
}

/// `grpc.health.v1.HealthCheckRequest`.
struct HealthCheckRequest: WireMessage {
  var service = ""

  mutating func read(field: Int, from value: WireReader.Value) {
    if field == 1 { service = value.string }
  }

  func write(to writer: inout WireWriter) {
    writer.write(service, field: 1)
  }
}

/// `grpc.health.v1.HealthCheckResponse`.
struct HealthCheckResponse: WireMessage {
  static let serving: UInt64 = 1
  var status: UInt64 = 0

  mutating func read(field: Int, from value: WireReader.Value) {
    if field == 1 { status = value.number }
  }

  func write(to writer: inout WireWriter) {
    writer.write(status, field: 1)
  }
}

/// `plugin.ConnInfo`: a connection that one side offers the other, or, where connections are multiplexed, a knock.
struct ConnectionOffer: WireMessage, Hashable {
  var service: UInt32 = 0
  var network = ""
  var address = ""
  var knock: Knock?

  mutating func read(field: Int, from value: WireReader.Value) throws(GoPluginError) {
    switch (field, value) {
    case (1, _): service = UInt32(truncatingIfNeeded: value.number)
    case (2, _): network = value.string
    case (3, _): address = value.string
    case (4, .bytes(let bytes)): knock = try Knock(decoding: Array(bytes))
    default: break
    }
  }

  func write(to writer: inout WireWriter) {
    writer.write(UInt64(service), field: 1)
    writer.write(network, field: 2)
    writer.write(address, field: 3)
    if let knock { writer.write(knock.encoded(), field: 4) }
  }
}

/// `plugin.ConnInfo.Knock`: that one side is about to open a stream for a number, or the other's answer.
struct Knock: WireMessage, Hashable {
  var isKnock = false
  var isAnswer = false
  /// Why it may not; empty when it may.
  var error = ""

  static let knock = Knock(isKnock: true)
  /// go-plugin takes an answer only when it is a knock too.
  static let answer = Knock(isKnock: true, isAnswer: true)

  mutating func read(field: Int, from value: WireReader.Value) {
    switch field {
    case 1: isKnock = value.number != 0
    case 2: isAnswer = value.number != 0
    case 3: error = value.string
    default: break
    }
  }

  func write(to writer: inout WireWriter) {
    writer.write(isKnock ? 1 : 0, field: 1)
    writer.write(isAnswer ? 1 : 0, field: 2)
    writer.write(error, field: 3)
  }
}

/// `plugin.StdioData`: what a plugin printed after its handshake.
struct StandardOutputData: WireMessage {
  static let standardOutput: UInt64 = 1
  static let standardError: UInt64 = 2

  var channel: UInt64 = 0
  var data: [UInt8] = []

  mutating func read(field: Int, from value: WireReader.Value) {
    switch (field, value) {
    case (1, _): channel = value.number
    case (2, .bytes(let bytes)): data = Array(bytes)
    default: break
    }
  }

  func write(to writer: inout WireWriter) {
    writer.write(channel, field: 1)
    writer.write(data, field: 2)
  }
}
