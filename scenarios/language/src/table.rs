//! An inline table of a scenario file, as it is written.

use seatrial_port::{NodeName, Span};

/// The keys and values of an inline table, in order.
#[derive(Default)]
pub(super) struct Table(pub(super) Vec<String>);

impl Table {
    pub(super) fn put(&mut self, key: &str, value: impl std::fmt::Display) {
        self.0.push(format!("{key} = {value}"));
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.put(key, quoted(value));
    }

    pub(super) fn maybe<T: std::fmt::Display>(&mut self, key: &str, value: Option<T>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    pub(super) fn maybe_text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    pub(super) fn span(&mut self, key: &str, value: Option<Span>) {
        if let Some(value) = value {
            self.text(key, &value.to_string());
        }
    }

    pub(super) fn nodes(&mut self, key: &str, nodes: &[NodeName]) {
        self.put(key, list(nodes.iter().map(NodeName::as_str)));
    }

    pub(super) fn inline(self) -> String {
        if self.0.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{ {} }}", self.0.join(", "))
        }
    }
}

/// Returns a text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

pub(super) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(", "))
}
