import RopewalkABI

@_expose(wasm, "ropewalk_abi_v1")
@_cdecl("ropewalk_abi_v1")
func guestABI() {}

@_expose(wasm, "ropewalk_process")
@_cdecl("ropewalk_process")
func guestProcess(_ length: UInt32) -> Int32 {
  let outcome: rw_outcome
  do throws(Rejection) {
    outcome = settle(try process(Message(fetchPayload(length))))
  } catch {
    outcome = report(error)
  }
  return Int32(outcome.rawValue)
}

/// Used again for the next message: an allocation for each would cost more than most filters.
nonisolated(unsafe) private var buffer = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)

private func fetchPayload(_ length: UInt32) -> UnsafeBufferPointer<UInt8> {
  let firstCapacity = 4096
  if buffer.count < Int(length) || buffer.count == 0 {
    buffer.deallocate()
    buffer = .allocate(capacity: max(Int(length), firstCapacity))
  }
  _ = rw_payload_read(buffer.baseAddress, 0, length)
  return UnsafeBufferPointer(rebasing: buffer[..<Int(length)])
}

private func settle(_ outcome: Outcome) -> rw_outcome {
  switch outcome {
  case .pass: return RW_PASS
  case .drop: return RW_DROP
  case .replace(let payload, let contentType):
    if let contentType, contentType.withBytes({ rw_output_content_type($0, $1) }) != RW_OK.rawValue {
      return report(Rejection("", "the content type is not printable ASCII of at most 256 bytes"))
    }
    let status = payload.withUnsafeBytes { rw_output_write($0.baseAddress, UInt32($0.count)) }
    return status == RW_OK.rawValue ? RW_PASS : report(Rejection("", "the output is larger than the step's maxOutputSize"))
  }
}

private func report(_ rejection: Rejection) -> rw_outcome {
  func say(_ code: String) -> Int32 {
    code.withBytes { code, codeLength in
      rejection.message.withBytes { message, length in
        rw_fail(code, codeLength, message, length, rejection.isRecoverable ? 1 : 0)
      }
    }
  }
  if say(rejection.code) == RW_DENIED.rawValue { _ = say("") }
  return RW_FAIL
}
