//! What there is: `list`, `show`, `schema`, `doctor`, `completions`, `man`.

use clap::CommandFactory as _;
use seatrial_scenarios::language;

use crate::args::Args;
use crate::output::Out;
use crate::{ENVIRONMENT, OK, USAGE, engines, scenarios};

pub(crate) fn list(out: &mut Out) -> u8 {
    let Some(all) = scenarios::all(out) else { return USAGE };
    for scenario in all {
        out.line(&format!("{:<52} {}", scenario.id, scenario.title));
    }
    OK
}

pub(crate) fn show(name: &str, out: &mut Out) -> u8 {
    let Some(scenario) = scenarios::one(name, out) else { return USAGE };
    out.line(&scenario.title);
    if let Some(source) = &scenario.source {
        out.line(&format!("manual: {source}"));
    }
    if let Some(why) = &scenario.why {
        out.line(&format!("\n{why}"));
    }
    out.line("");
    for step in &scenario.steps {
        out.line(&format!("{:>3}  {}", step.number, step.action));
        if let Some(claim) = &step.claim {
            out.line(&format!("       {} {}: {}", claim.id, claim.verdict.name(), claim.says));
        }
        if let Some(note) = &step.note {
            out.line(&format!("       {note}"));
        }
    }
    OK
}

pub(crate) fn schema(out: &mut Out) -> u8 {
    out.print(&language::schema());
    OK
}

pub(crate) fn doctor(out: &mut Out) -> u8 {
    out.line("des     ready");
    if engines::has_madsim() {
        out.line("madsim  ready");
    } else {
        out.line("madsim  not in this build: unset RUSTFLAGS, or add `--cfg madsim` to it");
    }
    out.line("real    not in this version");
    if engines::has_madsim() { OK } else { ENVIRONMENT }
}

pub(crate) fn completions(shell: clap_complete::Shell, out: &mut Out) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "seatrial", &mut text);
    out.print(&String::from_utf8_lossy(&text));
    OK
}

pub(crate) fn man(out: &mut Out) -> u8 {
    let mut text = Vec::new();
    if clap_mangen::Man::new(Args::command()).render(&mut text).is_err() {
        return ENVIRONMENT;
    }
    out.print(&String::from_utf8_lossy(&text));
    OK
}
