//! Lets orders over 1,000 pass.

mod json;

use ropewalk::{Message, Outcome, Rejection};

fn process(message: &Message) -> Result<Outcome, Rejection> {
    match json::member_number(message.payload(), b"amount") {
        Err(json::Malformed) => Err(Rejection::new("NOT_JSON", "the order is not JSON")),
        Ok(Some(amount)) if amount > 1000.0 => Ok(Outcome::Pass),
        Ok(_) => Ok(Outcome::Drop),
    }
}

ropewalk::export!(process);
