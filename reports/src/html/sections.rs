//! Parts of the overview that stand alone: changes, faults without effect, the rules of Galera.

use maud::{Markup, html};

use crate::campaign::Campaign;
use crate::rules::RULES;

use super::overview::{LISTED_MAX, shown};

/// Returns what changed since an earlier campaign.
pub(super) fn compared(campaign: &Campaign<'_>) -> Markup {
    html! {
        @if let Some(comparison) = campaign.against {
            section #against aria-labelledby="against-h" {
                h2 #against-h { "Since the earlier run" }
                p {
                    (comparison.numbers()) "."
                    @if !comparison.fails() { " Nothing got worse, and nothing is missing." }
                }
                ul {
                    @for (name, list) in comparison.lists() {
                        @let class = match name { "better" => "good", "new" => "warn", _ => "bad" };
                        @for line in list.iter().take(LISTED_MAX) {
                            li { span.badge.(class) { (name) } " " (shown(&line.to_string())) }
                        }
                        @if list.len() > LISTED_MAX { li { "and " (list.len() - LISTED_MAX) " more " (name) } }
                    }
                }
            }
        }
    }
}

/// Returns the faults that had nothing to act on.
pub(super) fn without_effect(campaign: &Campaign<'_>) -> Markup {
    let found = crate::terminal::skipped_faults(campaign);
    html! {
        @if !found.is_empty() {
            section #without-effect aria-labelledby="without-effect-h" {
                h2 #without-effect-h { "Faults without effect" }
                ul {
                    @for fault in found.iter().take(LISTED_MAX) {
                        li {
                            @if fault.may_skip { span.badge.warn { "the step allows it" } }
                            @else { span.badge.bad { "the run fails" } }
                            " " (shown(&fault.fault)) " in step " (fault.step) " of " code { (shown(fault.scenario)) }
                            " on " (shown(&fault.engines.join(", "))) ": " (shown(fault.why))
                        }
                    }
                }
            }
        }
    }
}

/// Returns the rules that explain the events in the player.
pub(super) fn rules() -> Markup {
    html! {
        section #rules aria-labelledby="rules-h" {
            h2 #rules-h { "The rules of Galera" }
            p.intro { "These rules explain the events in the player. Each names its place in the source of Galera or MariaDB." }
            dl.rules {
                @for rule in RULES {
                    div id={ "rule-" (rule.id) } {
                        dt { (rule.title) }
                        dd { (rule.text) " " code { (rule.place) } }
                    }
                }
            }
        }
    }
}
