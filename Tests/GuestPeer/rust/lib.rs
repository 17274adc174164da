//! Asks the host what the payload says: the first line names a function of the SDK, the others are its arguments. Answers
//! with what it got.

use ropewalk::host::{self, Level};
use ropewalk::{Message, Outcome, Rejection};

fn process(message: &Message) -> Result<Outcome, Rejection> {
    let text = message.text().map_err(|_| Rejection::from("the question is not UTF-8"))?;
    let lines: Vec<&str> = text.split('\n').collect();
    let line = |index: usize| lines.get(index).copied().unwrap_or_default();
    let answer = match line(0) {
        "header" => known(message.header(line(1))),
        "headers" => message.headers(),
        "contentType" => message.content_type(),
        "metadata" => known(message.metadata(line(1))?),
        "allMetadata" => message.all_metadata()?,
        "customerID" => message.customer_id()?,
        "integrationID" => message.integration_id()?,
        "setting" => known(host::setting(line(1))),
        "settings" => host::settings(),
        "transform" => return Ok(Outcome::Replace(host::transform(line(1), line(2), line(3).as_bytes())?)),
        "validate" => host::validate(line(1), line(2).as_bytes())?.unwrap_or_default(),
        "httpCall" => host::http_call(line(1))?,
        "replace" => line(1).to_string(),
        "replaceAs" => return Ok(Outcome::ReplaceAs(line(1).into(), line(2).to_string())),
        "reject" => return Err(Rejection::new(line(1), line(2))),
        "rejectForNow" => return Err(Rejection::new(line(1), line(2)).recoverable()),
        "panic" => panic!("{}", line(1)),
        "drop" => return Ok(Outcome::Drop),
        "log" => {
            host::log(level(line(1)), line(2));
            return Ok(Outcome::Pass);
        }
        _ => return Err("the peer knows no such question".into()),
    };
    Ok(Outcome::Replace(answer.into_bytes()))
}

fn known(value: Option<String>) -> String {
    value.unwrap_or_else(|| "none".to_string())
}

fn level(number: &str) -> Level {
    match number {
        "0" => Level::Trace,
        "1" => Level::Debug,
        "2" => Level::Info,
        "3" => Level::Warning,
        _ => Level::Error,
    }
}

ropewalk::export!(process);
