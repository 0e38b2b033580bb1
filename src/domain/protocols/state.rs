//! E1 to E6: how a client's state and actions answer to what a trainee does.
//! Knows: the client, courses of moves. Never: words.

use crate::domain::client::{self, Heard, State, receptivity};
use crate::domain::moves::Move;
use crate::domain::persona::{Kind, Persona};

use super::calibrate::{Session, TURNS, average_sessions};
use super::figure::{Figure, Target};
use super::mixes::{mending, rolling};
use super::stats::{self, Interval};
use super::steady;
use super::walk::{Course, Said, push_back, walk};

/// Warm lines that pass for an affirmation: none of them, every fourth, ..., all.
const BLAND: [usize; 5] = [21, 4, 3, 2, 1];

/// E1 to E6, E16, E18, E19 and E20 of these clients, with `seeds` sessions each. `done` is told
/// how many clients are finished.
pub fn measure_state(personas: &[Persona], seeds: u64, done: &mut dyn FnMut(usize, usize)) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut contingencies = Vec::new();
    for (i, persona) in personas.iter().enumerate() {
        let contingency = Contingency::of(persona, seeds);
        figures.extend(contingency.figures(persona, seeds));
        contingencies.push(contingency);
        let rest = [dose, repair, slow, premature, niceness]
            .into_iter()
            .flat_map(|protocol| protocol(persona, seeds))
            .chain(steady::figures(persona, seeds));
        figures.extend(rest.map(|figure| figure.of(&persona.id)));
        done(i + 1, personas.len());
    }
    figures.extend(overall(&contingencies));
    figures
}

/// E1: five arguments, five good replies, and the same again. By session, the push-back under
/// each.
struct Contingency {
    argued: Vec<f64>,
    rolled: Vec<f64>,
}

impl Contingency {
    fn of(persona: &Persona, seeds: u64) -> Self {
        let session = |seed| {
            let beats = walk(Course::of(persona, 20, seed), |turn, _, _| {
                if turn / 5 % 2 == 0 { vec![Move::Argue].into() } else { rolled(persona, turn % 5) }
            });
            let both = |a: usize, b: usize| (push_back(&beats[a..a + 5]) + push_back(&beats[b..b + 5])) / 2.0;
            (both(0, 10), both(5, 15))
        };
        let (argued, rolled) = (0..seeds).map(session).unzip();
        Self { argued, rolled }
    }

    fn figures(&self, persona: &Persona, seeds: u64) -> Vec<Figure> {
        let Self { argued, rolled } = self;
        let share = |what: &str, values: &[f64], target| {
            Figure::new("E1", what, stats::mean(values), target).within(stats::interval_of_mean(values))
        };
        let mut figures = vec![
            share("push-back, arguing", argued, Target::AtLeast(0.75)),
            share("push-back, rolling", rolled, Target::AtMost(0.55)),
            Figure::new("E1", "effect d", stats::effect(argued, rolled), Target::AtLeast(1.19)),
        ];
        if persona.kind == Kind::ResistsAutonomy {
            let under =
                |mv: Move, seed| push_back(&walk(Course::of(persona, 10, seed), |_, _, _| vec![mv].into()));
            let worse = |seed| under(Move::Autonomy, seed) - under(Move::ComplexReflection, seed);
            let worse: Vec<f64> = (0..seeds).map(worse).collect();
            figures.push(share("autonomy lines less reflections", &worse, Target::AtLeast(0.3)));
        }
        figures.into_iter().map(|figure| figure.of(&persona.id)).collect()
    }
}

/// Who comes back to good replies says sorry first.
fn rolled(persona: &Persona, turn: usize) -> Said<'static> {
    Said { moves: rolling(persona, turn), apology: turn == 0, words: "" }
}

/// E1 over all clients, each weighted alike.
fn overall(contingencies: &[Contingency]) -> Vec<Figure> {
    if contingencies.len() < 2 {
        return Vec::new();
    }
    let argued: Vec<f64> = contingencies.iter().map(|c| stats::mean(&c.argued)).collect();
    let rolled: Vec<f64> = contingencies.iter().map(|c| stats::mean(&c.rolled)).collect();
    let ratio = stats::mean(&argued) / stats::mean(&rolled);
    let share = |what: &str, values: &[f64], target| {
        Figure::new("E1", what, stats::mean(values), target).within(stats::interval_of_mean(values))
    };
    // The targets are for a mixture of all types; of a few, the most resistant may be above them.
    let target = |of_all| if contingencies.len() < Kind::ALL.len() { Target::Told } else { of_all };
    vec![
        share("push-back, arguing", &argued, target(Target::AtLeast(0.75))),
        share("push-back, rolling", &rolled, target(Target::AtMost(0.45))),
        Figure::new("E1", "arguing / rolling", ratio, target(Target::Within(2.0, 5.0))),
    ]
}

/// E2: 0 to 5 arguments among ten replies, spread over the session.
fn dose(persona: &Persona, seeds: u64) -> Vec<Figure> {
    let session = |doses: usize, seed| {
        walk(Course::of(persona, 10, seed), |turn, _, _| {
            let argues = turn % 2 == 1 && turn < 2 * doses;
            if argues { vec![Move::Argue].into() } else { rolling(persona, turn).into() }
        })
    };
    // Tension and mistrust at the end do not depend on the dice.
    let end = |doses| session(doses, 0).pop().map(|beat| (beat.state.discord, beat.state.trust));
    let worsens = (0..5).all(|doses| match (end(doses), end(doses + 1)) {
        (Some((discord, trust)), Some((more, less))) => more >= discord && less <= trust,
        _ => false,
    });
    let shares: Vec<[f64; 6]> =
        (0..seeds).map(|seed| std::array::from_fn(|doses| push_back(&session(doses, seed)))).collect();
    let means = |drawn: &[&[f64; 6]]| -> [f64; 6] {
        std::array::from_fn(|k| stats::mean(&drawn.iter().map(|s| s[k]).collect::<Vec<_>>()))
    };
    let doses: [f64; 6] = std::array::from_fn(|k| k as f64);
    let correlation = |drawn: &[&[f64; 6]]| stats::rank_correlation(&doses, &means(drawn));
    let step = |drawn: &[&[f64; 6]]| {
        means(drawn).windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)
    };
    let all: Vec<&[f64; 6]> = shares.iter().collect();
    vec![
        Figure::new("E2", "rank correlation with dose", correlation(&all), Target::AtLeast(0.8))
            .within(stats::bootstrap(&shares, correlation)),
        Figure::new("E2", "smallest rise per argument", step(&all), Target::AtLeast(0.0))
            .within(stats::bootstrap(&shares, step)),
        Figure::new("E2", "state never better for more", f64::from(u8::from(worsens)), Target::AtLeast(1.0)),
    ]
}

/// E3: four arguments, then good replies of one part each until it is mended: under the gate and,
/// for clients who begin below it, no more than .10 above where they were.
fn repair(persona: &Persona, _: u64) -> Vec<Figure> {
    let mut state = client::begin(persona);
    for _ in 0..4 {
        state = after(persona, &state, Move::Argue);
    }
    let enough = persona.temperament.discord_gate.min(persona.start.discord + 0.10);
    let mut turns = 0;
    while state.discord.value() >= enough && turns < TURNS {
        state = after(persona, &state, mending(persona, turns));
        turns += 1;
    }
    vec![
        Figure::new("E3", "good replies until mended", turns as f64, Target::Within(3.0, 6.0)),
        Figure::new("E3", "left after one reflection", left(persona), Target::AtLeast(0.01)),
    ]
}

/// E3 of the clients who need two sessions: twenty good replies leave them under the gate and more
/// trusting, whatever they say about change.
fn slow(persona: &Persona, _: u64) -> Vec<Figure> {
    if !matches!(persona.kind, Kind::Mistrust | Kind::TraumaGuarded) {
        return Vec::new();
    }
    let start = client::begin(persona);
    let end = (0..TURNS).fold(start.clone(), |state, turn| after(persona, &state, mending(persona, turn)));
    let below = f64::from(persona.temperament.discord_gate - end.discord.value());
    let gain = f64::from(end.trust.value() - start.trust.value());
    vec![
        Figure::new("E3", "discord below the gate, turn 20", below, Target::AtLeast(0.01)),
        Figure::new("E3", "trust gained by turn 20", gain, Target::AtLeast(0.10)),
    ]
}

/// What is left of one argument's harm after the best single reflection: of tension or of
/// mistrust, whichever is more.
fn left(persona: &Persona) -> f64 {
    let start = client::begin(persona);
    let argued = after(persona, &start, Move::Argue);
    let part = |now: f32, hurt: f32, before: f32| f64::from((now - before) / (hurt - before));
    [Move::SimpleReflection, Move::ComplexReflection, Move::DoubleSided]
        .map(|mv| {
            let now = after(persona, &argued, mv);
            let discord = part(now.discord.value(), argued.discord.value(), start.discord.value());
            let trust = part(now.trust.value(), argued.trust.value(), start.trust.value());
            discord.max(trust)
        })
        .into_iter()
        .fold(f64::INFINITY, f64::min)
}

fn after(persona: &Persona, state: &State, mv: Move) -> State {
    let heard = Heard { moves: &[mv], apology: false, words: "", asks_plan: false };
    client::step(persona, state, &heard).state
}

/// E4 and E5: twenty turns of average practice. Whoever agrees in words is judged by commitment.
fn premature(persona: &Persona, seeds: u64) -> Vec<Figure> {
    let sessions = average_sessions(persona, seeds);
    let of = |of: fn(&Session) -> f64| sessions.iter().map(of).collect::<Vec<f64>>();
    let start = f64::from(receptivity(&client::begin(persona)));
    let (reached, push_back) = (of(|s| s.reached), of(|s| s.push_back));
    let firsts = of(|s| s.first_change);
    let median = |drawn: &[&f64]| stats::quantile(&drawn.iter().map(|f| **f).collect::<Vec<_>>(), 0.5);
    let agrees_in_words = persona.temperament.readiness_cap < 1.0;
    let (what, reached) = if agrees_in_words {
        ("commits within 20 turns", of(|s| s.committed))
    } else {
        ("contemplates within 20 turns", reached)
    };
    let usual = usual_push_back(start);
    let usual = if agrees_in_words { Target::Told } else { Target::Within(usual - 0.10, usual + 0.10) };
    vec![
        Figure::new("E4", what, stats::mean(&reached), Target::AtMost(0.05)).within(mean_interval(&reached)),
        Figure::new("E4", "median first change talk", stats::quantile(&firsts, 0.5), Target::Told)
            .within(stats::bootstrap(&firsts, median)),
        Figure::new("E5", format!("push-back (receptivity {start:.1})"), stats::mean(&push_back), usual)
            .within(mean_interval(&push_back)),
    ]
}

fn mean_interval(values: &[f64]) -> Interval {
    stats::interval_of_mean(values)
}

/// Push-back of real clients who begin at this receptivity, straight between the five.
fn usual_push_back(receptivity: f64) -> f64 {
    const REAL: [f64; 5] = [0.59, 0.49, 0.28, 0.15, 0.06];
    let place = (receptivity - 1.0).clamp(0.0, 3.999);
    let below = place as usize;
    REAL[below] + (REAL[below + 1] - REAL[below]) * (place - below as f64)
}

/// E6: twenty warm lines without content, some of which pass for an affirmation: the worst case.
fn niceness(persona: &Persona, _: u64) -> Vec<Figure> {
    let start = client::begin(persona);
    let ends = BLAND.map(|every| {
        (1..=20).fold(start.clone(), |state, i| {
            after(persona, &state, if i % every == 0 { Move::Affirm } else { Move::Other })
        })
    });
    let gain = |end: &State| f64::from(end.readiness.value() - start.readiness.value());
    let most = ends.iter().map(gain).fold(f64::NEG_INFINITY, f64::max);
    let moved = ends.iter().filter(|end| end.stage != start.stage).count();
    vec![
        Figure::new("E6", "readiness gained by niceness", most, Target::AtMost(0.05)),
        Figure::new("E6", "changes of stage", moved as f64, Target::AtMost(0.0)),
    ]
}
