//! Tests the messages about wrong files.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use seatrial_scenarios::Scenario;

/// Returns the message about a file, as a terminal without colours shows it.
fn message(text: &str) -> String {
    let error = Scenario::parse("two-nodes.toml", text).expect_err("the file is wrong");
    let mut rendered = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(80)
        .render_report(&mut rendered, error.as_ref() as &dyn Diagnostic)
        .expect("a report renders");
    rendered
}

/// Returns a file with these steps.
fn steps(steps: &str) -> String {
    format!("id = \"two-nodes\"\ntitle = \"Two nodes\"\n{steps}")
}

/// Returns a file with one step.
fn step(step: &str) -> String {
    steps(&format!("[[step]]\n{step}\n"))
}

macro_rules! shows {
    ($($name:ident: $text:expr;)+) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(stringify!($name), message(&$text));
            }
        )+
    };
}

shows! {
    unknown_top_key: "id = \"x\"\ntitle = \"X\"\nnoeds = [\"A\"]\n";
    missing_top_key: "title = \"X\"\n[[step]]\nheal = {}\n";
    no_toml: "id = \"x\"\ntitle = \"X\n";
    no_step: "id = \"x\"\ntitle = \"X\"\n";
    bad_id: "id = \"Two Nodes\"\ntitle = \"X\"\n[[step]]\nheal = {}\n";
    unknown_action: step("terminat = { nodes = [\"A\"] }");
    unknown_action_key: step("terminate = { node = [\"A\"] }");
    unknown_node: step("terminate = { nodes = [\"A\", \"D\"] }");
    node_twice: step("terminate = { nodes = [\"A\", \"A\"] }");
    no_nodes: step("stop = { nodes = [] }");
    declared_twice: "id = \"x\"\ntitle = \"X\"\nnodes = [\"A\", \"A\"]\n[[step]]\nheal = {}\n";
    two_actions: step("stop = { nodes = [\"A\"] }\nwrite = { node = \"B\", rows = 1 }");
    no_action: step("note = \"nothing happens\"");
    no_rows: step("write = { node = \"A\", rows = 0 }");
    too_much_loss: step("loss = { node = \"A\", percent = 101 }");
    unknown_file: step("damage = { node = \"A\", file = \"grastate.txt\", how = \"delete\" }");
    unknown_damage: step("damage = { node = \"A\", file = \"grastate.dat\", how = \"Old copy\" }");
    group_overlap: step("partition = { groups = [[\"A\", \"B\"], [\"B\", \"C\"]] }");
    group_missing: step("partition = { groups = [[\"A\"], [\"B\"]] }");
    one_group: step("partition = { groups = [[\"A\", \"B\", \"C\"]] }");
    clone_of_itself: step("disk_cloned = { from = \"A\", to = \"A\" }");
    copy_that_was_not_kept: steps(
        "[[step]]\ndisk_saved = { node = \"A\", as = \"monday\" }\n[[step]]\ndisk_restored = { node = \"A\", from = \"mondey\" }\n"
    );
    copy_before_any_was_kept: step("data_restored = { node = \"A\", from = \"monday\" }");
    copy_kept_twice: steps(
        "[[step]]\ndisk_saved = { node = \"A\", as = \"monday\" }\n[[step]]\ndisk_saved = { node = \"B\", as = \"monday\" }\n"
    );
    no_address: step("readdress = { node = \"A\", address = \"B\" }");
    address_in_use: step("readdress = { node = \"A\", address = \"127.0.1.12\" }");
    address_of_its_own: steps(
        "[[step]]\nreaddress = { node = \"A\", address = \"10.0.0.14\" }\n[[step]]\nreaddress = { node = \"A\", address = \"10.0.0.14\" }\n"
    );
    copy_without_a_name: step("disk_saved = { node = \"A\", as = \"last monday\" }");
    unknown_port: step("cut = { from = \"A\", to = \"B\", port = 4569 }");
    port_that_is_a_text: step("cut = { from = \"A\", to = \"B\", port = \"4568\" }");
    cut_to_itself: step("cut = { from = \"A\", to = \"A\" }");
    unknown_procedure: step("procedure = { name = \"manual-correct\" }");
    unknown_finding: "id = \"x\"\ntitle = \"X\"\nfindings = [\"twin-primary\"]\n[[step]]\nheal = {}\n";
    bad_span: step("wait = { for = \"5 seconds\" }");
    endless_span: step("wait = { for = \"10000h\" }");
    empty_wait: step("wait = {}");
    claim_without_check: step(
        "heal = {}\nclaim = { id = \"M-1\", says = \"it heals\", verdict = \"holds\" }"
    );
    claim_twice: steps(
        "[[step]]\nexpect = { cluster = \"primary\" }\nclaim = { id = \"M-1\", says = \"a\", verdict = \"holds\" }\n\
         [[step]]\nexpect = { cluster = \"primary\" }\nclaim = { id = \"M-1\", says = \"b\", verdict = \"holds\" }\n"
    );
    claim_lines: step(
        "expect = { cluster = \"primary\" }\nclaim = { id = \"M-1\", says = \"a\", verdict = \"holds\", lines = \"12-7\" }"
    );
    unknown_verdict: step(
        "expect = { cluster = \"primary\" }\nclaim = { id = \"M-1\", says = \"a\", verdict = \"hold\" }"
    );
    empty_expect: step("expect = { within = \"5s\" }");
    silent_expect: step("expect = { node = \"A\", cluster = \"primary\" }");
    expect_without_node: step("expect = { cluster_size = 2 }");
    probe_without_node: step("expect = { write = \"refused\" }");
    unknown_state: step("expect = { node = \"A\", cluster_status = \"nonPrimary\" }");
    error_without_probe: step("expect = { node = \"A\", ready = \"OFF\", error = 1047 }");
    one_outcome: step("expect = { any = [{ name = \"none is safe\", safe_nodes = 0 }] }");
    outcome_twice: step("expect = { any = [{ name = \"x\", safe_nodes = 0 }, { name = \"x\", safe_nodes = 1 }] }");
    silent_outcome: step("expect = { any = [{ name = \"x\", safe_nodes = 0 }, { name = \"y\" }] }");
    outcome_without_name: step("expect = { any = [{ safe_nodes = 0 }, { name = \"y\", safe_nodes = 1 }] }");
    outcome_with_a_probe: step("expect = { any = [{ name = \"x\", write = \"refused\" }, { name = \"y\", safe_nodes = 1 }] }");
    more_safe_nodes_than_nodes: step("expect = { safe_nodes = 4 }");
    size_of_too_many: step("expect = { cluster = \"all-synced\", size = 4 }");
    unwritten_row: steps(
        "[[step]]\nwrite = { node = \"A\", rows = 2 }\n[[step]]\nexpect = { node = \"B\", has_rows = [\"w1A\", \"w3A\"] }\n"
    );
    unknown_request: step("expect = { request = \"w1\", ends = \"acknowledged\" }");
    request_of_the_other_kind: steps(
        "[[step]]\nstop = { nodes = [\"A\"], as = \"s1\" }\n[[step]]\nexpect = { request = \"s1\", ends = \"acknowledged\" }\n"
    );
    named_write_of_many_rows: step("write = { node = \"A\", rows = 3, as = \"w1\" }");
    named_command_with_exit: step(
        "operator = { node = \"A\", run = \"systemctl stop mariadb\", exit = 0, as = \"s1\" }"
    );
    bad_exit: step("operator = { node = \"A\", run = \"true\", exit = 256 }");
    expect_in_together: step(
        "together = [{ stop = { nodes = [\"A\"] } }, { expect = { cluster = \"primary\" } }]"
    );
    unknown_supervisor: "id = \"x\"\ntitle = \"X\"\n[options]\nsupervisor = \"sysemd\"\n[[step]]\nheal = {}\n";
    unknown_provider_option: "id = \"x\"\ntitle = \"X\"\n[options]\n\"pc.recovry\" = true\n[[step]]\nheal = {}\n";
    unknown_server_option: "id = \"x\"\ntitle = \"X\"\n[options]\ninnodb_flush_log_at_trx_comit = 2\n[[step]]\nheal = {}\n";
    option_with_a_list: "id = \"x\"\ntitle = \"X\"\n[options]\n\"gcache.size\" = [1]\n[[step]]\nheal = {}\n";
    unknown_option_of_a_node: "id = \"x\"\ntitle = \"X\"\n[options.node.A]\nwsrep_cluster_adress = \"gcomm://\"\n[[step]]\nheal = {}\n";
    option_without_a_near_name: "id = \"x\"\ntitle = \"X\"\n[options]\nmax_connections = 500\n[[step]]\nheal = {}\n";
    wrong_value_of_an_option: "id = \"x\"\ntitle = \"X\"\n[options.node.A]\npc.weight = 256\n[[step]]\nheal = {}\n";
    configured_option_is_unknown: "id = \"x\"\ntitle = \"X\"\n[[step]]\nconfigure = { node = \"A\", option = \"wsrep_cluster_nam\", value = \"x\" }\n";
    configured_value_is_wrong: "id = \"x\"\ntitle = \"X\"\n[[step]]\nconfigure = { node = \"A\", option = \"wsrep_sst_method\", value = \"rsnc\" }\n";
    options_of_no_node: "id = \"x\"\ntitle = \"X\"\n[options.node.D]\n\"pc.weight\" = 2\n[[step]]\nheal = {}\n";
    several_problems: steps(
        "[[step]]\nwrite = { node = \"D\", rows = 0 }\n[[step]]\nstop = { nodes = [\"a\"] }\n[[step]]\nwait = { for = \"soon\" }\n"
    );
    empty_file: " \n";
    a_list_for_a_table: step("write = [\"A\", 3]");
    a_node_for_a_list: step("stop = { nodes = \"A\" }");
    a_string_for_a_number: step("write = { node = \"A\", rows = \"3\" }");
}

// Waits for messages, slow directions of links, rounds.
shows! {
    a_message_that_there_is_not: step("wait = { until = { node = \"A\", sends = \"INSTAL\" } }");
    a_message_both_ways: step("wait = { until = { node = \"A\", sends = \"JOIN\", receives = \"JOIN\" } }");
    a_message_of_nobody: step("wait = { until = { sends = \"JOIN\" } }");
    a_message_and_a_state: step("wait = { until = { node = \"A\", sends = \"JOIN\", cluster_size = 2 } }");
    a_message_in_an_expectation: step("expect = { node = \"A\", sends = \"JOIN\" }");
    a_latency_of_nothing: step("latency = { by = \"500ms\" }");
    a_latency_of_a_node_and_a_link: step("latency = { node = \"A\", from = \"A\", to = \"B\", by = \"500ms\" }");
    a_latency_to_itself: step("latency = { from = \"A\", to = \"A\", by = \"500ms\" }");
    rounds_without_steps: step("repeat = { times = 3, steps = [] }");
    rounds_in_rounds: steps(
        "[[step]]\nrepeat.times = 2\n[[step.repeat.steps]]\nrepeat = { times = 2, steps = [{ heal = {} }] }\n"
    );
    too_many_rounds: step("repeat = { times = 900, steps = [{ heal = {} }, { heal = {} }, { heal = {} }] }");
    a_claim_in_a_round: steps(
        "[[step]]\nrepeat.times = 2\n[[step.repeat.steps]]\nexpect = { cluster = \"primary\" }\nclaim = { id = \"X-1\", says = \"so\", verdict = \"holds\" }\n"
    );
    a_pace_of_rounds: step("repeat = { times = 2, steps = [{ heal = {} }] }\npace = \"rest\"");
    a_mistake_in_a_round: steps(
        "[[step]]\nrepeat.times = 3\n[[step.repeat.steps]]\nheal = {}\n[[step.repeat.steps]]\nwrite = { node = \"D\", rows = 1 }\n"
    );
    rounds_and_an_action: step("repeat = { times = 2, steps = [{ heal = {} }] }\nheal = {}");
}

// What new users get wrong most often: each message has the right form as an example.
shows! {
    a_time_without_a_unit: step("expect = { cluster = \"all-synced\", within = 60 }");
    a_wait_without_a_unit: step("wait = { for = 30 }");
    a_latency_without_a_unit: step("latency = { node = \"A\", by = 500 }");
    a_node_for_a_table: step("stop = \"C\"");
    a_list_of_nodes_for_a_table: step("crash = [\"A\", \"B\"]");
    a_claim_as_text: step("expect = { cluster = \"all-synced\" }\nclaim = \"the cluster comes back\"");
    a_command_as_text: step("operator = \"systemctl stop mariadb\"");
    a_state_as_text: step("expect = \"all-synced\"");
    groups_that_are_no_lists: step("partition = { groups = [\"A\", \"B\"] }");
    a_flag_as_text: step("crash = { nodes = [\"A\"] }\nmay_skip = \"yes\"");
    rows_are_missing: step("write = { node = \"A\" }");
    nothing_may_be_skipped: step("write = { node = \"A\", rows = 1 }\nmay_skip = true");
    nothing_may_be_refused: step("write = { node = \"A\", rows = 1, as = \"w1\" }\nmay_be_refused = true");
}

#[test]
fn a_file_that_is_too_large_is_refused_without_reading_it() {
    let text = "#".repeat(10 * 1024 * 1024);
    insta::assert_snapshot!(message(&text));
}
