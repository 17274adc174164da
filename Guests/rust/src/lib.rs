//! Steps of Ropewalk integrations, and controllers, in Rust.
//!
//! A step is one function. It sees a message and says what becomes of it:
//!
//! ```ignore
//! use ropewalk::{Message, Outcome, Rejection};
//!
//! fn process(message: &Message) -> Result<Outcome, Rejection> {
//!     if message.payload().is_empty() {
//!         return Ok(Outcome::Drop);
//!     }
//!     Ok(Outcome::Pass)
//! }
//!
//! ropewalk::export!(process);
//! ```
//!
//! `ropewalk plugin build` compiles it for `wasm32-unknown-unknown`. A function of [`host`] that is not used is not
//! imported, so a step needs to be granted only what it uses.
#![forbid(unsafe_op_in_unsafe_fn)]

mod abi;
pub mod controller;
mod guest;
pub mod host;
mod json;
mod message;
mod outcome;

pub use host::HostError;
pub use message::Message;
pub use outcome::{Outcome, Rejection};

#[doc(hidden)]
pub use guest::run;

/// Exports the function that looks at each message: `fn(&Message) -> Result<Outcome, Rejection>`.
#[macro_export]
macro_rules! export {
    ($process:path) => {
        #[no_mangle]
        pub extern "C" fn ropewalk_abi_v1() {}

        #[no_mangle]
        pub extern "C" fn ropewalk_process(length: u32) -> i32 {
            $crate::run(length, $process)
        }
    };
}
