//! `seatrial image`: makes the images of real nodes.

use seatrial_real_harness::{Built, Suite};

use crate::output::Out;
use crate::real::stop;
use crate::{Stop, exit};

/// `seatrial image`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ImageCommand {
    /// Build an image from Debian's packages, unless it exists.
    Build {
        /// The release of Debian, which decides the version of `MariaDB`.
        #[arg(
            long,
            value_enum,
            default_value = "bookworm",
            help = "bookworm for MariaDB 10.11, trixie for 11.8"
        )]
        suite: SuiteArg,
    },
}

/// A release of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SuiteArg {
    /// `MariaDB` 10.11.
    #[value(help = "MariaDB 10.11")]
    Bookworm,
    /// `MariaDB` 11.8.
    #[value(help = "MariaDB 11.8")]
    Trixie,
}

pub(crate) fn image(command: &ImageCommand, out: &mut Out) -> Result<u8, Stop> {
    let ImageCommand::Build { suite } = command;
    let suite = match suite {
        SuiteArg::Bookworm => Suite::Bookworm,
        SuiteArg::Trixie => Suite::Trixie,
    };
    let built = seatrial_real_harness::build_image(suite).map_err(stop)?;
    let name = suite.image();
    out.line(&match built {
        Built::Already => format!("{name} exists already"),
        Built::Now => format!("{name} is built"),
    });
    Ok(exit::OK)
}
