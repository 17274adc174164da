import RopewalkABI

@_expose(wasm, "ropewalk_abi_v1")
@_cdecl("ropewalk_abi_v1")
func guestABI() {}

@_expose(wasm, "metadata")
@_cdecl("controller_metadata")
func exportedMetadata(_ length: UInt32) -> Int32 { answer(length) { (_) throws(Rejection) in ControllerType.metadata } }

@_expose(wasm, "initialize")
@_cdecl("controller_initialize")
func exportedInitialize(_ length: UInt32) -> Int32 {
  answer(length) { (settings) throws(Rejection) in
    try ControllerType.initialize(settings)
    return .null
  }
}

@_expose(wasm, "reconcile")
@_cdecl("controller_reconcile")
func exportedReconcile(_ length: UInt32) -> Int32 { answer(length) { (input) throws(Rejection) in try ControllerType.reconcile(input) } }

@_expose(wasm, "set_defaults")
@_cdecl("controller_set_defaults")
func exportedSetDefaults(_ length: UInt32) -> Int32 {
  answer(length) { (input) throws(Rejection) in try ControllerType.setDefaults(input) }
}

@_expose(wasm, "validate_create")
@_cdecl("controller_validate_create")
func exportedValidateCreate(_ length: UInt32) -> Int32 {
  answer(length) { (input) throws(Rejection) in try ControllerType.validate(input) }
}

@_expose(wasm, "validate_update")
@_cdecl("controller_validate_update")
func exportedValidateUpdate(_ length: UInt32) -> Int32 {
  answer(length) { (input) throws(Rejection) in try ControllerType.validate(input) }
}

@_expose(wasm, "shutdown")
@_cdecl("controller_shutdown")
func exportedShutdown(_ length: UInt32) -> Int32 {
  answer(length) { (_) throws(Rejection) in
    ControllerType.shutdown()
    return .null
  }
}

private func answer(_ length: UInt32, _ action: (JSON) throws(Rejection) -> JSON) -> Int32 {
  let input = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
    _ = rw_payload_read(buffer.baseAddress, 0, length)
    count = Int(length)
  }
  do throws(Rejection) {
    guard let input = JSON(parsing: input) else { throw Rejection("", "the input is no JSON") }
    let answer = try action(input)
    if answer.isNull { return Int32(RW_PASS.rawValue) }
    let bytes = answer.serialised()
    guard bytes.withUnsafeBytes({ rw_output_write($0.baseAddress, UInt32($0.count)) }) == RW_OK.rawValue else {
      throw Rejection("", "the answer is larger than the controller may give")
    }
    return Int32(RW_PASS.rawValue)
  } catch {
    error.message.withBytes { message, length in _ = rw_fail(nil, 0, message, length, error.isRecoverable ? 1 : 0) }
    return Int32(RW_FAIL.rawValue)
  }
}
