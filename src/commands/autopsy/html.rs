//! The story as one page.

use seatrial_autopsy::{Certainty, Statement};
use seatrial_reports::{Lane, LaneStretch, Sentence, StoryPage, StoryPart};

use seatrial_answers::Told;

/// The page.
pub(super) fn page(told: &Told) -> String {
    let story = &told.story;
    let part = |title: &str, open: bool, statements: &[Statement]| StoryPart {
        title: title.to_owned(),
        open,
        sentences: statements
            .iter()
            .map(|statement| sentence(told, statement))
            .collect(),
    };
    let mut parts = vec![
        part("What happened", true, &story.verdict),
        part("Point of no return", true, story.no_return.as_slice()),
        part(
            "From here on it was dangerous",
            true,
            story.danger.as_slice(),
        ),
        part("Losses", true, &story.lost),
        part("What to do now", true, &story.to_do),
        part("What not to do", true, &story.not_to_do),
        part("Where a copy may still be", true, &story.copies),
        part("How it stands at the end", true, &story.now),
        part("Clocks", true, &story.clocks),
    ];
    for component in &story.components {
        parts.push(part(&component.title.says, false, &component.lines));
    }
    for node in &story.nodes {
        parts.push(part(&node.name, false, &node.lines));
    }
    parts.push(part("What these logs cannot tell", true, &story.unknown));
    parts.retain(|part| !part.sentences.is_empty());
    let moments = [&story.no_return, &story.danger];
    let moments = moments.into_iter().flatten().filter_map(|statement| {
        let second = statement.second?;
        Some((second, statement.says.clone()))
    });
    StoryPage {
        title: "An incident".to_owned(),
        parts,
        lanes: story
            .nodes
            .iter()
            .filter(|node| node.has_log)
            .map(|node| Lane {
                name: node.name.clone(),
                stretches: node
                    .stretches
                    .iter()
                    .map(|stretch| LaneStretch {
                        from: stretch.from,
                        to: stretch.to,
                        at: stretch.at.clone(),
                        state: stretch.state.clone(),
                        line: stretch.line,
                    })
                    .collect(),
            })
            .collect(),
        moments: moments.collect(),
    }
    .page()
}

fn sentence(told: &Told, statement: &Statement) -> Sentence {
    Sentence {
        at: statement.at.clone().unwrap_or_default(),
        says: statement.says.clone(),
        certainty: match statement.certainty {
            Certainty::Certain => "certain",
            Certainty::Inferred => "inferred",
            Certainty::Judgement => "judgement",
        }
        .to_owned(),
        places: told.places(&statement.evidence),
    }
}
