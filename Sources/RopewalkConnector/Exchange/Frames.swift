/// What a frame of the host's brings.
enum HostFrame: Sendable {
  case open(WireOpen)
  case messages([Arrival])
  case chunk(WireChunk)
  case receipts([WireReceipt])
  case credit(WireCredit)
  case cancel(WireCancel)
  case finish
  /// A frame of a later version of the contract.
  case unknown

  init(_ frame: WireHostFrame) {
    self =
      switch frame.frame {
      case .open(let open): .open(open)
      case .send(let batch): .messages(batch.messages.map { Arrival($0) })
      case .chunk(let chunk): .chunk(chunk)
      case .receipts(let batch): .receipts(batch.receipts)
      case .credit(let credit): .credit(credit)
      case .cancel(let cancel): .cancel(cancel)
      case .finish: .finish
      case nil: .unknown
      }
  }
}

/// What a frame of the connector's brings.
enum ConnectorFrame: Sendable {
  case opened(WireOpened)
  case messages([Arrival])
  case chunk(WireChunk)
  case outcomes([WireOutcome])
  case credit(WireCredit)
  case ended(WireEnded)
  /// A frame of a later version of the contract.
  case unknown

  init(_ frame: WireConnectorFrame) {
    self =
      switch frame.frame {
      case .opened(let opened): .opened(opened)
      case .received(let batch): .messages(batch.messages.map { Arrival($0) })
      case .chunk(let chunk): .chunk(chunk)
      case .outcomes(let batch): .outcomes(batch.outcomes)
      case .credit(let credit): .credit(credit)
      case .ended(let ended): .ended(ended)
      case nil: .unknown
      }
  }
}
