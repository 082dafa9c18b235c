//! MySQL's protocol, on the server's side: a handshake that lets everybody in, and texts of statements.
//!
//! The packets are those of `mysql_common`. Prepared statements are refused.

use std::fs::File;
use std::io::{self, Read as _, Write as _};

use bytes::{Buf as _, BytesMut};
use mysql_common::constants::{CapabilityFlags, ColumnFlags, ColumnType, Command, StatusFlags};
use mysql_common::io::{BufMutExt as _, ParseBuf};
use mysql_common::packets::{
    Column, ErrPacket, HandshakePacket, HandshakeResponse, ServerError, SqlState,
};
use mysql_common::proto::codec::PacketCodec;
use mysql_common::proto::{MyDeserialize as _, MySerialize};

use super::session::{Reply, Session};

/// The largest packet, in bytes.
const PACKET_MOST: usize = 1024 * 1024;

/// The version as MariaDB writes it here: old clients of replication read the first number.
const VERSION: &[u8] = b"5.5.5-10.11.18-MariaDB-deb12-log";

/// What stands for random bytes: no password is looked at.
const SCRAMBLE: [u8; 8] = *b"seatrial";

/// The rest of them, with the zero at the end.
const SCRAMBLE_REST: &[u8; 13] = b"lets-all-in!\0";

/// utf8mb4_general_ci.
const COLLATION: u8 = 45;

/// The collation of numbers.
const BINARY: u16 = 63;

/// A connection.
struct Wire {
    stream: File,
    codec: PacketCodec,
    received: BytesMut,
}

/// Serves a client until it goes away, or the server does. Without a `number` there are too many clients already.
///
/// # Errors
/// When the stream ends, or its bytes are no packets.
pub(super) fn serve(stream: File, number: Option<u32>, mut session: Session) -> io::Result<()> {
    let mut codec = PacketCodec::default();
    codec.max_allowed_packet = PACKET_MOST;
    let mut wire = Wire {
        stream,
        codec,
        received: BytesMut::new(),
    };
    let Some(number) = number else {
        return wire.send_error(1040, "08004", "Too many connections");
    };
    wire.send(&HandshakePacket::new(
        10,
        VERSION,
        number,
        SCRAMBLE,
        Some(&SCRAMBLE_REST[..]),
        capabilities(),
        COLLATION,
        StatusFlags::SERVER_STATUS_AUTOCOMMIT,
        Some(&b"mysql_native_password"[..]),
    ))?;
    let answer = wire.receive()?;
    HandshakeResponse::deserialize((), &mut ParseBuf(&answer))?;
    wire.send_done(0, false)?;
    loop {
        wire.codec.reset_seq_id();
        let packet = wire.receive()?;
        let (&command, argument) = packet.split_first().ok_or(io::ErrorKind::InvalidData)?;
        if !wire.carry_out(command, argument, &mut session)? {
            return Ok(());
        }
    }
}

fn capabilities() -> CapabilityFlags {
    CapabilityFlags::CLIENT_LONG_PASSWORD
        | CapabilityFlags::CLIENT_LONG_FLAG
        | CapabilityFlags::CLIENT_CONNECT_WITH_DB
        | CapabilityFlags::CLIENT_IGNORE_SPACE
        | CapabilityFlags::CLIENT_INTERACTIVE
        | CapabilityFlags::CLIENT_PROTOCOL_41
        | CapabilityFlags::CLIENT_TRANSACTIONS
        | CapabilityFlags::CLIENT_SECURE_CONNECTION
        | CapabilityFlags::CLIENT_MULTI_STATEMENTS
        | CapabilityFlags::CLIENT_MULTI_RESULTS
        | CapabilityFlags::CLIENT_PLUGIN_AUTH
        | CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
        | CapabilityFlags::CLIENT_CONNECT_ATTRS
}

impl Wire {
    /// Carries out a command, and returns whether the connection goes on.
    fn carry_out(
        &mut self,
        command: u8,
        argument: &[u8],
        session: &mut Session,
    ) -> io::Result<bool> {
        const QUIT: u8 = Command::COM_QUIT as u8;
        const QUERY: u8 = Command::COM_QUERY as u8;
        const PING: u8 = Command::COM_PING as u8;
        const INIT_DB: u8 = Command::COM_INIT_DB as u8;
        const RESET: u8 = Command::COM_RESET_CONNECTION as u8;
        const CHANGE_USER: u8 = Command::COM_CHANGE_USER as u8;
        const FIELD_LIST: u8 = Command::COM_FIELD_LIST as u8;
        const SET_OPTION: u8 = Command::COM_SET_OPTION as u8;
        const SHUTDOWN: u8 = 8;
        const PREPARE: u8 = Command::COM_STMT_PREPARE as u8;
        match command {
            QUIT => return Ok(false),
            PING | INIT_DB => self.send_done(0, false)?,
            RESET | CHANGE_USER => {
                session.reset();
                self.send_done(0, false)?;
            }
            FIELD_LIST | SET_OPTION => self.send_end(false)?,
            QUERY => {
                return self.answer(session.carry_out(&String::from_utf8_lossy(argument)));
            }
            SHUTDOWN => return self.answer(session.carry_out("SHUTDOWN")),
            PREPARE => {
                // The engine says that it has no such thing, so that nothing is judged by it.
                let text = String::from_utf8_lossy(argument).replace('\'', "''");
                let replies = session.carry_out(&format!("PREPARE statement FROM '{text}'"));
                let lost = replies.contains(&Reply::Lost);
                let why = "This command is not supported in the prepared statement protocol yet";
                self.send_error(1295, "HY000", why)?;
                return Ok(!lost);
            }
            _ => self.send_error(1047, "08S01", "Unknown command")?,
        }
        Ok(true)
    }

    /// Sends the answers of a text's statements, and returns whether the server is still there.
    fn answer(&mut self, replies: Vec<Reply>) -> io::Result<bool> {
        let count = replies.len();
        for (at, reply) in replies.into_iter().enumerate() {
            let more = at + 1 < count;
            match reply {
                Reply::Done { rows } => self.send_done(rows, more)?,
                Reply::Rows { columns, rows } => self.send_rows(&columns, &rows, more)?,
                Reply::Error {
                    code,
                    state,
                    message,
                } => self.send_error(code, &state, &message)?,
                Reply::Lost => return Ok(false),
            }
        }
        Ok(true)
    }

    fn send_rows(
        &mut self,
        columns: &[(String, bool)],
        rows: &[Vec<String>],
        more: bool,
    ) -> io::Result<()> {
        let mut head = Vec::new();
        head.put_lenenc_int(columns.len() as u64);
        self.send_bytes(&head)?;
        for (name, numbers) in columns {
            let column = if *numbers {
                Column::new(ColumnType::MYSQL_TYPE_LONGLONG)
                    .with_character_set(BINARY)
                    .with_flags(ColumnFlags::BINARY_FLAG | ColumnFlags::NUM_FLAG)
                    .with_column_length(21)
            } else {
                Column::new(ColumnType::MYSQL_TYPE_VAR_STRING)
                    .with_character_set(u16::from(COLLATION))
                    .with_column_length(4096)
            };
            self.send(&column.with_name(name.as_bytes()))?;
        }
        self.send_end(false)?;
        for row in rows {
            let mut packet = Vec::new();
            for (value, (_, numbers)) in row.iter().zip(columns) {
                // The client prints a missing value as this word; no value of these tables is the word itself.
                if value == "NULL" && !numbers {
                    packet.push(0xfb);
                } else {
                    packet.put_lenenc_str(value.as_bytes());
                }
            }
            self.send_bytes(&packet)?;
        }
        self.send_end(more)
    }

    /// Sends the packet that ends columns or rows.
    fn send_end(&mut self, more: bool) -> io::Result<()> {
        let [low, high] = status(more);
        self.send_bytes(&[0xfe, 0, 0, low, high])
    }

    /// Sends that a statement was carried out.
    fn send_done(&mut self, rows: u64, more: bool) -> io::Result<()> {
        let mut packet = vec![0];
        packet.put_lenenc_int(rows);
        packet.put_lenenc_int(0);
        packet.extend(status(more));
        packet.extend([0, 0]);
        self.send_bytes(&packet)
    }

    fn send_error(&mut self, code: u16, state: &str, message: &str) -> io::Result<()> {
        let state = state.as_bytes().try_into().unwrap_or(*b"HY000");
        let error = ServerError::new(code, Some(SqlState::new(state)), message.as_bytes());
        self.send(&ErrPacket::Error(error))
    }

    fn send(&mut self, packet: &impl MySerialize) -> io::Result<()> {
        let mut bytes = Vec::new();
        packet.serialize(&mut bytes);
        self.send_bytes(&bytes)
    }

    fn send_bytes(&mut self, mut packet: &[u8]) -> io::Result<()> {
        let mut bytes = BytesMut::new();
        self.codec
            .encode(&mut packet, &mut bytes)
            .map_err(io::Error::other)?;
        self.stream.write_all(bytes.chunk())
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut packet = Vec::new();
        let mut buffer = [0; 4096];
        while !self
            .codec
            .decode(&mut self.received, &mut packet)
            .map_err(io::Error::other)?
        {
            let read = self.stream.read(&mut buffer)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.received.extend_from_slice(&buffer[..read]);
        }
        Ok(packet)
    }
}

fn status(more: bool) -> [u8; 2] {
    let mut flags = StatusFlags::SERVER_STATUS_AUTOCOMMIT;
    if more {
        flags |= StatusFlags::SERVER_MORE_RESULTS_EXISTS;
    }
    flags.bits().to_le_bytes()
}
