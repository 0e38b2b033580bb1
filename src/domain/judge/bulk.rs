//! A transcript, coded turn by turn.
//! Knows: the judge, who spoke. Never: file formats, printing.

use serde::Serialize;
use serde_json::Value;

use super::track::Track;
use super::{
    Behaviour, ClientVerdict, Code, Finding, Heard, Judge, QuestionKind, ReflectionKind, Technique, Verdict,
};
use crate::domain::talk::Talk;

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The one who practises or counsels.
    Trainee,
    /// The one who is counselled.
    Client,
}

/// One turn of a transcript. Ids keep the type that they were read with.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Which conversation.
    pub transcript_id: Value,
    /// Which turn of it.
    pub utterance_id: Value,
    /// Whose turn.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
}

/// A single reply with the client turn that it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Single {
    /// Its name.
    pub id: Value,
    /// What the client said.
    pub client: String,
    /// Which way that leaned, if known.
    pub talk: Option<Talk>,
    /// Whether it was against the person opposite, if known.
    pub discord: Option<bool>,
    /// The reply.
    pub reply: String,
}

/// One row of a transcript.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A turn of a conversation.
    Turn(Turn),
    /// A reply that stands alone.
    Single(Single),
}

/// One coded turn, with the verdict behind it for those who count.
#[derive(Clone, Debug)]
pub struct Coded {
    /// What is written out.
    pub record: Record,
    /// The verdict, on trainee turns and single replies.
    pub verdict: Option<Verdict>,
    /// Which way the client's last turn leaned.
    pub heard: Talk,
    /// Whether that was against the person opposite.
    pub discord: bool,
}

/// One line of output.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Record {
    /// A trainee's turn.
    Trainee(TraineeRecord),
    /// A client's turn.
    Client(ClientRecord),
    /// A single reply.
    Single(SingleRecord),
}

/// A coded trainee turn.
#[derive(Clone, Debug, Serialize)]
pub struct TraineeRecord {
    /// Which conversation.
    pub transcript_id: Value,
    /// Which turn of it.
    pub utterance_id: Value,
    /// What the reply mainly does.
    pub behaviour: Behaviour,
    /// Whether it reflects.
    pub reflection_exists: bool,
    /// How, if a reader sees a reflection in it.
    pub reflection_subtype: ReflectionKind,
    /// Whether it asks.
    pub question_exists: bool,
    /// How, if a reader sees a question in it.
    pub question_subtype: QuestionKind,
    /// Whether it informs or advises.
    pub therapist_input_exists: bool,
    /// Rolls (1) or argues (-1).
    pub score: f32,
    /// Invites change (1) or staying (-1).
    pub steer: f32,
    /// Behaviour codes.
    pub codes: Vec<Code>,
    /// Techniques.
    pub techniques: Vec<Technique>,
    /// The evidence.
    pub findings: Vec<Finding>,
}

/// A coded client turn.
#[derive(Clone, Debug, Serialize)]
pub struct ClientRecord {
    /// Which conversation.
    pub transcript_id: Value,
    /// Which turn of it.
    pub utterance_id: Value,
    /// Which way it leans.
    pub talk_type: Talk,
    /// Whether it is against the person opposite.
    pub discord: bool,
    /// The evidence.
    pub findings: Vec<Finding>,
}

/// A coded single reply.
#[derive(Clone, Debug, Serialize)]
pub struct SingleRecord {
    /// Its name.
    pub id: Value,
    /// Rolls (1) or argues (-1).
    pub score: f32,
    /// Behaviour codes.
    pub codes: Vec<Code>,
    /// Techniques.
    pub techniques: Vec<Technique>,
    /// The evidence.
    pub findings: Vec<Finding>,
}

/// Codes a transcript in order. Client talk, discord and permission are followed from turn to
/// turn within a conversation; single replies stand alone.
#[derive(Debug)]
pub struct Coder<'a> {
    judge: &'a Judge,
    track: Track,
    conversation: Option<Value>,
}

impl<'a> Coder<'a> {
    /// Begins with the first conversation.
    pub fn new(judge: &'a Judge) -> Self {
        Self { judge, track: Track::default(), conversation: None }
    }

    /// Codes what comes next.
    pub fn code(&mut self, entry: &Entry) -> Coded {
        let turn = match entry {
            Entry::Single(single) => return code_single(self.judge, single),
            Entry::Turn(turn) => turn,
        };
        if self.conversation.as_ref() != Some(&turn.transcript_id) {
            self.conversation = Some(turn.transcript_id.clone());
            self.track = Track::default();
        }
        code_turn(self.judge, &mut self.track, turn)
    }
}

fn code_turn(judge: &Judge, track: &mut Track, turn: &Turn) -> Coded {
    match turn.speaker {
        Speaker::Client => {
            let verdict = track.client_said(judge, &turn.text);
            let record = Record::Client(client_record(turn, verdict));
            Coded { record, verdict: None, heard: track.talk(), discord: track.discord() }
        }
        Speaker::Trainee => {
            let (heard, discord) = (track.talk(), track.discord());
            let verdict = track.trainee_said(judge, &turn.text);
            let record = Record::Trainee(trainee_record(turn, &verdict));
            Coded { record, verdict: Some(verdict), heard, discord }
        }
    }
}

fn client_record(turn: &Turn, verdict: ClientVerdict) -> ClientRecord {
    ClientRecord {
        transcript_id: turn.transcript_id.clone(),
        utterance_id: turn.utterance_id.clone(),
        talk_type: verdict.talk,
        discord: verdict.discord,
        findings: verdict.findings,
    }
}

fn trainee_record(turn: &Turn, verdict: &Verdict) -> TraineeRecord {
    TraineeRecord {
        transcript_id: turn.transcript_id.clone(),
        utterance_id: turn.utterance_id.clone(),
        behaviour: verdict.behaviour,
        reflection_exists: verdict.reflection.is_some(),
        reflection_subtype: verdict.kinds.0,
        question_exists: verdict.question.is_some(),
        question_subtype: verdict.kinds.1,
        therapist_input_exists: verdict.input,
        score: verdict.score,
        steer: verdict.steer,
        codes: verdict.codes.clone(),
        techniques: verdict.techniques.clone(),
        findings: verdict.findings.clone(),
    }
}

fn code_single(judge: &Judge, single: &Single) -> Coded {
    let client = judge.client(None, None, &single.client);
    let talk = single.talk.unwrap_or(client.talk);
    let discord = single.discord.unwrap_or(client.discord);
    let heard = Heard { client: &single.client, talk, discord, ..Heard::default() };
    let verdict = judge.reply(&heard, &single.reply);
    let record = Record::Single(SingleRecord {
        id: single.id.clone(),
        score: verdict.score,
        codes: verdict.codes.clone(),
        techniques: verdict.techniques.clone(),
        findings: verdict.findings.clone(),
    });
    Coded { record, verdict: Some(verdict), heard: talk, discord }
}
