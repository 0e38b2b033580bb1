//! What happened earlier in a session that the pocket client may take up.
//! Knows: turns, ruptures, facts told. Never: lines, wording.

use crate::app::voice::Scene;
use crate::domain::judge::Band;
use crate::domain::lines::{Recall, Slight};

/// What `scene`'s client remembers: the turn that is to be answered is not part of it.
pub(super) fn of(scene: &Scene<'_>) -> Recall {
    let turns = scene.path.turns();
    let answered: Vec<_> = turns.iter().filter_map(|turn| Some((turn, turn.reply.as_ref()?))).collect();
    let last = answered.last().map(|(_, reply)| &reply.state);
    let ago = |i: usize| answered.len() - i;
    let argued = |i: usize| answered[i].0.trainee.as_ref().is_some_and(|t| t.verdict.band == Band::Arguing);
    let hurt = |i: &usize| argued(*i) && answered[*i].1.state.ruptures > answered[i - 1].1.state.ruptures;
    // What was said sorry for is not held up again.
    let mended =
        answered.iter().rposition(|(turn, _)| turn.trainee.as_ref().is_some_and(|t| t.verdict.mends()));
    let slight = |i: usize| Slight {
        turns_ago: ago(i),
        moves: answered[i].0.trainee.as_ref().map(|said| said.verdict.moves.clone()).unwrap_or_default(),
    };
    Recall {
        slights: (1..answered.len())
            .rev()
            .take_while(|i| mended.is_none_or(|at| *i > at))
            .filter(hurt)
            .map(slight)
            .collect(),
        told_ago: answered.iter().rposition(|(_, reply)| reply.fact.is_some()).map(ago),
        stung: last.is_some_and(|before| scene.state.ruptures > before.ruptures),
    }
}
