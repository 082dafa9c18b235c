//! The scenarios that the program carries: the documented ones, the scenario pack, the regressions.

// The build script writes `FILES` (catalogue and regressions) and `PACK` (the scenario pack): every
// *.toml of the folders, sorted by path.
include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// All scenario files of the program, sorted by path.
pub fn all() -> Vec<(&'static str, &'static str)> {
    FILES.to_vec()
}

/// The scenario pack: broken states out of published failures, for procedures to recover.
pub fn pack() -> Vec<(&'static str, &'static str)> {
    PACK.to_vec()
}

/// The file of the scenario with this id: files are named after their ids.
pub fn find(id: &str) -> Option<(&'static str, &'static str)> {
    FILES.iter().chain(&PACK).copied().find(|(file, _)| {
        let name = file.rsplit('/').next().unwrap_or(file);
        name.strip_suffix(".toml") == Some(id)
    })
}
