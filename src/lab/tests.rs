//! The lab from the inside: ways back are exact, and what is saved is the same run.
