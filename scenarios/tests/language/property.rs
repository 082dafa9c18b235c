//! Reading never panics, whatever the text.

use proptest::prelude::*;
use seatrial_scenarios::Scenario;

/// Pieces of scenario files, right and wrong, to be put together in any order.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "id = \"x\"\n",
        "title = \"X\"\n",
        "[[step]]\n",
        "[options]\n",
        "[options.node.A]\n",
        "\"pc.recovery\" = true\n",
        "nodes = [\"A\", \"B\"]\n",
        "nodes = []\n",
        "limit = \"1s\"\n",
        "write = { node = \"A\", rows = 3 }\n",
        "write = { node = \"Ä\", rows = -9223372036854775808 }\n",
        "stop = { nodes = [\"A\"], as = \"s\" }\n",
        "wait = { for = \"99999999999999999999us\" }\n",
        "wait = { for = \"18446744073709.551615s\" }\n",
        "expect = { request = \"s\", exit = 0 }\n",
        "expect = { node = \"A\", has_rows = [\"w1A\"] }\n",
        "expect = { any = [{ name = \"x\", safe_nodes = 0 }, { name = \"y\", node = \"A\" }] }\n",
        "partition = { groups = [[], [\"A\"]] }\n",
        "together = [{}, { heal = {} }]\n",
        "claim = { id = \"\", says = \"\", verdict = \"holds\", lines = \"9-\" }\n",
        "operator = { node = \"A\", run = \"\" }\n",
        "note = \"\"\"\n",
        "\"\"\"\n",
        "findings = [\"\"]\n",
    ]);
    prop_oneof![4 => fixed.prop_map(str::to_owned), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        let _ = Scenario::parse("x.toml", &text);
    }

    #[test]
    fn almost_a_scenario(pieces in prop::collection::vec(piece(), 0..12)) {
        if let Err(error) = Scenario::parse("x.toml", &pieces.concat()) {
            // The message can always be shown.
            let _ = format!("{:?}", miette::Report::new(*error));
        }
    }

    #[test]
    fn any_span(text in "[0-9]{0,22}(\\.[0-9]{0,22})?(us|ms|s|m|h)?") {
        let _ = text.parse::<seatrial_scenarios::Span>();
    }
}
