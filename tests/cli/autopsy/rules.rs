//! Small logs of our own, a rule each.
