//! The errors around a run, apart from what a scenario tests.

/// The reason why the real engine could not do its work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HarnessError {
    /// Something is missing on this machine, and how to get it.
    #[error("{what}; {remedy}")]
    Environment {
        /// The missing thing.
        what: String,
        /// The remedy.
        remedy: String,
    },
    /// The Docker engine refused or broke off.
    #[error("docker: {doing}: {why}")]
    Docker {
        /// The request.
        doing: String,
        /// The answer.
        why: String,
    },
    /// A program inside a container did not do what it should.
    #[error("host {host}: {what}")]
    Host {
        /// The node.
        host: String,
        /// The problem.
        what: String,
    },
    /// The initial state was not reached.
    #[error("the initial state was not reached: {0}")]
    Initial(String),
    /// A signal asked the program to stop.
    #[error("stopped by a signal")]
    Stopped,
}

impl HarnessError {
    pub(crate) fn docker(doing: impl Into<String>) -> impl FnOnce(Bollard) -> Self {
        let doing = doing.into();
        move |error| Self::Docker {
            doing,
            why: error.to_string(),
        }
    }

    pub(crate) fn testcontainers(
        doing: impl Into<String>,
    ) -> impl FnOnce(testcontainers::TestcontainersError) -> Self {
        let doing = doing.into();
        move |error| Self::Docker {
            doing,
            why: error.to_string(),
        }
    }

    /// Returns whether the machine lacks something, rather than the program or the cluster.
    pub const fn is_environment(&self) -> bool {
        matches!(self, Self::Environment { .. })
    }
}

/// The error of the Docker client.
pub(crate) type Bollard = testcontainers::bollard::errors::Error;
