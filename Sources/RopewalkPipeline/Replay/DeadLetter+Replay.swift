import RopewalkCore
import RopewalkJournal

extension DeadLetter {
  /// The stage that a replay begins with when it goes on where the letter stopped; nil from the first step.
  var resumedStage: String? { stage == Self.startStage ? nil : stage }

  /// The letter's way back into the pipeline, as the message was when it failed.
  func entryResuming(payload: [UInt8]?, versions: [String: String]) -> JournalEntry {
    entry(
      payload: payload ?? self.payload,
      contentType: contentType,
      headers: headers,
      Replay(letterID: id, stage: resumedStage, versions: versions)
    )
  }

  /// The letter's way back into the pipeline, as the message was when it came.
  /// - Parameter first: the letter that has the message as it came: this one, or the first of those that it is a replay of.
  func entryFromStart(first: DeadLetter, payload: [UInt8]?, versions: [String: String]) -> JournalEntry {
    entry(
      payload: payload ?? first.originalPayload,
      contentType: first.originalContentType,
      headers: first.originalHeaders,
      Replay(letterID: id, stage: nil, versions: versions)
    )
  }

  private func entry(payload: [UInt8], contentType: String, headers: MessageHeaders, _ replay: Replay) -> JournalEntry {
    let metadata = MessageMetadata(
      customerID: customer,
      tenantID: tenant,
      integrationID: integration,
      source: source,
      correlationID: correlationID,
      traceID: traceID
    )
    let message = Message(
      id: messageID,
      payload: payload,
      contentType: contentType,
      metadata: metadata,
      headers: headers,
      timestamp: receivedAt
    )
    return JournalEntry(message: message, destinations: destinations, replay: replay)
  }
}
