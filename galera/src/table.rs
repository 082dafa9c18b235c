//! What the manual's command prints: tables as the `mysql` client draws them, and the bootstrap warning.

use serde::{Deserialize, Serialize};

use crate::StatusVariables;

/// The `wsrep_*` settings of a node that `--show-cluster-status` prints under the status.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeAddresses {
    /// `wsrep_cluster_address`, such as `gcomm://node1.example.com,node2.example.com`.
    pub cluster_address: String,
    /// `wsrep_cluster_name`.
    pub cluster_name: String,
    /// `wsrep_node_address`.
    pub node_address: String,
    /// `wsrep_node_name`.
    pub node_name: String,
}

impl NodeAddresses {
    /// The four settings, in the manual's order.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        vec![
            ("wsrep_cluster_address", self.cluster_address.clone()),
            ("wsrep_cluster_name", self.cluster_name.clone()),
            ("wsrep_node_address", self.node_address.clone()),
            ("wsrep_node_name", self.node_name.clone()),
        ]
    }
}

/// A result set as the `mysql` client draws it with `--table` (`client/mysql.cc:print_table_data`), with a newline at
/// the end. Without rows it is empty: the client then prints `Empty set` elsewhere, or nothing.
///
/// A row that is shorter than the header is filled with blanks, a longer one loses its tail. All values are aligned
/// to the left, as status variables are.
pub fn mysql_table(headers: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let widths: Vec<usize> = headers
        .iter()
        .enumerate()
        .map(|(column, header)| {
            let values = rows.iter().map(|row| cell(row, column).chars().count());
            values.chain([header.chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let border = widths.iter().fold(String::from("+"), |mut line, width| {
        line.push_str(&"-".repeat(width + 2));
        line.push('+');
        line
    });
    let draw = |cells: &[String]| {
        cells
            .iter()
            .zip(&widths)
            .fold(String::from("|"), |mut line, (text, &width)| {
                line.push(' ');
                line.push_str(text);
                line.push_str(&" ".repeat(width.saturating_sub(text.chars().count()) + 1));
                line.push('|');
                line
            })
    };
    let header: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
    let mut lines = vec![border.clone(), draw(&header), border.clone()];
    for row in rows {
        let cells: Vec<String> = (0..headers.len()).map(|column| cell(row, column)).collect();
        lines.push(draw(&cells));
    }
    lines.push(border);
    lines.join("\n") + "\n"
}

/// The two tables of the manual's section "Check cluster status", one right after the other.
pub fn cluster_status_tables(status: &StatusVariables, node: &NodeAddresses) -> String {
    let table = |rows: Vec<(&'static str, String)>| {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect();
        mysql_table(&["Variable_name", "Value"], &rows)
    };
    table(status.rows()) + &table(node.rows())
}

/// What `--bootstrap-node` prints on a node that is not safe to bootstrap, with the manual's spelling.
pub const fn unsafe_to_bootstrap_warning() -> &'static str {
    "\
*********************************************************************
* Warning: It is not safe to bootstrap this node. Please bootstrap  *
* the node that was last removed from the cluster. To force         *
* boostrapping this node, use the command --force-safe-to-bootstrap *
* before bootstrapping this node.                                   *
*********************************************************************
"
}

#[cfg(test)]
#[path = "tests/table.rs"]
mod tests;
