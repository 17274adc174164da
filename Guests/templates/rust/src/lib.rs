use ropewalk::{Message, Outcome, Rejection};

/// Looks at each message and says what becomes of it.
fn process(message: &Message) -> Result<Outcome, Rejection> {
    if message.payload().is_empty() {
        return Ok(Outcome::Drop); // an empty message ends here
    }
    // A converter answers another payload: Ok(Outcome::Replace(message.payload().to_ascii_uppercase()))
    // To fail the message: Err(Rejection::new("TOO_OLD", "the order is from last year"))
    Ok(Outcome::Pass)
}

ropewalk::export!(process);
