"""The console: campaigns, reports, leads, customers and segments, for the people who work here.

In:  the same functions that the commands call; nothing is counted here.
Out: pages. Nothing can be changed from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from nurture.campaigns import Campaign, CampaignStatus, campaign_status, load_campaign
from nurture.customers.card import customer_id
from nurture.errors import Finding, InputError, NotFound
from nurture.leads import find_lead, list_leads, load_rules
from nurture.leads.words import words_for as lead_words_for
from nurture.reports import campaign_names, campaign_report, link_report, timeline
from nurture.segments import Segment, count, load_segment, scope_for, segment_names
from nurture.store import tables as t
from nurture.web.asking import read_body
from nurture.web.console_mailbox import MailboxPages
from nurture.web.forms import BadForm, read_fields
from nurture.web.site import PRIVATE, Site
from nurture.web.words import words_for

MOST_LEADS = 200
LARGEST_ID = 2**63 - 1
FUNNEL = ("planned", "held", "cancelled", "waiting", "failed", "in_doubt", "mailed")
AFTER = ("bounced", "complained", "arrived")
PEOPLE = ("opened", "clicked", "unsubscribed")


@dataclass(frozen=True, slots=True)
class Row:
    """One campaign in the list: its status, and what is wrong with its file if it cannot be read."""

    status: CampaignStatus
    title: str
    description: str
    problem: Finding | None

    @property
    def done(self) -> int:
        """The emails that nothing more will be done with."""
        counts = self.status.counts
        return self.status.total - counts["queued"] - counts["sending"] - counts["deferred"]


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One segment in the list; `members` is None when its file has a mistake."""

    name: str
    segment: Segment | None
    members: int | None
    problems: Sequence[Finding] = ()


class Console:
    """The handlers. They run in threads, because they ask the store."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._words = words_for("console", site.workspace.config.workspace.language)

    def campaigns(self, _request: Request) -> Response:
        """Every campaign with its progress; the page keeps itself up to date."""
        with self._site.store.read() as connection:
            rows = self._rows(connection)
        return self.page("campaigns.html", "campaigns", rows=rows)

    def progress(self, _request: Request) -> Response:
        """The numbers of the list, for the page that shows it."""
        with self._site.store.read() as connection:
            rows = self._rows(connection)
        return JSONResponse([self._progress(row) for row in rows], headers=PRIVATE)

    def campaign(self, request: Request) -> Response:
        """One campaign: what was owed, what became of it, who clicked what."""
        name = request.path_params["name"]
        workspace, now = self._site.workspace, self._site.now()
        with self._site.store.read() as connection:
            report = campaign_report(connection, workspace, name, now)
            links = link_report(connection, workspace, name, now)
            row = self._row(connection, name)
        return self.page(
            "campaign.html",
            "campaigns",
            row=row,
            report=report,
            links=links,
            groups=[(key, [report.figure(part) for part in group]) for key, group in _GROUPS.items()],
            progress=self._progress(row),
        )

    def leads(self, request: Request) -> Response:
        """Whom sales should call, with reasons; one state or one owner if asked."""
        workspace = self._site.workspace
        state, owner = (request.query_params.get(name) or None for name in ("state", "owner"))
        lead_words = lead_words_for(workspace.config.workspace.language)
        states = {rule.state: lead_words.state(rule.state, rule.name) for rule in load_rules(workspace)}
        with self._site.store.read() as connection:
            leads = list_leads(connection, workspace, state=state, owner=owner, limit=MOST_LEADS)
        return self.page(
            "leads.html", "leads", leads=leads, state=state, owner=owner, states=states, most=MOST_LEADS
        )

    def customers(self, _request: Request) -> Response:
        return self.page("customers.html", "customers", email="", problem=None)

    async def find_customer(self, request: Request) -> Response:
        """Go to the customer with an address. A POST, so that no address stands in a link or a log."""
        try:
            fields = read_fields(await read_body(request) or b"")
        except BadForm:
            fields = {}
        email = fields.get("email", [""])[0].strip()[:320]

        def find() -> int:
            with self._site.store.read() as connection:
                return customer_id(connection, email)

        try:
            found = await to_thread.run_sync(find)
        except NotFound as error:
            problem = error.findings[0]
            return self.page("customers.html", "customers", 404, email=email, problem=problem)
        return RedirectResponse(f"/console/customers/{found}", 303, PRIVATE)

    def customer(self, request: Request) -> Response:
        """One customer: who it is, where they stand, and everything that happened."""
        number = request.path_params["id"]
        if number > LARGEST_ID:
            return self._site.not_found()
        workspace = self._site.workspace
        customer, company = t.customers, t.companies
        with self._site.store.read() as connection:
            row = connection.execute(
                select(customer, company.c.name.label("company"))
                .outerjoin(company, company.c.id == customer.c.company_id)
                .where(customer.c.id == number)
            ).one_or_none()
            if row is None:
                return self._site.not_found()
            lead = find_lead(connection, workspace, row.email)
            events = timeline(connection, row.id, workspace.zone)
        return self.page("customer.html", "customers", customer=row, lead=lead, events=events)

    def segments(self, _request: Request) -> Response:
        """Every segment with its number of members now."""
        workspace = self._site.workspace
        rows = []
        with self._site.store.read() as connection:
            for name in segment_names(workspace):
                try:
                    segment = load_segment(workspace, name)
                    members = count(connection, segment, scope_for(workspace, self._site.now()))
                    rows.append(SegmentRow(name, segment, members))
                except InputError as error:
                    rows.append(SegmentRow(name, None, None, error.findings))
        return self.page("segments.html", "segments", rows=rows)

    def page(self, name: str, here: str, status: int = 200, **values: Any) -> Response:
        """A page of the console, with its navigation."""
        site = self._site
        shared = {
            "here": here,
            "with_mailbox": site.mailbox is not None,
            "with_password": site.workspace.secrets.web_password is not None,
        }
        return site.page(name, self._words, status, **shared, **values)

    def _rows(self, connection: Connection) -> list[Row]:
        return [self._row(connection, name) for name in campaign_names(connection, self._site.workspace)]

    def _row(self, connection: Connection, name: str) -> Row:
        spec: Campaign | None = None
        problem: Finding | None = None
        try:
            spec = load_campaign(self._site.workspace, name)
        except NotFound:
            # It ran, and its file is gone since: the rows still tell.
            pass
        except InputError as error:
            problem = error.findings[0]
        status = campaign_status(connection, name, self._site.now(), spec)
        title = spec.title if spec else name
        return Row(status, title, spec.description if spec else "", problem)

    def _progress(self, row: Row) -> dict[str, Any]:
        status = row.status
        left = status.seconds_left
        return {
            "campaign": status.campaign,
            "state": status.state,
            "state_name": self._words(f"state_{status.state}"),
            "counts": dict(status.counts),
            "done": row.done,
            "total": status.total,
            "rate": round(status.rate, 1),
            "seconds_left": None if left is None else round(left),
        }


_GROUPS = {"funnel": FUNNEL, "after": AFTER, "people": PEOPLE}


def console_routes(site: Site) -> list[Route]:
    """Every page of the console."""
    console = Console(site)
    routes = [
        Route("/console", console.campaigns, methods=["GET"]),
        Route("/console/progress.json", console.progress, methods=["GET"]),
        Route("/console/campaigns/{name}", console.campaign, methods=["GET"]),
        Route("/console/leads", console.leads, methods=["GET"]),
        Route("/console/customers", console.customers, methods=["GET"]),
        Route("/console/customers", console.find_customer, methods=["POST"]),
        Route("/console/customers/{id:int}", console.customer, methods=["GET"]),
        Route("/console/segments", console.segments, methods=["GET"]),
    ]
    if site.mailbox is not None:
        mailbox = MailboxPages(site.mailbox, console.page)
        routes += [
            Route("/console/mailbox", mailbox.list, methods=["GET"]),
            Route("/console/mailbox/{id}", mailbox.mail, methods=["GET"]),
            Route("/console/mailbox/{id}/html", mailbox.html, methods=["GET"]),
            Route("/console/mailbox/{id}/source", mailbox.source, methods=["GET"]),
        ]
    return routes
