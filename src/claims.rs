//! `seatrial claims`: the ledger, and the audit that no claim is decoration.

use seatrial_reports::{audit_line, claims_text};
use seatrial_scenarios::ledger::{self, Ledger};
use seatrial_scenarios::RunOptions;

use crate::args::{ClaimsArgs, EngineArg};
use crate::output::Out;
use crate::{FINDING, OK, USAGE, engines, scenarios};

pub(crate) fn claims(args: &ClaimsArgs, out: &mut Out) -> u8 {
    let Some(all) = scenarios::all(out) else { return USAGE };
    let with_claims: Vec<_> =
        all.into_iter().filter(|scenario| scenario.claims().next().is_some()).collect();
    let mut code = OK;
    let mut records = Vec::new();
    let mut audited = 0_u32;
    let engines_used =
        if args.audit { vec![EngineArg::Des] } else { engines::default_engines() };
    for scenario in &with_claims {
        let setup = scenario.setup(None, args.seed);
        for engine in &engines_used {
            let options = RunOptions {
                seed: args.seed,
                engine: engines::name(*engine).to_owned(),
                ..RunOptions::default()
            };
            match engines::run(*engine, scenario, &setup, &options) {
                Ok((record, _)) => records.push(record),
                Err(error) => {
                    out.error(&format!("error: {}: {error}", scenario.id));
                    code = FINDING;
                }
            }
        }
        if !args.audit {
            continue;
        }
        for (step, claim) in scenario.claims() {
            let options = RunOptions {
                seed: args.seed,
                engine: "des".to_owned(),
                negate_step: Some(step),
                second_phase: false,
                ..RunOptions::default()
            };
            let flipped = match engines::run(EngineArg::Des, scenario, &setup, &options) {
                Ok((record, _)) => record.claims.iter().any(|result| {
                    result.id == claim.id
                        && result.step == step
                        && result.verdict == claim.verdict.opposite()
                }),
                Err(_) => false,
            };
            audited += 1;
            if !flipped {
                code = FINDING;
            }
            out.line(&audit_line(&claim.id, &scenario.id, step, flipped));
        }
    }
    let ledger = Ledger::build(&records);
    if args.audit {
        out.line(&format!("{audited} claims audited"));
    } else {
        match ledger::uncovered() {
            Ok(uncovered) => out.print(&claims_text(&ledger, &uncovered)),
            Err(error) => {
                out.error(&format!("error: scenarios/claims/uncovered.toml: {error}"));
                code = USAGE;
            }
        }
        let contradicted = ledger
            .entries
            .iter()
            .filter(|entry| entry.verdicts.values().any(|verdict| verdict.name() == "contradicted"))
            .count();
        out.line(&format!("\n{} claims, {contradicted} contradicted", ledger.entries.len()));
    }
    if ledger.entries.iter().any(seatrial_scenarios::ledger::Entry::has_changed) {
        code = FINDING;
    }
    code
}
