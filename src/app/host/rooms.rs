//! The rooms that there are: opened when they are needed, put away when nobody has used them for long.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::room::Room;
use super::seen::{Seen, View};
use super::{Host, HostError};
use crate::app::AppError;
use crate::app::practise::Practice;
use crate::domain::crisis::Concern;
use crate::domain::session::SessionId;

/// The open sessions.
#[derive(Default)]
pub(super) struct Rooms {
    most: usize,
    clock: u64,
    rooms: HashMap<SessionId, Arc<Room>>,
    stopped: HashMap<SessionId, Concern>, // practices that had stopped when they were put away
}

impl Rooms {
    pub(super) fn keeping(most: usize) -> Self {
        Self { most: most.max(1), ..Self::default() }
    }

    /// The room of a session, which may have to be furnished.
    fn room(&mut self, id: SessionId) -> Arc<Room> {
        self.clock += 1;
        let clock = self.clock;
        if !self.rooms.contains_key(&id) {
            while self.rooms.len() >= self.most && self.put_away() {}
            let room = Room::new(id);
            room.set_crisis(self.stopped.remove(&id));
            self.rooms.insert(id, Arc::new(room));
        }
        let room = Arc::clone(&self.rooms[&id]);
        room.use_at(clock);
        room
    }

    /// Puts the session away that nobody has used for longest; whether there was one that is idle.
    fn put_away(&mut self) -> bool {
        let idle = self.rooms.values().filter(|room| Arc::strong_count(room) == 1 && !room.is_speaking());
        let oldest = idle.min_by_key(|room| room.used.load(std::sync::atomic::Ordering::Relaxed));
        let Some(room) = oldest.map(|room| room.id).and_then(|id| self.rooms.remove(&id)) else {
            return false;
        };
        if let Some(concern) = room.view().and_then(|view| view.crisis) {
            self.stopped.insert(room.id, concern);
        }
        true
    }
}

impl Host {
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn room(&self, id: SessionId) -> Arc<Room> {
        self.rooms().room(id)
    }

    /// How many sessions are in memory.
    pub fn open_sessions(&self) -> usize {
        self.rooms().rooms.len()
    }

    /// A session that has just begun.
    pub(super) fn move_in(&self, practice: Practice) -> Result<View, HostError> {
        let room = self.room(practice.id());
        room.adopts(self.makings().edition);
        room.show(Seen::of(&practice, None)?);
        *room.practice.lock().unwrap_or_else(PoisonError::into_inner) = Some(practice);
        room.view().ok_or(HostError::Full)
    }

    /// Does `work` with the practice of a room, which is read from disk where that is necessary.
    /// What is seen of the room is what there is afterwards.
    pub(super) fn with(
        &self,
        room: &Arc<Room>,
        work: impl FnOnce(&mut Practice) -> Result<(), HostError>,
    ) -> Result<View, HostError> {
        let mut held = room.practice.lock().unwrap_or_else(PoisonError::into_inner);
        if room.is_speaking() {
            return Err(busy(room));
        }
        let mut practice = match held.take() {
            Some(practice) if is_newest(&practice)? => practice,
            _ => self.furnish(room)?,
        };
        let done = work(&mut practice);
        // After a fault of the store nobody knows what is in memory; what is on disk counts.
        if let Err(HostError::App(AppError::Store(_))) = &done {
            practice = self.furnish(room)?;
        }
        room.show(Seen::of(&practice, room.seen().as_deref())?);
        *held = Some(practice);
        let view = room.view().ok_or(HostError::Full)?;
        match done {
            Ok(()) => Ok(view),
            Err(HostError::App(AppError::Store(crate::store::StoreError::MovedOn(_)))) => Err(
                HostError::conflict("the session has gone on elsewhere", "this is how it stands now", view),
            ),
            Err(HostError::App(AppError::Sealed(_))) => {
                Err(HostError::conflict("the exam has ended: it is sealed", "", view))
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the session of a room from disk.
    fn furnish(&self, room: &Arc<Room>) -> Result<Practice, HostError> {
        let (cast, edition) = {
            let makings = self.makings();
            (makings.cast(), makings.edition)
        };
        let practice = Practice::look(self.store()?, cast, room.id);
        let mut practice = practice.inspect_err(|_| drop(self.rooms().rooms.remove(&room.id)))?;
        if room.crisis().is_some() {
            practice.pause();
        }
        room.adopts(edition);
        Ok(practice)
    }
}

/// The client of a room speaks.
pub(super) fn busy(room: &Room) -> HostError {
    match room.view() {
        Some(view) => HostError::conflict("the client is speaking", "let them finish, or stop them", view),
        None => HostError::Full,
    }
}

/// Whether nobody else has gone on with the session.
fn is_newest(practice: &Practice) -> Result<bool, HostError> {
    let mark = practice.mark()?;
    let head = practice.path().head();
    Ok(mark.head == head.map(|turn| turn.id)
        && mark.answered == head.is_some_and(|turn| turn.reply.is_some()))
}
