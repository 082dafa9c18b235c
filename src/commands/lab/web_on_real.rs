//! `seatrial lab --web --on real`: the page drives three containers through this program. There is no time travel.

use seatrial_lab::{Engine, Lab, Question, contents_in_json};
use serde_json::json;

use super::serve::{Request, Served, send_answer, send_page};
use crate::output::Out;
use crate::{Stop, exit};

/// What the page's policy says, and what it must say for the page to ask this program.
const POLICY: [&str; 2] = [
    "default-src 'none';",
    "default-src 'none'; connect-src 'self';",
];

/// The place in the page where the mark stands that makes it ask. The page's scripts are named by their hashes, so
/// none can be added.
const MARK: [&str; 2] = [
    "<title>",
    "<meta name=\"seatrial-nodes\" content=\"real\">\n<title>",
];

/// Serves the page until a signal comes. `text` is what the lab said when it opened.
pub(super) async fn talk<E: Engine>(
    lab: &mut Lab<E>,
    page: &str,
    text: &str,
    out: &mut Out,
) -> Result<u8, Stop> {
    let page = page
        .replacen(POLICY[0], POLICY[1], 1)
        .replacen(MARK[0], MARK[1], 1);
    let served = Served::new()?;
    served.tell("", out);
    while let Some((request, stream)) = served.next()? {
        drop(match request {
            Request::Page => send_page(&stream, &page),
            Request::Question(question) => {
                let answer = answer(lab, &question, text).await;
                send_answer(&stream, &answer)
            }
        });
    }
    Ok(exit::OK)
}

/// Answers a question of the page. There is one cluster: to open it anew is to look at it.
async fn answer<E: Engine>(lab: &mut Lab<E>, question: &str, text: &str) -> String {
    let named: serde_json::Value = serde_json::from_str(question).unwrap_or_default();
    let known = match named["ask"].as_str() {
        Some("open") => Ok(lab.state_in_json(text)),
        Some("contents") => contents_in_json(),
        _ => match serde_json::from_value::<Question>(named) {
            Ok(question) => return lab.answer_in_json(question).await,
            Err(_) => Err("the page cannot ask that of real nodes".to_owned()),
        },
    };
    let answer = known.unwrap_or_else(|error| json!({ "error": error }));
    answer.to_string()
}
