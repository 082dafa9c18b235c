//! R20: a node that serves, by its status.

use super::evidence::{Case, has, recovered, server};

/// R20: a live node, in every form of its tables.
#[test]
fn a_live_node_serves() {
    let rows = [
        ("wsrep_cluster_status", "Primary"),
        ("wsrep_cluster_size", "2"),
        ("wsrep_last_committed", "898553"),
        ("wsrep_local_state_comment", "Synced"),
    ];
    let form = |one: &dyn Fn(&str, &str) -> String| -> String {
        rows.iter().map(|(name, value)| one(name, value)).collect()
    };
    let forms = [
        form(&|name, value| format!("| {name:<30} | {value:<10} |\n")),
        form(&|name, value| format!("{name}\t{value}\n")),
        form(&|name, value| {
            format!("*** 1. row ***\nVariable_name: {name}\n        Value: {value}\n")
        }),
        form(&|name, value| format!("\"{name}\",\"{value}\"\n")),
        form(&|name, value| format!("{name}: {value}\n")),
        form(&|name, value| format!("{name} = {value}\n")),
        form(&|name, value| format!("{}\t{value}\r\n", name.to_uppercase())),
        // XML, JSON, other separators, a quotation, a list, behind a loop over hosts.
        form(&|name, value| {
            format!(
                "<row>\n\t<field name=\"Variable_name\">{name}</field>\n\t<field name=\"Value\">{value}</field>\n</row>\n"
            )
        }),
        form(&|name, value| format!("    \"{name}\": \"{value}\",\n")),
        form(&|name, value| format!("{{\"Variable_name\": \"{name}\", \"Value\": \"{value}\"}}\n")),
        form(&|name, value| format!("{name},{value}\n")),
        form(&|name, value| format!("{name};{value}\n")),
        form(&|name, value| format!(" {name} | {value}\n")),
        form(&|name, value| format!("> | {name} | {value} |\n")),
        form(&|name, value| format!("- {name}: {value}\n")),
        form(&|name, value| format!("`{name}`: `{value}`\n")),
        form(&|name, value| format!("'{name}'='{value}'\n")),
        form(&|name, value| format!("db1: {name}\t{value}\n")),
    ];
    for text in forms {
        let case = Case::new().file("a", &text).file("b", recovered(60));
        let answer = case.ask(&["--node", "A=a", "--node", "B=b"]);
        assert_eq!(answer["action"]["do"], "start-into", "{text}");
        assert_eq!(answer["action"]["nodes"][0], "A");
        assert_eq!(server(&answer, "A"), "serves");
        let said = case.read(&["--node", "A=a", "--node", "B=b"]);
        assert!(
            said.starts_with("Bootstrap nothing: A is in a primary component"),
            "{said}"
        );
        assert!(said.contains("Start B plainly"), "{said}");
    }
    // Without quorum it is the node to look at, and no one to start others into.
    let text = "wsrep_cluster_status\tnon-Primary\nwsrep_local_state_comment\tInitialized\n";
    let case = Case::new().file("a", text).file("b", recovered(60));
    let answer = case.ask(&["--node", "A=a", "--node", "B=b"]);
    assert_eq!(answer["action"]["do"], "look-first");
    // A node that is ahead of the one that serves is not simply started into it.
    let text = "wsrep_cluster_status\tPrimary\nwsrep_last_committed\t50\n";
    let case = Case::new().file("a", text).file("b", recovered(60));
    let answer = case.ask(&["--node", "A=a", "--node", "B=b"]);
    assert_eq!(answer["action"]["do"], "decide");
    assert!(has(&answer, "beside-serving", "B"));
}
