"""How emails go over one session, one after the other, in as few round trips as the relay allows.

In:  a Session, a Batch.
Out: outcomes in the batch. With PIPELINING the envelope of the next email travels in the same flight as the
     body of this one, so that an email costs one round trip; without it every command waits for its reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from nurture.delivery.smtp_batch import Batch, Job
from nurture.delivery.smtp_connection import Lost, Unreachable
from nurture.delivery.smtp_reply import Reply
from nurture.delivery.smtp_session import Capabilities, Session
from nurture.delivery.transport import Outcome

SERVICE_CLOSING = 421
# The relay wants a login, or encryption: that is our configuration, not the recipient.
NOT_ALLOWED = (530, 538)
RSET = b"RSET\r\n"
DATA = b"DATA\r\n"


@dataclass(frozen=True, slots=True)
class Loaded:
    """An email made ready for this session: its commands, and its body in the form of the transfer."""

    job: Job
    commands: tuple[bytes, ...]
    body: bytes


class Dialogue:
    """Works on a batch until nothing waits in it."""

    def __init__(self, session: Session, batch: Batch) -> None:
        self._session = session
        self._connection = session.connection
        self._offers = session.offers
        self._limits = session.settings.timeouts
        self._batch = batch

    async def run(self) -> None:
        """Offer email after email.

        Raises:
            Lost: the connection is of no more use; every email on it has been settled or given back.
            Unreachable: the same, and a new connection would fare no better.
        """
        accepted: Loaded | None = None
        while True:
            following = self._load()
            if accepted is None and following is None:
                return
            accepted = await self._flight(accepted, following)

    def _load(self) -> Loaded | None:
        """The next email that this relay can take; those it cannot take are settled at once."""
        while (job := self._batch.take()) is not None:
            email = job.email
            if email.needs_utf8 and not self._offers.smtputf8:
                reason = "The relay does not offer SMTPUTF8, which this email's addresses need"
                self._batch.settle(job, Outcome(email.delivery_id, "failed", None, "5.6.7", reason))
                continue
            content = email.content(self._offers.eightbit or email.needs_utf8)
            limit = self._offers.size_bytes
            if limit is not None and len(content) > limit:
                reason = f"The email has {len(content):,} octets, and the relay takes {limit:,} at most"
                self._batch.settle(job, Outcome(email.delivery_id, "failed", None, "5.3.4", reason))
                continue
            return _loaded(job, content, self._offers)
        return None

    async def _flight(self, accepted: Loaded | None, following: Loaded | None) -> Loaded | None:
        """Send the body of one email and the envelope of the next; returns the next if its body is wanted."""
        commands: tuple[bytes, ...] = ()
        if following is not None:
            # After BDAT LAST has failed, only RSET is sure to end the transaction (RFC 3030 section 2).
            reset = self._session.needs_reset or (accepted is not None and self._offers.chunking)
            commands = (RSET, *following.commands) if reset else following.commands
        ahead = b"".join(commands) if self._offers.pipelining else b""
        try:
            if accepted is not None:
                await self._send_body(accepted, ahead)
            elif ahead:
                self._connection.write(ahead)
            if following is None:
                return None
        except Lost as lost:
            if following is not None:
                self._batch.give_back(following.job, str(lost), blamed=False)
            raise
        return following if await self._envelope(following.job, commands) else None

    async def _send_body(self, loaded: Loaded, ahead: bytes) -> None:
        job = loaded.job
        try:
            self._connection.write(loaded.body + ahead)
        except Lost as lost:
            self._batch.give_back(job, str(lost), blamed=False)
            raise
        # From here until a reply nobody knows whether the relay has taken the email.
        job.at_risk = True
        self._session.needs_reset = self._offers.chunking
        try:
            reply = await self._connection.reply(self._limits.final_seconds)
            if reply.go_on:
                raise Lost(f"it answered the end of an email with {reply}")
        except Lost as lost:
            reason = f"The body was sent and no reply came: {lost}"
            self._batch.settle(job, Outcome(job.email.delivery_id, "in_doubt", reply=reason))
            raise
        self._settle(job, reply)
        if reply.code == SERVICE_CLOSING:
            raise Lost(str(reply))

    async def _envelope(self, job: Job, commands: tuple[bytes, ...]) -> bool:
        """Whether the relay wants the body. If not, the email is settled and the next may be offered."""
        try:
            refusal, data_wanted = await self._answers(job, commands)
            if refusal is None:
                self._session.needs_reset = False
                return True
            self._session.needs_reset = True
            self._settle(job, refusal)
            if data_wanted:
                # RFC 2920 section 3.1: DATA was consented to although nobody is to get it; end it with a dot.
                self._connection.write(b".\r\n")
                await self._connection.reply(self._limits.final_seconds)
        except Lost as lost:
            self._batch.give_back(job, str(lost), blamed=True)
            raise
        return False

    async def _answers(self, job: Job, commands: tuple[bytes, ...]) -> tuple[Reply | None, bool]:
        """The first refusal among the replies to an envelope, and whether DATA waits for a body."""
        refusal: Reply | None = None
        data_wanted = False
        for command in commands:
            if not self._offers.pipelining:
                if refusal is not None:
                    break
                self._connection.write(command)
            reply = await self._connection.reply(self._limits.command_seconds)
            if reply.code == SERVICE_CLOSING:
                self._closing(job, refusal or reply)
            if command == DATA and reply.go_on:
                data_wanted = True
            elif reply.refused and command != RSET:
                self._check_allowed(job, reply)
                refusal = refusal or reply
            elif not reply.good or command == DATA:
                raise Lost(f"it answered {command[:4].decode().strip()} with {reply}")
        return refusal, data_wanted

    def _closing(self, job: Job, reply: Reply) -> NoReturn:
        """The relay ends the session: after some emails that is normal, before the first it is an answer."""
        if reply.code != SERVICE_CLOSING or not self._session.answered:
            self._settle(job, reply)
        raise Lost(str(reply))

    def _check_allowed(self, job: Job, reply: Reply) -> None:
        if reply.code in NOT_ALLOWED:
            self._batch.give_back(job, str(reply), blamed=False)
            place = self._session.settings.place
            raise Unreachable(f"{place} takes nothing from us ({reply}). Check smtp.user and smtp.tls.")

    def _settle(self, job: Job, reply: Reply) -> None:
        self._batch.settle(job, reply.outcome(job.email.delivery_id))
        self._session.answered += reply.code != SERVICE_CLOSING


def _loaded(job: Job, content: bytes, offers: Capabilities) -> Loaded:
    email = job.email
    size = f" SIZE={len(content)}" if offers.size_announced else ""
    eightbit = " BODY=8BITMIME" if offers.eightbit and not content.isascii() else ""
    utf8 = " SMTPUTF8" if email.needs_utf8 else ""
    commands = (
        f"MAIL FROM:<{email.mail_from}>{size}{eightbit}{utf8}\r\n".encode(),
        f"RCPT TO:<{email.rcpt_to}>\r\n".encode(),
    )
    if offers.chunking:
        return Loaded(job, commands, b"BDAT %d LAST\r\n%b" % (len(content), content))
    return Loaded(job, (*commands, DATA), _stuffed(content))


def _stuffed(content: bytes) -> bytes:
    """RFC 5321 section 4.5.2: a line that starts with a dot gets another one; a lone dot is the end."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
