//! Asks the questions of the page natively: every one has an answer, and nothing hostile stops the desk.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use seatrial_web::Desk;
use serde_json::{Value, json};

fn ask(desk: &mut Desk, question: &Value, file: &[u8]) -> Value {
    serde_json::from_str(&desk.answer(question.to_string().as_bytes(), file)).unwrap()
}

fn opened() -> Desk {
    let mut desk = Desk::default();
    let question = json!({ "ask": "open", "opening": "", "seed": 1 });
    assert_eq!(
        ask(&mut desk, &question, b"")["nodes"],
        json!(["A", "B", "C"])
    );
    desk
}

#[test]
fn a_session_is_a_function_of_its_lines() {
    let hash = || {
        let mut desk = opened();
        for line in [
            "client A write 2",
            "fault terminate B",
            "wait 20s",
            "back",
            "fork other",
        ] {
            let answer = ask(&mut desk, &json!({ "ask": "line", "line": line }), b"");
            assert_eq!(answer["refused"], false, "{answer}");
        }
        let film = ask(&mut desk, &json!({ "ask": "film" }), b"");
        assert!(film["events"].as_array().unwrap().len() > 10);
        ask(&mut desk, &json!({ "ask": "hash" }), b"")["hash"].clone()
    };
    assert_eq!(hash(), hash());
}

/// The page shows this cluster before the simulator is unpacked.
#[test]
fn the_first_state_of_the_page_is_the_simulators() {
    let mut desk = Desk::default();
    let question = json!({ "ask": "open", "opening": "", "seed": 1 });
    let open = ask(&mut desk, &question, b"");
    let film = ask(&mut desk, &json!({ "ask": "film" }), b"");
    let text = format!("{}\n", json!({ "open": open, "film": film }));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/page/first.json");
    if std::env::var_os("UPDATE_FIRST").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).is_ok_and(|kept| kept == text),
        "web/page/first.json is not what the simulator says: run this test with UPDATE_FIRST=1"
    );
}

#[test]
fn what_is_not_understood_is_an_error_in_words() {
    let mut desk = Desk::default();
    for question in [
        "",
        "[]",
        "{\"ask\":\"nothing\"}",
        "{\"ask\":\"line\",\"line\":\"status\"}",
        "{\"ask\":\"run\",\"text\":\"id = \",\"seed\":1}",
        "{\"ask\":\"open\",\"opening\":\"no such mission\",\"seed\":1}",
        "{\"ask\":\"mission\",\"text\":\"[[[[\"}",
    ] {
        let answer: Value = serde_json::from_str(&desk.answer(question.as_bytes(), b"")).unwrap();
        let error = answer["error"].as_str();
        assert!(
            error.is_some_and(|text| text.len() > 10),
            "{question}: {answer}"
        );
    }
    let deep = "[".repeat(20_000);
    let answer = ask(
        &mut desk,
        &json!({ "ask": "open", "opening": deep, "seed": 1 }),
        b"",
    );
    assert!(answer["error"].is_string());
}

#[test]
fn the_files_of_an_incident_have_advice() {
    let mut desk = Desk::default();
    ask(&mut desk, &json!({ "ask": "evidence-begin" }), b"");
    let state = |seqno: i64, safe: u8| {
        format!(
            "# GALERA saved state\nversion: 2.1\nuuid:    6d9f4a1e-3c1f-11ee-8f2b-0b5a7c9d1e2f\n\
             seqno:   {seqno}\nsafe_to_bootstrap: {safe}\n"
        )
    };
    for (node, text) in [("a", state(7, 0)), ("b", state(9, 1)), ("c", state(8, 0))] {
        let name = format!("{node}/grastate.dat");
        let question = json!({ "ask": "evidence-file", "name": name });
        let answer = ask(&mut desk, &question, text.as_bytes());
        assert!(answer["error"].is_null(), "{answer}");
    }
    let answer = ask(&mut desk, &json!({ "ask": "evidence-end" }), b"");
    assert!(
        answer["advice"]
            .as_str()
            .unwrap()
            .starts_with("Bootstrap b."),
        "{answer}"
    );
    assert!(answer["story"].is_null() && answer["scenario"].is_null());
    ask(&mut desk, &json!({ "ask": "evidence-begin" }), b"");
    let question = json!({ "ask": "evidence-file", "name": "noise" });
    ask(&mut desk, &question, &[0, 1, 2, 3]);
    let answer = ask(&mut desk, &json!({ "ask": "evidence-end" }), b"");
    assert!(
        answer["error"].as_str().unwrap().contains("help:"),
        "{answer}"
    );
}
