//! Reconciles at once, or, with `writes`, gets its object and writes it back with another label.
use ropewalk::controller::{Client, Controller, Json};
use ropewalk::Rejection;
use std::cell::Cell;

thread_local! {
    static WRITES: Cell<bool> = const { Cell::new(false) };
    static ROUND: Cell<u64> = const { Cell::new(0) };
}

struct Benchmark;

impl Controller for Benchmark {
    fn metadata() -> Json {
        Json::object([
            ("name", "benchmark".into()),
            ("version", "1.0.0".into()),
            ("kinds", vec!["ropewalk.dev/v1.Customer"].into()),
            ("capabilities", vec!["reconcile"].into()),
        ])
    }

    fn initialize(settings: Json) -> Result<(), Rejection> {
        WRITES.with(|writes| writes.set(settings["writes"].bool() == Some(true)));
        Ok(())
    }

    fn reconcile(reference: Json, client: &Client) -> Result<Json, Rejection> {
        if !WRITES.with(Cell::get) {
            return Ok(Json::Null);
        }
        let round = ROUND.with(|round| {
            round.set(round.get() + 1);
            round.get()
        });
        let mut object = client.get(&reference)?;
        let mut metadata = object["metadata"].clone();
        metadata.set("labels", Json::object([("round", round.to_string().as_str().into())]));
        object.set("metadata", metadata);
        client.update(&object)?;
        Ok(Json::Null)
    }
}

ropewalk::export_controller!(Benchmark);
