/// Lets orders over 1,000 pass.
func process(_ message: borrowing Message) throws(Rejection) -> Outcome {
  do throws(JSONSearch.Malformed) {
    guard let amount = try JSONSearch.number(of: "amount", in: message.payload) else { return .drop }
    return amount > 1000 ? .pass : .drop
  } catch {
    throw Rejection("NOT_JSON", "the order is not JSON")
  }
}
