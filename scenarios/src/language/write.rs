//! Writing a scenario back as a file, for the shrinker.
