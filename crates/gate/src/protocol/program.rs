//! A program to run, and its surroundings.

use super::{
    ProtocolError,
    fields::{Reader, Writer},
};

/// A program to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments. A name without `/` is searched in the `PATH` of its environment.
    pub argv: Vec<Vec<u8>>,
    /// The variables that are added to the gate's own environment, which is the container's.
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    /// The working directory, if not the gate's.
    pub directory: Option<Vec<u8>>,
    /// The user, if not the gate's. Supplementary groups are dropped.
    pub user: Option<User>,
    /// The file mode creation mask, if not the gate's.
    pub umask: Option<u32>,
    /// Resource limits other than the gate's.
    pub limits: Vec<Limit>,
    /// A terminal of this size is its input and output; otherwise they are pipes.
    pub terminal: Option<Size>,
    /// Whether it gets input; without it, its input is empty.
    pub input: bool,
}

/// A user and a group, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// The limit of a resource; `u64::MAX` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The resource.
    pub resource: Resource,
    /// The limit that applies.
    pub soft: u64,
    /// The highest limit that the program may choose.
    pub hard: u64,
}

/// A resource with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// The size of core files.
    Core,
    /// Open files.
    Files,
    /// Locked memory.
    LockedMemory,
    /// Processes of the user.
    Processes,
    /// The stack.
    Stack,
}

impl Resource {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Core, Self::Files, Self::LockedMemory, Self::Processes, Self::Stack];
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

impl Size {
    pub(super) fn write(self, to: &mut Writer<'_>) {
        to.u16(self.rows);
        to.u16(self.columns);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        Ok(Self { rows: from.u16()?, columns: from.u16()? })
    }
}

impl Limit {
    fn write(self, to: &mut Writer<'_>) {
        to.u8(self.resource as u8);
        to.u64(self.soft);
        to.u64(self.hard);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        let value = from.u8()?;
        let resource = Resource::ALL.get(usize::from(value)).copied();
        let resource = resource.ok_or(ProtocolError::Unknown { what: "resource", value })?;
        Ok(Self { resource, soft: from.u64()?, hard: from.u64()? })
    }
}

impl Program {
    pub(super) fn write(&self, to: &mut Writer<'_>) {
        to.list(&self.argv, |to, word| to.bytes(word));
        to.list(&self.env, |to, (name, value)| {
            to.bytes(name);
            to.bytes(value);
        });
        to.option(self.directory.as_deref(), Writer::bytes);
        to.option(self.user, |to, user| {
            to.u32(user.uid);
            to.u32(user.gid);
        });
        to.option(self.umask, Writer::u32);
        to.list(&self.limits, |to, limit| limit.write(to));
        to.option(self.terminal, |to, size| size.write(to));
        to.u8(u8::from(self.input));
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        Ok(Self {
            argv: from.list(Reader::bytes)?,
            env: from.list(|from| Ok((from.bytes()?, from.bytes()?)))?,
            directory: from.option(Reader::bytes)?,
            user: from.option(|from| Ok(User { uid: from.u32()?, gid: from.u32()? }))?,
            umask: from.option(Reader::u32)?,
            limits: from.list(Limit::read)?,
            terminal: from.option(Size::read)?,
            input: from.flag()?,
        })
    }
}
