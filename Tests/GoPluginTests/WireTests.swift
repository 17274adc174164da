import Testing

@testable import GoPlugin

struct WireTests {
  @Test("An offer is coded as Protocol Buffers have it")
  func offer() throws {
    let offer = ConnectionOffer(service: 300, network: "unix", address: "/a")
    #expect(offer.encoded() == [0x08, 0xac, 0x02, 0x12, 4] + Array("unix".utf8) + [0x1a, 2] + Array("/a".utf8))
    #expect(try ConnectionOffer(decoding: offer.encoded()) == offer)
    #expect(ConnectionOffer().encoded().isEmpty)
  }

  @Test("A knock and its answer are coded as go-plugin has them")
  func knock() throws {
    let knock = ConnectionOffer(service: 9, knock: .knock)
    #expect(knock.encoded() == [0x08, 9, 0x22, 2, 0x08, 1])
    #expect(try ConnectionOffer(decoding: knock.encoded()) == knock)
    let answer = ConnectionOffer(service: 9, knock: Knock(isKnock: true, isAnswer: true, error: "no"))
    #expect(answer.encoded() == [0x08, 9, 0x22, 8, 0x08, 1, 0x10, 1, 0x1a, 2] + Array("no".utf8))
    #expect(try ConnectionOffer(decoding: answer.encoded()) == answer)
    #expect(throws: GoPluginError.self) { try ConnectionOffer(decoding: [0x22, 1, 0x08]) }
  }

  @Test("Unknown fields of every kind are passed over")
  func unknown() throws {
    let unknown: [UInt8] = [0x79] + [UInt8](repeating: 1, count: 8) + [0x7d, 1, 1, 1, 1] + [0x7a, 2, 9, 9] + [0x78, 0x80, 0x01]
    let offer = ConnectionOffer(service: 1, network: "tcp", address: "b:1")
    #expect(try ConnectionOffer(decoding: unknown + offer.encoded()) == offer)
    #expect(try StandardOutputData(decoding: StandardOutputData(channel: 2, data: [1, 2]).encoded()).data == [1, 2])
  }

  @Test(
    "What ends too early, is too long or of no kind is refused",
    arguments: [
      [0x08], [0x08, 0x80], [0x0a, 5, 1], [0x79, 1, 2], [0x7d, 1], [0x0b], [0x08] + [UInt8](repeating: 0xff, count: 11),
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ]
  )
  func malformed(bytes: [UInt8]) {
    let error = #expect(throws: GoPluginError.self) { try ConnectionOffer(decoding: bytes) }
    #expect(error?.code == .malformedMessage)
  }
}
