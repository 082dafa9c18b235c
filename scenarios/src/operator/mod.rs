//! Who acts on the cluster beside the faults: the operator's commands, the procedures that type them,
//! and the advice on which node holds everything.

pub mod advice;
pub(crate) mod commands;
pub mod procedures;
