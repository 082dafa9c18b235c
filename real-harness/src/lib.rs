//! The real engine: the same scenario files on `MariaDB` Galera nodes in containers.
//!
//! A container is a host, and mariadbd a service in it. Starting and stopping follow the unit file;
//! the commands of the manual run literally. Everything goes through the Docker engine's API, so that
//! an ordinary user in the group `docker` needs neither root nor a tool.
//!
//! | module | what is in it |
//! |---|---|
//! | `docker` | the one place that talks to the Docker engine |
//! | `host`, `programs`, `host/` | a container as a host, and the programs in it |
//! | `cluster`, `settings`, `prepared` | three hosts on a network of their own, and how they start fast |
//! | `testbed`, `requests`, `faults`, `network`, `rest`, `look` | the Testbed port |
//! | `update` | the programs of another version, for a playbook |
//! | `prompt` | a cluster for a person at a prompt |
//! | `ours`, `evidence` | labels and what may be removed; what is kept of a run that failed |
//! | `image`, `doctor` | the image of a node, and what is missing on this machine |

mod addresses;
mod cluster;
mod docker;
mod doctor;
mod error;
mod evidence;
mod facts;
mod faults;
mod host;
mod image;
mod lists;
mod look;
mod network;
mod ours;
mod prepared;
mod programs;
mod prompt;
mod requests;
mod rest;
mod run;
mod session;
mod settings;
mod testbed;
mod update;

pub use doctor::{DoctorLine, check, doctor};
pub use error::HarnessError;
pub use faults::unsupported;
pub use image::{Built, Suite, build as build_image};
pub use prompt::{at_prompt, start};
pub use run::{DEFAULT_IMAGE, RealOptions, remove_stale_images, replay, run, stop, sweep};
pub use testbed::Real;
