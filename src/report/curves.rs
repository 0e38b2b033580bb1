//! How the client took a session: discord, trust and readiness over turns, and what the trainee did.
//! Knows: a report's turns. Never: markup.

use super::chart::{Chart, Events, Row, Series};
use super::svg::Sign;
use super::table::Table;
use super::words::{counted, mark, number};
use super::{Levels, Report};
use crate::domain::judge::Band;

/// The chart.
pub(super) fn chart(report: &Report) -> Chart {
    let levels = |of: fn(&Levels) -> f32| -> Vec<(f32, f32)> {
        let answered = report.turns.iter().filter_map(|t| Some((t.turn, t.client.as_ref()?)));
        answered.map(|(turn, client)| (turn as f32, of(&client.state))).collect()
    };
    let with = |band: Band| -> Vec<f32> {
        let said = report.turns.iter().filter(|t| t.trainee.as_ref().is_some_and(|said| said.band == band));
        said.map(|t| t.turn as f32).collect()
    };
    let at = |turns: &[u32]| turns.iter().map(|turn| *turn as f32).collect();
    let last = report.turns.iter().filter(|t| t.client.is_some()).map(|t| t.turn).max().unwrap_or(0);
    let tenths = [0.0, 0.25, 0.5, 0.75, 1.0].map(|y| (y, number(y)));
    Chart {
        title: "Discord, trust and readiness".to_owned(),
        desc: described(report),
        id: format!("pb-curves-{}", report.session.id),
        x: ("turn", 0.0, last as f32),
        y: (0.0, 1.0, tenths.to_vec()),
        series: vec![
            Series { name: "discord", points: levels(|l| l.discord) },
            Series { name: "trust", points: levels(|l| l.trust) },
            Series { name: "readiness", points: levels(|l| l.readiness) },
        ],
        rules: Vec::new(),
        events: vec![
            Events { name: "rupture", sign: Sign::Cross, at: at(&report.summary.ruptures) },
            Events { name: "repair", sign: Sign::Ring, at: at(&report.summary.repairs) },
        ],
        rows: vec![
            Row { name: "rolled", class: "pb-rolled", sign: Sign::Up, at: with(Band::Rolling) },
            Row { name: "argued", class: "pb-argued", sign: Sign::Down, at: with(Band::Arguing) },
        ],
    }
}

/// Its twin.
pub(super) fn table(report: &Report) -> Table {
    let heads = ["Turn", "Discord", "Trust", "Readiness", "You", "Ruptures and repairs"];
    let mut table = Table::new("Discord, trust and readiness", &heads);
    for (turn, client) in report.turns.iter().filter_map(|t| Some((t, t.client.as_ref()?))) {
        let state = &client.state;
        let has = |turns: &[u32]| turns.contains(&turn.turn);
        let event = match (has(&report.summary.ruptures), has(&report.summary.repairs)) {
            (true, true) => "rupture, repair",
            (true, false) => "rupture",
            (false, true) => "repair",
            (false, false) => "",
        };
        table.rows.push(vec![
            turn.turn.to_string(),
            number(state.discord),
            number(state.trust),
            number(state.readiness),
            turn.trainee.as_ref().map_or("", |said| mark(said.band)).to_owned(),
            event.to_owned(),
        ]);
    }
    table
}

fn described(report: &Report) -> String {
    let summary = &report.summary;
    let mut parts = Vec::new();
    for (name, curve) in
        [("Discord", &summary.discord), ("trust", &summary.trust), ("readiness", &summary.readiness)]
    {
        if let (Some(first), Some(last)) = (curve.first(), curve.last()) {
            parts.push(format!("{name} from {} to {}", number(*first), number(*last)));
        }
    }
    let mut text = format!("{} over {}.", parts.join(", "), counted(summary.discord.len(), "turn", "turns"));
    let with = |band: Band| {
        report.turns.iter().filter(|t| t.trainee.as_ref().is_some_and(|said| said.band == band)).count()
    };
    text.push_str(&format!(
        " {} rolled, {} argued. {}, {}.",
        counted(with(Band::Rolling), "reply", "replies"),
        with(Band::Arguing),
        counted(summary.ruptures.len(), "rupture", "ruptures"),
        counted(summary.repairs.len(), "repair", "repairs"),
    ));
    text
}
