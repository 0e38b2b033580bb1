//! The judge against sessions that were invented for it and coded by two readers (`training/judge/invented/`): what both
//! called a turn. Its weights are fitted to them among others, so this is a floor, not a measurement.

use std::path::Path;

use pushback::domain::judge::{Behaviour, Judge, Track};
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
}

#[test]
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
fn invented_sessions_are_coded_as_two_readers_coded_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/judge/invented");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: the package does not carry the invented sessions");
        return;
    };
    let judge = Judge::builtin();
    let (mut acts, mut talk) = (Confusion([[0; 4]; 4]), Confusion([[0; 3]; 3]));
    for file in files {
        let mut track = Track::default();
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let Some((codes, words)) = line.split_once(" | ") else {
                track = Track::default();
                continue;
            };
            let codes: Vec<&str> = codes.split(' ').collect();
            let agreed = codes[1] == codes[2];
            let code = |all: &str| all.find(codes[1]).unwrap();
            match codes[0] {
                "T" => {
                    let got = match track.trainee_said(judge, words).behaviour {
                        Behaviour::Reflection => 0,
                        Behaviour::Question => 1,
                        Behaviour::TherapistInput => 2,
                        Behaviour::Other => 3,
                    };
                    acts.0[code("RQIO")][got] += usize::from(agreed);
                }
                _ => {
                    let got = match track.client_said(judge, words).talk {
                        Talk::Change => 0,
                        Talk::Neutral => 1,
                        Talk::Sustain => 2,
                    };
                    talk.0[code("CNS")][got] += usize::from(agreed);
                }
            }
        }
    }
    let turns: usize = acts.0.iter().flatten().sum();
    assert!(turns > 4500, "{turns} turns");
    assert!(acts.macro_f1() > 0.85, "acts {:.3}: {:?}", acts.macro_f1(), acts.0);
    assert!(talk.macro_f1() > 0.60, "client talk {:.3}: {:?}", talk.macro_f1(), talk.0);
}
