//! Puts every procedure at the moment before the point of no return, and says what each would have done.

use seatrial_autopsy::Story;
use seatrial_reports::{cell_details, matrix_text, wrapped};
use seatrial_scenarios::matrix::{FORMAT, Matrix, Row, broken_states};
use seatrial_scenarios::{Scenario, Supervisor, procedures as known};

use super::reconstruction;
use crate::args::{EngineArg, SEED};
use crate::cells::CellPlayer;
use crate::output::Out;
use crate::{Stop, engines, exit, signals};

pub(super) fn procedures(story: &Story, out: &mut Out) -> Result<u8, Stop> {
    let made = reconstruction(story)?;
    let Some(text) = &made.before_no_return else {
        return Err(Stop {
            code: exit::ENVIRONMENT,
            text: "error: there is no moment to begin from: the story has no point of no return, or nothing \
                   before it can be played again"
                .to_owned(),
        });
    };
    let scenario = Scenario::parse("the reconstruction", text)
        .map_err(|error| Stop::bug("the reconstruction", &error.to_string()))?;
    let states = broken_states(&[scenario]);
    let names: Vec<&'static str> = known::names()
        .iter()
        .copied()
        .filter(|name| *name != "none")
        .collect();
    let player = CellPlayer {
        engine: EngineArg::Des,
        real: seatrial_real_harness::RealOptions::default(),
        seed: SEED,
        timers: None,
        supervisor: Supervisor::None,
        own: None,
        jobs: None,
    };
    signals::listen();
    let played = player.play_all(&names, &states)?;
    let matrix = Matrix {
        format: FORMAT,
        engine: engines::name(EngineArg::Des).to_owned(),
        seed: SEED,
        supervisor: player.supervisor,
        procedures: names.iter().map(|&name| name.to_owned()).collect(),
        scenarios: states.iter().map(Row::from).collect(),
        cells: played.into_iter().map(|played| played.cell).collect(),
    };
    let moment = story.no_return.as_ref().or(story.danger.as_ref());
    let at = moment
        .and_then(|moment| moment.at.clone())
        .unwrap_or_default();
    out.print(&wrapped(
        "",
        "",
        &format!(
            "The incident is played again up to the moment before {at}. Then every cut is healed, and each procedure acts."
        ),
    ));
    for cell in &matrix.cells {
        let line = format!("{}: {}", cell.procedure, cell.outcome.name());
        out.print(&wrapped("  ", "    ", &line));
    }
    let _ = (matrix_text, cell_details);
    Ok(exit::OK)
}
