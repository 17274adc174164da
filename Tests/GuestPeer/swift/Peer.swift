/// Asks the host what the payload says: the first line names a function of the SDK, the others are its arguments. Answers
/// with what it got.
func process(_ message: borrowing Message) throws(Rejection) -> Outcome {
  let lines = message.text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  func line(_ index: Int) -> String { index < lines.count ? lines[index] : "" }
  switch line(0) {
  case "drop": return .drop
  case "replaceAs": return .replace(line(1), contentType: line(2))
  case "reject": throw Rejection(line(1), line(2))
  case "rejectForNow": throw Rejection(line(1), line(2), isRecoverable: true)
  case "log":
    Host.log(Host.Level(rawValue: UInt32(line(1)) ?? 0) ?? .error, line(2))
    return .pass
  default: break
  }
  do throws(HostError) {
    guard let answer = try answer(to: line, of: message) else { throw .failed("the peer knows no such question") }
    return .replace(answer)
  } catch {
    throw Rejection(error)
  }
}

private func answer(to line: (Int) -> String, of message: borrowing Message) throws(HostError) -> String? {
  switch line(0) {
  case "header": message.header(line(1)) ?? "none"
  case "headers": message.headers
  case "contentType": message.contentType
  case "metadata": try message.metadata(line(1)) ?? "none"
  case "allMetadata": try message.allMetadata()
  case "customerID": try message.customerID()
  case "integrationID": try message.integrationID()
  case "setting": Host.setting(line(1)) ?? "none"
  case "settings": Host.settings
  case "transform": try Host.transform(line(1), line(3), options: line(2))
  case "validate": try Host.validate(line(2), schema: line(1)) ?? ""
  case "httpCall": try Host.httpCall(line(1))
  case "replace": line(1)
  case "panic": fatalError()
  default: nil
  }
}
