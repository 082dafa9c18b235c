//! Interprets the two state files of a stopped node.
//!
//! Stricter than a starting node ([`GraState::read`], [`GvwRead`](crate::GvwRead)), which goes on with
//! whatever it finds, and laxer about identities: those of any real group are taken, as texts.

use serde::{Deserialize, Serialize};

use crate::GraState;

/// The meaning of a grastate.dat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saved {
    /// There is no such file. Nothing of Galera's removes it.
    Missing,
    /// It has no bytes: a fresh node in the middle of a state transfer, or damage.
    Empty,
    /// Its uuid is zero: a state transfer or a schema change that was cut off, or a node that found
    /// itself inconsistent (measurements, A1.9 and A5.34).
    Zero,
    /// It cannot be read. Nothing of Galera's writes such a file.
    Garbage,
    /// It names a history.
    Named(GraState),
}

impl Saved {
    /// From the file's content.
    pub fn read(content: Option<&str>) -> Self {
        let Some(content) = content else {
            return Self::Missing;
        };
        if content.trim().is_empty() {
            return Self::Empty;
        }
        match content.parse::<GraState>() {
            Ok(state) if state.uuid.is_nil() => Self::Zero,
            Ok(state) => Self::Named(state),
            Err(_) => Self::Garbage,
        }
    }
}

/// A gvwstate.dat: the last primary view of a node that did not leave it in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    /// The node's own identity in the group.
    pub my_uuid: String,
    /// The representative of the view, and the view's number.
    pub id: (String, u64),
    /// The identities of the members.
    pub members: Vec<String>,
}

impl SavedView {
    /// From the file's content; `None` where there is no file, no view in it, or no sense.
    ///
    /// Identities are compared as texts here, so that those of a real group are read as well as
    /// those of a simulated one.
    pub fn read(content: Option<&str>) -> Option<Self> {
        let content = content?;
        let fields = |name: &'static str| {
            content.lines().filter_map(move |line| {
                let mut words = line.split_whitespace();
                (words.next()? == name).then(|| words.map(str::to_owned).collect::<Vec<_>>())
            })
        };
        let [_, by, seq] = fields("view_id:").next()?.try_into().ok()?;
        let members: Vec<String> = fields("member:")
            .filter_map(|words| words.into_iter().next())
            .collect();
        (!members.is_empty()).then_some(())?;
        Some(Self {
            my_uuid: fields("my_uuid:").next()?.into_iter().next()?,
            id: (by, seq.parse().ok()?),
            members,
        })
    }

    /// Returns whether this is the saved view of that member, in whatever life.
    pub fn is_of(&self, member: &str) -> bool {
        is_same_member(&self.my_uuid, member)
    }

    /// Returns whether no member of the one view is a member of the other, in whatever life.
    ///
    /// With three nodes no primary component leads to another one like this unless somebody forced a
    /// bootstrap: a majority goes on, and everybody who goes on saves the view that they went on in
    /// (`gcomm/src/pc_proto.cpp:is_prim`, `deliver_view`). The exception is a node that was dead while
    /// all the others were restarted in order, which gives them new identities; with more nodes also a
    /// chain of joins and orderly stops.
    pub fn excludes(&self, other: &Self) -> bool {
        let shared = |member: &String| other.members.iter().any(|o| is_same_member(o, member));
        !self.members.iter().any(shared)
    }
}

/// Returns whether two identities are lives of one member: a restart counts up the fourth field
/// (`gcomm/src/gcomm/uuid.hpp:fixed_part_matches`).
fn is_same_member(one: &str, other: &str) -> bool {
    let fixed = |text: &str| {
        let fields = text.split('-').enumerate().filter(|(index, _)| *index != 3);
        fields
            .map(|(_, field)| field.to_owned())
            .collect::<Vec<_>>()
    };
    fixed(one) == fixed(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StateUuid;

    #[test]
    fn every_kind_of_grastate_has_a_name() {
        let named = GraState {
            uuid: StateUuid(1),
            ..GraState::default()
        };
        assert_eq!(Saved::read(None), Saved::Missing);
        assert_eq!(Saved::read(Some("")), Saved::Empty);
        assert_eq!(Saved::read(Some("\u{1}garbage")), Saved::Garbage);
        assert_eq!(
            Saved::read(Some(&GraState::default().to_string())),
            Saved::Zero
        );
        assert_eq!(Saved::read(Some(&named.to_string())), Saved::Named(named));
    }

    const VIEW: &str = "my_uuid: 8347b5eb-5664-11e7-9460-667d2cc2032f\n\
                        #vwbeg\n\
                        view_id: 3 8347b5eb-5664-11e7-9459-667d2cc2032f 7\n\
                        bootstrap: 0\n\
                        member: 8347b5eb-5664-11e7-9459-667d2cc2032f 0\n\
                        member: ea4e26e9-5678-11e7-bc53-3e334c415aa8 0\n\
                        #vwend\n";

    #[test]
    fn a_restarted_node_is_still_the_member_that_it_was() {
        let view = SavedView::read(Some(VIEW)).unwrap();
        assert_eq!(view.id.1, 7);
        assert!(view.is_of(&view.members[0]));
        assert!(!view.is_of(&view.members[1]));
    }

    #[test]
    fn two_views_exclude_each_other_where_nobody_is_in_both() {
        let view = |own: &str, members: &[&str]| {
            let uuid = |name: &str| format!("{name}-5664-11e7-8000-0000000000ff");
            SavedView {
                my_uuid: uuid(own),
                id: (uuid(members[0]), 5),
                members: members.iter().map(|name| uuid(name)).collect(),
            }
        };
        let all = view("a", &["a", "b", "c"]);
        let rest = view("b", &["b", "c"]);
        let alone = view("a", &["a"]);
        assert!(!all.excludes(&rest), "a went down, and b went on with c");
        assert!(
            alone.excludes(&rest),
            "two components, each without the other"
        );
        assert!(!alone.excludes(&all));
    }

    #[test]
    fn no_view_is_read_out_of_a_damaged_file() {
        let nil = "my_uuid: 00000000-0000-0000-0000-000000000000\n#vwbeg\nview_id: -1 \
                   00000000-0000-0000-0000-000000000000 0\nbootstrap: 0\n#vwend\n";
        for text in [
            None,
            Some(""),
            Some("garbage"),
            Some(&VIEW[..60]),
            Some(nil),
        ] {
            assert_eq!(SavedView::read(text), None, "{text:?}");
        }
    }
}
