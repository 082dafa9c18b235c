//! Prints the output of the manual's command: tables as the `mysql` client draws them, and the bootstrap
//! warning.

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
    /// Returns the four settings, in the manual's order.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        vec![
            ("wsrep_cluster_address", self.cluster_address.clone()),
            ("wsrep_cluster_name", self.cluster_name.clone()),
            ("wsrep_node_address", self.node_address.clone()),
            ("wsrep_node_name", self.node_name.clone()),
        ]
    }
}

/// Returns a result set as the `mysql` client draws it with `--table` (`client/mysql.cc:print_table_data`),
/// with a newline at the end. Without rows it is empty: the client then prints `Empty set` elsewhere, or
/// nothing.
///
/// A row that is shorter than the header is filled with blanks, a longer one loses its tail. All values are aligned
/// to the left, as status variables are.
pub fn mysql_table(headers: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let widths: Vec<usize> = headers
        .iter()
        .enumerate()
        .map(|(column, header)| {
            let values = rows.iter().filter_map(|row| row.get(column));
            let widths = values.map(|value| value.chars().count());
            widths.chain([header.chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let line = widths.iter().map(|width| width + 3).sum::<usize>() + 2;
    let mut table = String::with_capacity(line * (rows.len() + 4));
    rule(&mut table, &widths);
    draw(&mut table, &widths, headers);
    rule(&mut table, &widths);
    for row in rows {
        draw(&mut table, &widths, row);
    }
    rule(&mut table, &widths);
    table
}

/// A line of dashes, as above and below a table.
fn rule(table: &mut String, widths: &[usize]) {
    for width in widths {
        table.push('+');
        table.extend(std::iter::repeat_n('-', width + 2));
    }
    table.push_str("+\n");
}

/// A row, filled with blanks where it is short.
fn draw<T: AsRef<str>>(table: &mut String, widths: &[usize], cells: &[T]) {
    for (column, width) in widths.iter().enumerate() {
        let text = cells.get(column).map_or("", AsRef::as_ref);
        table.push_str("| ");
        table.push_str(text);
        let blanks = width.saturating_sub(text.chars().count()) + 1;
        table.extend(std::iter::repeat_n(' ', blanks));
    }
    table.push_str("|\n");
}

/// Returns the two tables of the manual's section "Check cluster status", one right after the other.
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

/// Returns the output of `--bootstrap-node` on a node that is not safe to bootstrap, with the manual's
/// spelling.
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
