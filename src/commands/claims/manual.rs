//! `seatrial claims --manual FILE`: what a changed manual means for the claims.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use seatrial_reports::wrapped;
use serde_json::json;

use super::ClaimsArgs;
use super::bound::{Bound, Drift, Place};
use super::sentences;
use crate::args::ClaimsFormat;
use crate::output::Out;
use crate::{Stop, exit, scenarios};

/// The largest manual that is read, in bytes. Sentences are compared each with each.
const BYTES_MAX: u64 = 1024 * 1024;
/// The most sentences that are compared.
const SENTENCES_MAX: usize = 6000;

/// Compares a manual with the one that the claims are bound to.
pub(super) fn compare(path: &Path, args: &ClaimsArgs, out: &mut Out) -> Result<u8, Stop> {
    let bound = match &args.bound {
        None => Bound::ours()
            .map_err(|error| Stop::bug("scenarios/claims/manual.toml", &error.to_string()))?,
        Some(file) => toml::from_str(&read(file)?)
            .map_err(|error| Stop::usage(format!("{}: {error}", file.display())))?,
    };
    let text = read(path)?;
    let found = sentences::read(&text, &bound.titles());
    if found.sentences.is_empty() || found.sentences.len() > SENTENCES_MAX {
        return Err(Stop::usage(format!(
            "{}: it has {} sentences; a manual has 1 to {SENTENCES_MAX}",
            path.display(),
            found.sentences.len()
        )));
    }
    if let Some(file) = &args.write {
        std::fs::write(file, bound.again(&found).to_toml())
            .map_err(|error| Stop::environment(format!("{}: {error}", file.display())))?;
    }
    let drift = bound.drift(&found);
    let says = said()?;
    match args.format {
        ClaimsFormat::Json => out.line(&format!("{:#}", json!(drift))),
        ClaimsFormat::Text | ClaimsFormat::Markdown => out.print(&told(&drift, &says)),
    }
    Ok(if drift.look.is_empty() && drift.without.is_empty() {
        exit::OK
    } else {
        exit::FINDING
    })
}

fn read(path: &Path) -> Result<String, Stop> {
    let failed = |error: std::io::Error| Stop::usage(format!("{}: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > BYTES_MAX {
        return Err(Stop::usage(format!(
            "{}: {size} bytes; at most {BYTES_MAX} are read",
            path.display()
        )));
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// Returns what each claim of the catalogue says, in our words.
fn said() -> Result<BTreeMap<String, String>, Stop> {
    let all = scenarios::named(&[])?;
    let claims = all.iter().flat_map(seatrial_scenarios::Scenario::claims);
    Ok(claims
        .map(|(_, claim)| (claim.id.clone(), claim.says.clone()))
        .collect())
}

fn told(drift: &Drift, says: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    if !drift.look.is_empty() {
        text.push_str("Claims to look at again: their sentence changed, is gone, or stands under another heading\n");
    }
    for look in &drift.look {
        let claim = says.get(&look.claim).map_or("", String::as_str);
        text.push_str(&wrapped(
            "  ",
            "      ",
            &format!("{}  {claim}", look.claim),
        ));
        let under = format!("it stood under “{}”", look.under);
        text.push_str(&wrapped("      ", "      ", &under));
        if look.now.is_empty() {
            text.push_str("      nothing stands in its place\n");
        }
        for place in &look.now {
            let heading = if place.under == look.under {
                String::new()
            } else {
                format!(" under “{}”", place.under)
            };
            let now = format!("now, line {}{heading}: {}", place.line, place.text);
            text.push_str(&wrapped("      ", "        ", &now));
        }
    }
    if !drift.without.is_empty() {
        text.push_str("\nSentences that no claim knows: new or changed\n");
    }
    let mut under = None;
    for Place {
        under: title,
        line,
        text: words,
    } in &drift.without
    {
        if under != Some(title) {
            let _ = writeln!(text, "  {title}");
            under = Some(title);
        }
        text.push_str(&wrapped("    ", "      ", &format!("line {line}: {words}")));
    }
    let _ = writeln!(
        text,
        "\n{} sentences: {} as they were, {} of them in another place; {} new or changed, {} gone. {} claims must be \
         looked at again.",
        drift.sentences,
        drift.kept + drift.moved,
        drift.moved,
        drift.without.len(),
        drift.gone,
        drift.look.len()
    );
    text.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every claim of the catalogue is bound to a sentence, and no other is. A claim that is not bound would never be
    /// looked at again.
    #[test]
    fn every_claim_is_bound() {
        let bound = Bound::ours().expect("it is checked in");
        let bound: BTreeSet<String> = bound.claims().map(str::to_owned).collect();
        let said: BTreeSet<String> = said().expect("the catalogue").into_keys().collect();
        assert_eq!(bound, said);
    }
}
