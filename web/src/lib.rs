//! The lab, the simulator and the reports for a page in a browser.
//!
//! The page asks questions in JSON and gets answers in JSON (`desk`). `exports` carries the bytes across, and is
//! there in the build for browsers alone. `page/` holds the page, and `build` puts everything into one file.
//!
//! | module | what is in it |
//! |---|---|
//! | `desk` | the questions and their answers |
//! | `arcade` | failures of a search as missions |
//! | `incident` | the files of a broken cluster: advice, the story, a scenario |
//! | `runs` | whole runs: a scenario once, a block of a search, the speed |
//! | `exports` | the functions that the page calls |

mod arcade;
mod desk;
#[cfg(target_arch = "wasm32")]
pub mod exports;
mod incident;
mod runs;

pub use desk::Desk;
