//! Writes into each Greeting's status whom it greets.
use ropewalk::controller::{Client, Controller, Json};
use ropewalk::Rejection;

struct Greeter;

impl Controller for Greeter {
    fn metadata() -> Json {
        Json::object([
            ("name", "{{name}}".into()),
            ("version", "0.1.0".into()),
            ("kinds", vec!["example.com/v1.Greeting"].into()),
            ("capabilities", vec!["reconcile", "status_update"].into()),
        ])
    }

    fn reconcile(reference: Json, client: &Client) -> Result<Json, Rejection> {
        let mut greeting = match client.get(&reference) {
            Ok(greeting) => greeting,
            // It is gone, and so is all there was to do.
            Err(refusal) if refusal.is_not_found() => return Ok(Json::Null),
            Err(refusal) => return Err(refusal.into()),
        };
        let message = format!("Hello, {}!", greeting["spec"]["to"].text());
        // Writing only what differs keeps the controller from being called for its own write.
        if greeting["status"]["message"].text() != message {
            greeting.set("status", Json::object([("message", message.into())]));
            client.update_status(&greeting)?;
        }
        Ok(Json::Null)
    }
}

ropewalk::export_controller!(Greeter);
