"""What a worker needs to send the emails of a run: the frozen emails, made ready once.

In:  a run id.
Out: a Kit that turns one customer's context into an OutgoingEmail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from nurture.config import Workspace
from nurture.delivery.identity import feedback_id, list_id
from nurture.delivery.transport import OutgoingEmail
from nurture.delivery.wire import WireBuilder
from nurture.links import Signer
from nurture.outbox import Claimed
from nurture.store import tables as t
from nurture.templates import CompiledEmail, Rendered, Renderer, recipient_urls

MOST_KITS = 16


@dataclass(frozen=True, slots=True)
class Kit:
    """One step of one run, ready to be rendered and put into wire form for anybody."""

    workspace: Workspace
    signer: Signer
    renderer: Renderer
    compiled: CompiledEmail
    run_id: int
    step: int
    slots: Mapping[int, tuple[str | None, str]]
    builders: dict[tuple[str, str, str | None], WireBuilder] = field(default_factory=dict)
    list_identifier: str = ""
    list_name: str = ""
    feedback: str = ""

    def render(self, claimed: Claimed, context: Mapping[str, Any]) -> Rendered:
        """The personal email of one delivery."""
        token = self.signer.sign("delivery", claimed.delivery_id)
        public_url = self.workspace.config.web.public_url
        customer = context["customer"]
        return self.renderer.render(
            {**context, **recipient_urls(public_url, token)},
            language=customer.get("locale"),
            link_base=f"{public_url}/c/{token}",
        )

    def personal_link(self, key: str, url: str) -> dict[str, Any]:
        """The row of a link whose address holds customer data; tag and label are those of its slot."""
        slot = int(key.partition("-")[0])
        tag, label = self.slots.get(slot, (None, ""))
        place = {"run_id": self.run_id, "step": self.step, "key": key, "slot": slot}
        return place | {"url": url, "tag": tag, "label": label}

    def sealed(self, claimed: Claimed, context: Mapping[str, Any], rendered: Rendered) -> OutgoingEmail:
        """The email in wire form. Message-ID and Date follow from the row: every attempt has the same."""
        config = self.workspace.config
        customer = context["customer"]
        token = self.signer.sign("delivery", claimed.delivery_id)
        return self._builder(rendered).build(
            delivery_id=claimed.delivery_id,
            mail_from=self._return_path(claimed.delivery_id),
            to_address=customer["email"],
            to_name=_full_name(customer),
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            message_id=message_id(self.signer, claimed.delivery_id, config.sender.email),
            date=_whole_seconds(claimed.accepted_at).astimezone(self.workspace.zone),
            unsubscribe_url=recipient_urls(config.web.public_url, token)["unsubscribe_url"],
        )

    def _builder(self, rendered: Rendered) -> WireBuilder:
        sender = self.workspace.config.sender
        name, address = rendered.from_name or sender.name, rendered.from_email or sender.email
        reply_to = rendered.reply_to or sender.reply_to
        key = (name, address, reply_to)
        builder = self.builders.get(key)
        if builder is None:
            builder = WireBuilder(
                from_name=name,
                from_address=address,
                reply_to=reply_to,
                list_id=self.list_identifier,
                list_name=self.list_name,
                feedback_id=self.feedback,
            )
            self.builders[key] = builder
        return builder

    def _return_path(self, delivery_id: int) -> str:
        domain = self.workspace.config.sending.bounce_domain
        if domain is None:
            return self.workspace.config.sender.email
        return f"b+{self.signer.sign('bounce', delivery_id)}@{domain}"


class Kits:
    """The kits of the runs that are being sent; the oldest gives way to the newest."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._signer = Signer(workspace.secrets.keys)
        self._kits: dict[tuple[int, int], Kit] = {}

    def get(self, connection: Connection, run_id: int, step: int) -> Kit:
        """The kit of a step; read from the store the first time."""
        kit = self._kits.get((run_id, step))
        if kit is None:
            kit = self._made(connection, run_id, step)
            if len(self._kits) >= MOST_KITS:
                self._kits.pop(next(iter(self._kits)))
            self._kits[run_id, step] = kit
        return kit

    def _made(self, connection: Connection, run_id: int, step: int) -> Kit:
        email, run = t.run_emails.c, t.runs.c
        query = (
            select(email.compiled, email.template, run.campaign, run.occurrence, run.definition)
            .join(t.runs, run.id == email.run_id)
            .where(email.run_id == run_id, email.step == step)
        )
        row = connection.execute(query).one()
        compiled = CompiledEmail.from_json(row.compiled)
        domain = self._workspace.config.sender.email.rpartition("@")[2]
        return Kit(
            workspace=self._workspace,
            signer=self._signer,
            renderer=Renderer(compiled),
            compiled=compiled,
            run_id=run_id,
            step=step,
            slots={
                link.slot: (link.tag, link.label)
                for variant in compiled.variants.values()
                for link in variant.links
            },
            list_identifier=list_id(row.campaign, domain),
            list_name=row.definition.get("name") or row.campaign,
            feedback=feedback_id(row.campaign, row.occurrence, row.template, domain),
        )


def message_id(signer: Signer, delivery_id: int, sender: str) -> str:
    """The Message-ID of a delivery: the same on every attempt, so that a second copy can be dropped.

    Its token has a purpose of its own: replies quote it to third parties, who must not be able to
    unsubscribe the reader with it.
    """
    return f"<{signer.sign('message', delivery_id)}@{sender.rpartition('@')[2]}>"


def _full_name(customer: Mapping[str, Any]) -> str:
    family, given = customer.get("family_name") or "", customer.get("given_name") or ""
    western = not str(customer.get("locale") or "ja").startswith(("ja", "zh", "ko"))
    names = (given, family) if western else (family, given)
    return " ".join(name for name in names if name)


def _whole_seconds(at: datetime) -> datetime:
    return at.replace(microsecond=0)
