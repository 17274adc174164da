//! Between the host's call and the step's function.

use crate::{abi, Message, Outcome, Rejection};
use std::cell::Cell;
use std::panic;
use std::sync::Once;

/// Used again for the next message: an allocation for each would cost more than most filters.
struct Kept(Cell<Vec<u8>>);

// SAFETY: a guest has one thread.
unsafe impl Sync for Kept {}

static PAYLOAD: Kept = Kept(Cell::new(Vec::new()));

const FIRST_CAPACITY: usize = 4096;

static PANICS_SPEAK: Once = Once::new();

/// A panic ends in a trap, which has no words of its own.
fn let_panics_speak() {
    PANICS_SPEAK.call_once(|| {
        panic::set_hook(Box::new(|info| {
            Rejection::new("panic", info.to_string()).report();
        }));
    });
}

#[doc(hidden)]
pub fn run(length: u32, process: impl FnOnce(&Message) -> Result<Outcome, Rejection>) -> i32 {
    let_panics_speak();
    let mut buffer = PAYLOAD.0.take();
    let outcome = match fetch(&mut buffer, length as usize) {
        Ok(()) => process(&Message::new(&buffer)).and_then(settle),
        Err(rejection) => Err(rejection),
    };
    PAYLOAD.0.set(buffer);
    outcome.unwrap_or_else(|rejection| rejection.report())
}

fn fetch(buffer: &mut Vec<u8>, length: usize) -> Result<(), Rejection> {
    buffer.clear();
    if buffer.capacity() < length {
        // Without this the old bytes would be moved along.
        *buffer = Vec::new();
        buffer
            .try_reserve_exact(length.max(FIRST_CAPACITY))
            .map_err(|_| Rejection::new("", "the payload needs more memory than the step's memoryLimit"))?;
    }
    // SAFETY: the capacity is there, and the host fills all of it.
    unsafe {
        abi::payload_read(buffer.as_mut_ptr(), 0, length as u32);
        buffer.set_len(length);
    }
    Ok(())
}

fn settle(outcome: Outcome) -> Result<i32, Rejection> {
    match outcome {
        Outcome::Pass => Ok(abi::PASS),
        Outcome::Drop => Ok(abi::DROP),
        Outcome::Replace(payload) => write(&payload),
        Outcome::ReplaceAs(payload, content_type) => {
            // SAFETY: the host reads the string's bytes during the call.
            match unsafe { abi::output_content_type(content_type.as_ptr(), content_type.len() as u32) } {
                abi::OK => write(&payload),
                _ => Err(Rejection::new("", "the content type is not printable ASCII of at most 256 bytes")),
            }
        }
    }
}

fn write(payload: &[u8]) -> Result<i32, Rejection> {
    // SAFETY: the host reads the slice's bytes during the call.
    match unsafe { abi::output_write(payload.as_ptr(), payload.len() as u32) } {
        abi::OK => Ok(abi::PASS),
        _ => Err(Rejection::new("", "the output is larger than the step's maxOutputSize")),
    }
}
