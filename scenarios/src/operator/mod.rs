//! The operator's side: the commands, the procedures that type them,
//! and the advice on which node holds everything.

pub mod advice;
pub(crate) mod commands;
pub mod procedures;
