//! A page that tells a story: sentences with their evidence one click away, and lanes of nodes.

use std::collections::BTreeSet;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::STYLE;
use super::escape::visible;

/// The width of the lanes, in units of the picture.
const WIDTH: f64 = 1_000.0;
/// The height of a lane.
const LANE: f64 = 34.0;
/// The place of the names.
const NAMES: f64 = 150.0;
/// The most dates below the lanes.
const DATES_MAX: usize = 6;

/// A page with a story.
#[derive(Clone, Debug, Default)]
pub struct StoryPage {
    /// The title.
    pub title: String,
    /// The parts, in order.
    pub parts: Vec<StoryPart>,
    /// The lanes of the nodes.
    pub lanes: Vec<Lane>,
    /// Moments that cut through all lanes: seconds and what happened.
    pub moments: Vec<(i64, String)>,
}

/// A part of a story.
#[derive(Clone, Debug, Default)]
pub struct StoryPart {
    /// Its title.
    pub title: String,
    /// Whether it is open from the beginning.
    pub open: bool,
    /// Its sentences.
    pub sentences: Vec<Sentence>,
}

/// A sentence with its evidence.
#[derive(Clone, Debug, Default)]
pub struct Sentence {
    /// When it happened.
    pub at: String,
    /// The sentence.
    pub says: String,
    /// How certain it is, in a word.
    pub certainty: String,
    /// The places that show it.
    pub places: Vec<String>,
}

/// The lane of a node.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// The node's name.
    pub name: String,
    /// What it was, one after the other.
    pub stretches: Vec<LaneStretch>,
}

/// A time in which a node was in one state.
#[derive(Clone, Debug, Default)]
pub struct LaneStretch {
    /// From when on, in seconds since 1970.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// When it began, as text.
    pub at: String,
    /// The state.
    pub state: String,
    /// The line of history, counted from 1; 0 for none.
    pub line: usize,
}

impl StoryPage {
    /// Returns the whole page.
    pub fn page(&self) -> String {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy"
                        content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                    link rel="icon" href="data:,";
                    title { "Seatrial: " (visible(&self.title)) }
                    style { (PreEscaped(STYLE)) (PreEscaped(OWN_STYLE)) }
                }
                body {
                    main #main .story {
                        h1 { (visible(&self.title)) }
                        @if !self.lanes.is_empty() { (self.picture()) }
                        @for part in &self.parts { (part.markup()) }
                    }
                }
            }
        }
        .into_string()
    }

    /// The lanes as a picture.
    fn picture(&self) -> Markup {
        let scale = Scale::of(&self.lanes);
        let count = self.lanes.iter().fold(0.0, |count, _| count + 1.0);
        let bottom = count * LANE;
        let height = bottom + 40.0;
        html! {
            figure {
                svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
                    aria-label="The states of the nodes in the course of time" {
                    @for (place, lane) in self.lanes.iter().enumerate() {
                        @let top = place_of(place) * LANE;
                        text x="0" y=(top + 20.0) .name { (visible(&lane.name)) }
                        line x1=(NAMES) x2=(WIDTH) y1=(top + 15.0) y2=(top + 15.0) .base {}
                        @for stretch in &lane.stretches {
                            @let from = scale.x(stretch.from);
                            @let width = (scale.x(stretch.to) - from).max(2.0);
                            rect x=(from) y=(top + 5.0) width=(width) height="20"
                                class={ "s-" (class(&stretch.state)) " l-" (stretch.line.min(6)) } {
                                title { (visible(&lane.name)) ": " (visible(&stretch.state)) " from " (stretch.at)
                                    @if stretch.line > 0 { ", line " (stretch.line) } }
                            }
                        }
                    }
                    @for (second, what) in &self.moments {
                        @let x = scale.x(*second);
                        line x1=(x) x2=(x) y1="0" y2=(bottom) .moment { title { (visible(what)) } }
                    }
                    @for (second, text) in scale.dates() {
                        text x=(scale.x(second)) y=(bottom + 18.0) .date { (text) }
                    }
                }
                figcaption {
                    "A colour is a line of history: two colours at once are a fork. Pale is joining, striped is a donor, grey \
                     is a server in no group. The distance between two moments is not their time: what happened fast is drawn \
                     wider."
                }
            }
        }
    }
}

impl StoryPart {
    fn markup(&self) -> Markup {
        html! {
            details .part open[self.open] {
                summary { h2 { (visible(&self.title)) } }
                ol .sentences {
                    @for sentence in &self.sentences {
                        li {
                            @if !sentence.at.is_empty() { time { (visible(&sentence.at)) } " " }
                            (visible(&sentence.says))
                            @if !sentence.places.is_empty() {
                                details .evidence {
                                    summary { (visible(&sentence.certainty)) }
                                    ul { @for place in &sentence.places { li { code { (visible(place)) } } } }
                                }
                            } @else {
                                " " small { (visible(&sentence.certainty)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn place_of(index: usize) -> f64 {
    u32::try_from(index).map_or(0.0, f64::from)
}

fn class(state: &str) -> &'static str {
    match state {
        "SYNCED" | "JOINED" => "synced",
        "OUTSIDE" => "outside",
        state if state.starts_with("DONOR") => "donor",
        _ => "joining",
    }
}

/// Where a time stands: half by the clock, half by the order of what happened.
struct Scale {
    seconds: Vec<i64>,
    dates: Vec<(i64, String)>,
}

impl Scale {
    fn of(lanes: &[Lane]) -> Self {
        let all = || lanes.iter().flat_map(|lane| &lane.stretches);
        let seconds: BTreeSet<i64> = all().flat_map(|one| [one.from, one.to]).collect();
        let mut dates: Vec<(i64, String)> = all().map(|one| (one.from, one.at.clone())).collect();
        dates.sort();
        dates.dedup_by_key(|(second, _)| *second);
        Self {
            seconds: seconds.into_iter().collect(),
            dates,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
    fn x(&self, second: i64) -> f64 {
        let (Some(first), Some(last)) = (self.seconds.first(), self.seconds.last()) else {
            return NAMES;
        };
        let by_clock = (second - first) as f64 / (last - first).max(1) as f64;
        let rank = self.seconds.partition_point(|other| *other < second);
        let by_rank = rank as f64 / (self.seconds.len() - 1).max(1) as f64;
        NAMES + (WIDTH - NAMES) * (by_clock + by_rank.min(1.0)) / 2.0
    }

    /// Dates below the lanes, as many as there is room for.
    fn dates(&self) -> Vec<(i64, String)> {
        const APART: f64 = 140.0;
        let mut shown: Vec<(i64, String)> = Vec::new();
        for (second, text) in &self.dates {
            let is_free = shown
                .last()
                .is_none_or(|(last, _)| self.x(*second) - self.x(*last) >= APART);
            if is_free && shown.len() < DATES_MAX && self.x(*second) < WIDTH - APART {
                shown.push((*second, text.clone()));
            }
        }
        shown
    }
}

/// What the report's own style has no word for.
const OWN_STYLE: &str = "
.story { max-width: 70rem; margin: 0 auto; padding: 1rem; }
.story figure { margin: 1rem 0; overflow-x: auto; }
.story svg { width: 100%; min-width: 40rem; font: 12px sans-serif; }
.story svg text { fill: currentColor; }
.story svg .date { font-size: 10px; opacity: .7; }
.story svg .base { stroke: currentColor; opacity: .2; }
.story svg .moment { stroke: #c00; stroke-width: 2; stroke-dasharray: 4 3; }
.story .l-0 { fill: #999; } .story .l-1 { fill: #2a7; } .story .l-2 { fill: #d60; }
.story .l-3 { fill: #36c; } .story .l-4 { fill: #93c; } .story .l-5 { fill: #a80; } .story .l-6 { fill: #088; }
.story .s-joining { opacity: .4; } .story .s-outside { opacity: .5; }
.story .s-donor { stroke: currentColor; stroke-width: 2; stroke-dasharray: 3 3; }
.story summary h2 { display: inline; font-size: 1.1rem; }
.story .part { margin: .8rem 0; }
.story .sentences { padding-left: 1.2rem; }
.story .sentences > li { margin: .3rem 0; }
.story .evidence { display: inline-block; vertical-align: top; font-size: .8rem; margin-left: .5rem; }
.story time { font-variant-numeric: tabular-nums; opacity: .75; }
";
