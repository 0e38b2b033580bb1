//! The judge against sessions that were invented for it and coded by two readers (`training/judge/invented/`): what both
//! called a turn. Its weights are fitted to them among others, so this is a floor, not a measurement.

use std::ops::RangeInclusive;
use std::path::Path;

use pushback::domain::judge::{Band, Behaviour, Judge, Track};
use pushback::domain::talk::Talk;

/// Right and wrong: a row for each code that readers gave, a column for each that the judge gave.
struct Confusion<const N: usize>([[usize; N]; N]);

impl<const N: usize> Confusion<N> {
    /// Mean of the codes' F1.
    fn macro_f1(&self) -> f64 {
        let f1 = |k: usize| {
            let given: usize = self.0[k].iter().sum();
            let found: usize = self.0.iter().map(|row| row[k]).sum();
            2.0 * self.0[k][k] as f64 / (given + found) as f64
        };
        (0..N).map(f1).sum::<f64>() / N as f64
    }

    fn turns(&self) -> usize {
        self.0.iter().flatten().sum()
    }
}

/// What the judge made of turns that both readers called the same.
struct Judged {
    acts: Confusion<4>,
    talk: Confusion<3>,
    /// Replies that readers called reflection, question, input and other: how many count as rolling.
    rolling: [usize; 4],
}

/// The judge on the sessions of the hands in `hands`; none where the package does not carry them.
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
fn judged(hands: RangeInclusive<usize>) -> Option<Judged> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/judge/invented");
    if !folder.is_dir() {
        println!("skipped: the package does not carry the invented sessions");
        return None;
    }
    let judge = Judge::builtin();
    let mut judged = Judged { acts: Confusion([[0; 4]; 4]), talk: Confusion([[0; 3]; 3]), rolling: [0; 4] };
    for hand in hands {
        let mut track = Track::default();
        for line in std::fs::read_to_string(folder.join(format!("{hand}.txt"))).unwrap().lines() {
            let Some((codes, words)) = line.split_once(" | ") else {
                track = Track::default();
                continue;
            };
            let codes: Vec<&str> = codes.split(' ').collect();
            let agreed = usize::from(codes[1] == codes[2]);
            let code = |all: &str| all.find(codes[1]).unwrap();
            if codes[0] == "T" {
                let verdict = track.trainee_said(judge, words);
                let got = match verdict.behaviour {
                    Behaviour::Reflection => 0,
                    Behaviour::Question => 1,
                    Behaviour::TherapistInput => 2,
                    Behaviour::Other => 3,
                };
                judged.acts.0[code("RQIO")][got] += agreed;
                judged.rolling[code("RQIO")] += if verdict.band == Band::Rolling { agreed } else { 0 };
            } else {
                let got = match track.client_said(judge, words).talk {
                    Talk::Change => 0,
                    Talk::Neutral => 1,
                    Talk::Sustain => 2,
                };
                judged.talk.0[code("CNS")][got] += agreed;
            }
        }
    }
    Some(judged)
}

#[test]
fn invented_sessions_are_coded_as_two_readers_coded_them() {
    let Some(Judged { acts, talk, .. }) = judged(1..=8) else { return };
    assert!(acts.turns() > 4500, "{} turns", acts.turns());
    assert!(acts.macro_f1() > 0.85, "acts {:.3}: {:?}", acts.macro_f1(), acts.0);
    assert!(talk.macro_f1() > 0.60, "client talk {:.3}: {:?}", talk.macro_f1(), talk.0);
}

#[test]
fn counsellors_who_argue_are_coded_as_two_readers_coded_them() {
    let Some(Judged { acts, talk, .. }) = judged(9..=16) else { return };
    assert!(acts.turns() > 4500, "{} turns", acts.turns());
    assert!(acts.macro_f1() > 0.79, "acts {:.3}: {:?}", acts.macro_f1(), acts.0);
    assert!(talk.macro_f1() > 0.55, "client talk {:.3}: {:?}", talk.macro_f1(), talk.0);
}

#[test]
fn argument_in_the_form_of_a_reflection_seldom_counts_as_rolling() {
    let Some(Judged { acts, rolling, .. }) = judged(1..=16) else { return };
    let share = |act: usize| rolling[act] as f64 / acts.0[act].iter().sum::<usize>() as f64;
    assert!(share(2) < 0.15, "of input {:.3}", share(2));
    assert!(share(0) > 0.48, "of reflections {:.3}", share(0));
}
