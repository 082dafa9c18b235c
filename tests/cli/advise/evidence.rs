//! Evidence made up for a test: short lines in each version's form.

use crate::work::Work;

/// A history.
pub(super) const U: &str = "7159b315-ed8a-11ed-b66b-82b08426f1d2";

/// Files in a folder, and questions about them.
pub(super) struct Case {
    pub(super) work: Work,
}

impl Case {
    pub(super) fn new() -> Self {
        Self { work: Work::new() }
    }

    pub(super) fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.work.write(name, bytes);
        self
    }

    /// What the command says for programs.
    pub(super) fn ask(&self, args: &[&str]) -> serde_json::Value {
        let mut all = vec!["advise", "--format", "json"];
        all.extend(args);
        let ran = self.work.run(&all);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// What the command says for people; no line is too long for a terminal.
    pub(super) fn read(&self, args: &[&str]) -> String {
        let mut all = vec!["advise"];
        all.extend(args);
        let ran = self.work.run(&all);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        for line in ran.stdout.lines() {
            assert!(line.chars().count() <= 80, "{line}\n{}", ran.stdout);
        }
        ran.stdout
    }

    /// What the command says when it refuses.
    pub(super) fn refuse(&self, args: &[&str]) -> String {
        let mut all = vec!["advise"];
        all.extend(args);
        let ran = self.work.run(&all);
        assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout, "");
        assert!(ran.stderr.contains("help: "), "{}", ran.stderr);
        ran.stderr
    }
}

/// A grastate.dat of today.
pub(super) fn grastate(uuid: &str, seqno: i64, flag: u8) -> String {
    format!(
        "# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   {seqno}\n\
         safe_to_bootstrap: {flag}\n"
    )
}

/// A gvwstate.dat: the own identity, the number of the view, the members.
pub(super) fn gvwstate(own: &str, number: u32, members: &[&str]) -> String {
    let uuid = |name: &str| format!("{name}-5664-11e7-8000-0000000000ff");
    let members: Vec<String> = members.iter().map(|member| uuid(member)).collect();
    let members = format!("member: {} 0\n", members.join(" 0\nmember: "));
    format!(
        "my_uuid: {own}\n#vwbeg\nview_id: 3 {own} {number}\nbootstrap: 0\n{members}#vwend\n",
        own = uuid(own)
    )
}

/// What a recovery run prints.
pub(super) fn recovered(seqno: i64) -> String {
    format!("2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {U}:{seqno}\n")
}

/// The position of a node in the answer.
pub(super) fn position(answer: &serde_json::Value, node: &str) -> Option<String> {
    let nodes = answer["nodes"].as_array().unwrap();
    let node = nodes
        .iter()
        .find(|one| one["name"] == node)
        .unwrap_or_else(|| panic!("there is no {node} in {nodes:?}"));
    let position = node["position"].as_str()?;
    Some(position.rsplit(':').next().unwrap().to_owned())
}

/// Whether a server runs on a node, in the answer's word.
pub(super) fn server(answer: &serde_json::Value, node: &str) -> String {
    let nodes = answer["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|one| one["name"] == node).unwrap();
    node["server"].as_str().unwrap().to_owned()
}

/// Whether there is a finding of this kind about the node.
pub(super) fn has(answer: &serde_json::Value, kind: &str, node: &str) -> bool {
    let mut findings = answer["findings"].as_array().unwrap().iter();
    findings.any(|finding| {
        finding["kind"] == kind
            && finding["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one == node)
    })
}

/// Whether the answer says of any choice that it loses nothing.
pub(super) fn loses_nothing(answer: &serde_json::Value) -> bool {
    let histories = answer["histories"].as_array().unwrap();
    let mut losses = histories
        .iter()
        .flat_map(|history| history["losses"].as_array().unwrap());
    losses.any(|loss| loss["nothing"] == true || loss["loses"] == "nothing")
}
