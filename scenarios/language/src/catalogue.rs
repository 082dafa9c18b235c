//! The built-in scenarios: the documented ones, the regressions, and three packs.

// The build script writes `FILES` (catalogue and regressions), `PACK` (the scenario pack), `BEYOND` (the rules beyond
// the manual) and `SUITES` (MariaDB's own tests): every *.toml of the folders, sorted by path.
include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// Returns the documented scenarios and the regressions, sorted by path.
pub fn all() -> Vec<(&'static str, &'static str)> {
    FILES.to_vec()
}

/// Returns the scenario pack `wild`: broken states out of published failures, for procedures to recover.
pub fn pack() -> Vec<(&'static str, &'static str)> {
    PACK.to_vec()
}

/// Returns the pack `beyond`: what Galera's rules make of situations that the manual does not name.
pub fn beyond() -> Vec<(&'static str, &'static str)> {
    BEYOND.to_vec()
}

/// Returns the pack `suites`: the cases of MariaDB's own Galera suites, in our words (`docs/suites.md`).
pub fn suites() -> Vec<(&'static str, &'static str)> {
    SUITES.to_vec()
}

/// Returns every file: the documented scenarios first, then the packs.
pub fn every() -> impl Iterator<Item = (&'static str, &'static str)> {
    let packs = BEYOND.iter().chain(&SUITES).chain(&PACK);
    FILES.iter().chain(packs).copied()
}

/// Returns the file of the scenario with this id: files are named after their ids.
pub fn find(id: &str) -> Option<(&'static str, &'static str)> {
    every().find(|(file, _)| {
        let name = file.rsplit('/').next().unwrap_or(file);
        name.strip_suffix(".toml") == Some(id)
    })
}
