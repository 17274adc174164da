/// Dead letters that were read at once.
public struct DeadLetterPage: Sendable, Equatable {
  public private(set) var letters: [DeadLetter] = []
  /// Whether nothing that matches was behind them when they were read; where that is not known it is false.
  public var isEnd: Bool
  /// Bytes of their payloads.
  public private(set) var size = 0

  public init(isEnd: Bool) {
    self.isEnd = isEnd
  }

  public mutating func append(_ letter: DeadLetter) {
    letters.append(letter)
    size += letter.payloadSize
  }
}

extension DeadLetter {
  /// Bytes of both payloads.
  public var payloadSize: Int { payload.count + originalPayload.count }

  /// The letter for those who may see why it failed but not with what, or need no more.
  package var withoutPayloads: DeadLetter {
    var letter = self
    (letter.payload, letter.originalPayload) = ([], [])
    return letter
  }
}
