//! Writes the matrix of procedures and scenarios for the page.

use maud::{Markup, html};
use seatrial_scenarios::matrix::Matrix;

use crate::matrix::{letter, meaning, used};

use super::escape::visible;
use super::glossary::term;

/// Returns the table: a row for each scenario, a column for each procedure, a letter for each cell. The title of a cell explains it.
pub(super) fn markup(matrix: &Matrix) -> Markup {
    html! {
        section #matrix {
            h2 {
                (term("procedure", "Procedures")) " by " (term("broken state", "broken states"))
            }
            p {
                "The outcome of each procedure in each state, with seed " (matrix.seed)
                ". Each bad cell has its own scenario file beside verify.json."
            }
            ul {
                @for outcome in used(matrix) {
                    li { code { (letter(outcome)) } " " (meaning(outcome)) }
                }
            }
            div.scroll tabindex="0" role="region" aria-label="Matrix of procedures and scenarios" {
                table {
                    thead {
                        tr {
                            th scope="col" { (term("scenario", "Scenario")) }
                            @for procedure in &matrix.procedures {
                                th scope="col" { (visible(procedure)) }
                            }
                        }
                    }
                    tbody {
                        @for row in &matrix.scenarios {
                            tr {
                                th scope="row" { (visible(&row.id)) }
                                @for procedure in &matrix.procedures {
                                    @if let Some(cell) = matrix.cell(procedure, &row.id) {
                                        td title=(meaning(cell.outcome)) { code { (letter(cell.outcome)) } }
                                    } @else {
                                        td {}
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
