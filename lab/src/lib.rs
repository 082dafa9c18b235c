//! The lab: a user breaks a cluster, brings it back, and sees what it cost.
//!
//! A face opens a [`Lab`], passes each line that the user types to [`Lab::line`], and shows the [`Reply`].
//! The terminal of the command is one face; a page in a browser can be another. This crate has no terminal,
//! file, clock or thread: a reply hands the face what should be written to a file, and says when the
//! progress has changed.
//!
//! | module | what is in it |
//! |---|---|
//! | `lab`, `reply`, `opening` | a line in, a reply out; how a session begins |
//! | `command`, `words`, `help`, `complete` | the words of the prompt |
//! | `session`, `known`, `engine` | moments, the facts from the trace, the engines |
//! | `views` | the screens |
//! | `scene` | the present moment as data, and the film of the way to it, for a face that draws |
//! | `asked` | questions and answers in JSON, for the page |
//! | `mission`, `progress` | exercises, grades, and the missions that a learner has done |

mod asked;
mod command;
mod complete;
mod engine;
mod help;
mod known;
mod lab;
mod mission;
mod opening;
mod progress;
mod reply;
mod scene;
mod session;
#[cfg(test)]
mod tests;
mod views;
mod words;

pub use asked::{Question, contents_in_json, mission_in_json};
pub use command::LINE_MAX;
pub use complete::{Completions, Words};
pub use engine::{Des, Engine};
pub use lab::{Lab, Setting};
pub use mission::debrief::Letter;
pub use mission::{Mission, SIZE_MAX as MISSION_SIZE_MAX, embedded as embedded_missions};
pub use opening::{Opening, OpeningError, mission_or_scenario};
pub use progress::Progress;
pub use reply::{FileToSave, Reply};
pub use scene::{Scene, SceneFinding, SceneMission, SceneMoment, SceneNode, SceneQuorum, SceneRow};
