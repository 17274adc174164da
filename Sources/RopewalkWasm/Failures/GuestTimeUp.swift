/// The guest's time ended while it was in a host function. It ends the call as an interruption of the guest does.
struct GuestTimeUp: Error, CustomStringConvertible {
  var description: String { "the guest's time is used up" }
}
