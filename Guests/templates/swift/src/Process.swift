/// Looks at each message and says what becomes of it.
func process(_ message: borrowing Message) throws(Rejection) -> Outcome {
  if message.payload.isEmpty {
    return .drop  // an empty message ends here
  }
  // A converter answers another payload: return .replace(message.text.uppercased(), contentType: "text/plain")
  // To fail the message: throw Rejection("TOO_OLD", "the order is from last year")
  return .pass
}
