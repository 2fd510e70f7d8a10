"""`nurture templates`: the emails of a workspace, what is wrong with them, and how they look."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import click

from nurture import clock
from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import message, print_json, table
from nurture.cli.templates_check import check_command
from nurture.cli.templates_preview import Preview, serve, write_files
from nurture.cli.templates_send import send_test
from nurture.config import Workspace
from nurture.customers.card import customer_id
from nurture.errors import Finding, InputError, NotFound
from nurture.templates import (
    Rendered,
    Renderer,
    compile_template,
    compile_with,
    contexts,
    full_context,
    known_values,
    load_file,
    load_template,
    recipient_urls,
    template_names,
)
from nurture.templates.compile import KNOWN_NAMES

MOST_CONTEXT_BYTES = 10_000_000


@click.group(name="templates")
def group() -> None:
    """Emails: list, check, render, look at them, send one to yourself."""


@group.command("list", epilog="\b\nExample:\n  nurture templates list")
@json_option
@pass_session
def list_command(session: Session, as_json: bool) -> None:
    """List the emails of this workspace."""
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for name in template_names(session.workspace):
        try:
            template = load_template(session.workspace, name)
        except InputError as error:
            findings += error.findings
            continue
        front = template.variants[template.default_language].front
        rows.append(
            {"template": name, "subject": front.subject, "languages": sorted(template.variants)}
            | {"description": front.description}
        )
    if as_json:
        print_json(rows)
    elif rows:
        table(
            ["template", "languages", "subject"],
            [[row["template"], ", ".join(row["languages"]), row["subject"]] for row in rows],
        )
    else:
        message("There are no emails yet: write templates/emails/<name>.mjml (docs/templates.md).")
    if findings:
        raise InputError(findings)


@group.command("show", epilog="\b\nExample:\n  nurture templates show newsletter")
@click.argument("name")
@json_option
@pass_session
def show_command(session: Session, name: str, as_json: bool) -> None:
    """Show how email NAME is put together: its languages, how each is rendered, its links."""
    compiled = compile_template(load_template(session.workspace, name), session.workspace, tracked=True)
    variants = [
        {
            "language": variant.language,
            "subject": variant.subject.source,
            "way": variant.way,
            "reason": variant.reason,
            "links": [
                {"key": link.key, "url": link.url, "tag": link.tag, "label": link.label}
                for link in variant.links
            ],
        }
        for variant in compiled.variants.values()
    ]
    if as_json:
        print_json({"template": name, "default_language": compiled.default_language, "variants": variants})
        return
    for variant in compiled.variants.values():
        click.echo(f"{variant.language}: {variant.way} ({variant.reason})")
        rows = [[link.key, link.label, link.url or "(personal)", link.tag] for link in variant.links]
        table(["link", "label", "leads to", "tag"], rows)


group.add_command(check_command)


@group.command(
    "render",
    epilog="\b\nExamples:\n  nurture templates render newsletter --customer hanako@yamada.example --json\n"
    "  nurture templates render --file offer.mjml --context context.json --json",
)
@click.argument("name", required=False)
@click.option("--customer", "email", help="Render for the customer with this address.")
@click.option("--language", help="In this language rather than the customer's.")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A template outside the workspace.",
)
@click.option(
    "--context",
    "context_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --file: JSON with the names that the template sees.",
)
@click.option("--html", "as_html", is_flag=True, help="Print the HTML rather than the text.")
@json_option
@pass_session
def render_command(
    session: Session,
    name: str | None,
    email: str | None,
    language: str | None,
    file: Path | None,
    context_file: Path | None,
    as_html: bool,
    as_json: bool,
) -> None:
    """Render email NAME for a customer, or a template FILE for a context; links lead to their targets."""
    if file is not None:
        if name or email:
            raise click.UsageError("--file takes the place of NAME and --customer.")
        rendered = _from_file(session, file, context_file, language)
    elif context_file is not None:
        raise click.UsageError("--context goes with --file.")
    elif name is None or email is None:
        raise click.UsageError("Name an email and --customer, or --file and --context.")
    else:
        rendered = _for_customer(session, name, email, language)
    if as_json:
        print_json(
            {
                "subject": rendered.subject,
                "preheader": rendered.preheader,
                "html": rendered.html,
                "text": rendered.text,
                "language": rendered.language,
                "way": rendered.way,
            }
        )
    elif as_html:
        click.echo(rendered.html)
    else:
        click.echo(f"Subject: {rendered.subject}\n\n{rendered.text}", nl=False)


def _for_customer(session: Session, name: str, email: str, language: str | None) -> Rendered:
    compiled = compile_template(load_template(session.workspace, name), session.workspace, tracked=False)
    context = _context(session, email)
    return Renderer(compiled).render(context, language=language or context["customer"]["locale"])


def _context(session: Session, email: str) -> dict[str, Any]:
    """What an email to this customer sees; the reader's pages are samples, for no email was sent."""
    with session.store.read() as connection:
        key = customer_id(connection, email)
        found = contexts(connection, session.workspace, [key], now=session.now)[key]
    return {**found, **recipient_urls(session.workspace.config.web.public_url, "preview")}


def _from_file(session: Session, file: Path, context_file: Path | None, language: str | None) -> Rendered:
    given = _context_of(context_file) if context_file else {}
    workspace = _workspace_or_none(session)
    names: dict[str, Any] = {}
    if workspace is not None:
        today = clock.day(session.now, workspace.zone)
        names = known_values(workspace, {"name": file.stem}) | {"today": today}
        names |= recipient_urls(workspace.config.web.public_url, "preview")
    names |= given
    usual = language or _language_of(given) or (workspace.config.workspace.language if workspace else "ja")
    template = load_file(file, usual)
    values = {name: names[name] for name in KNOWN_NAMES if name in names}
    compiled = compile_with(template, values, tracked=False, probes=[names], name_language=False)
    return Renderer(compiled).render(names, language=language)


def _workspace_or_none(session: Session) -> Workspace | None:
    return session.workspace if (session.folder / "config.yaml").is_file() else None


def _language_of(context: Mapping[str, Any]) -> str | None:
    customer = context.get("customer")
    language = context.get("language") or (customer.get("locale") if isinstance(customer, dict) else None)
    return language if isinstance(language, str) and language else None


def _context_of(path: Path) -> dict[str, Any]:
    """The names in a JSON file.

    Raises:
        InputError: there is no such file, or it is not a JSON object.
    """
    where = str(path)
    try:
        if path.stat().st_size > MOST_CONTEXT_BYTES:
            raise InputError(Finding(where, f"This file is larger than {MOST_CONTEXT_BYTES:,} bytes."))
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise NotFound(Finding(where, "This file does not exist.")) from None
    except OSError as error:
        raise InputError(Finding(where, f"This file cannot be read: {error.strerror}.")) from None
    except UnicodeDecodeError:
        raise InputError(Finding(where, "This file is not UTF-8 text.", "Save it as UTF-8.")) from None
    except json.JSONDecodeError as error:
        what = f"This is not JSON: {error.msg}."
        raise InputError(Finding(where, what, "Check quotes and commas.", error.lineno)) from None
    except (ValueError, RecursionError):
        raise InputError(
            Finding(where, "This JSON is nested too deeply or holds too large a number.")
        ) from None
    if not isinstance(data, dict):
        fix = 'Write an object of names, such as {"customer": {"family_name": "佐藤"}}.'
        raise InputError(Finding(where, "The context must be a JSON object.", fix, 1))
    return data


@group.command(
    "preview",
    epilog="\b\nExamples:\n  nurture templates preview newsletter\n"
    "  nurture templates preview newsletter --output preview/",
)
@click.argument("name")
@click.option("--customer", "email", help="As this customer would get it.  [default: a sample customer]")
@click.option("--port", type=click.IntRange(0, 65535), default=8100, show_default=True)
@click.option("--once", is_flag=True, help="End after the page has been fetched once.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the files into this folder instead of serving them.",
)
@pass_session
def preview_command(
    session: Session, name: str, email: str | None, port: int, once: bool, output: Path | None
) -> None:
    """Look at email NAME in a browser, at phone and desk width; it is rendered anew on each load."""
    preview = Preview(session.workspace, name, lambda language: _previewed(session, email, language))
    if output is not None:
        for path in write_files(preview, output):
            click.echo(path)
        return
    serve(preview, port, once=once)


def _previewed(session: Session, email: str | None, language: str) -> dict[str, Any]:
    if email is not None:
        return _context(session, email)
    return full_context(session.workspace, clock.day(session.now, session.workspace.zone), language)


@group.command(
    "send-test", epilog="\b\nExample:\n  nurture templates send-test newsletter --to me@sample.example"
)
@click.argument("name")
@click.option("--to", "to", required=True, help="Where to send it.")
@click.option("--customer", "email", help="As this customer would get it.  [default: a sample customer]")
@click.option("--language", help="In this language rather than the customer's.")
@json_option
@pass_session
def send_test_command(
    session: Session, name: str, to: str, email: str | None, language: str | None, as_json: bool
) -> None:
    """Send email NAME once, to an address of yours; nothing is recorded."""
    workspace = session.workspace
    context = _previewed(session, email, language or workspace.config.workspace.language)
    compiled = compile_template(load_template(workspace, name), workspace, tracked=False)
    rendered = Renderer(compiled).render(context, language=language or context["customer"]["locale"])
    at = session.now.astimezone(UTC)
    outcome = send_test(workspace, rendered, to, context["unsubscribe_url"], at, secrets.token_hex(8))
    if as_json:
        print_json({"to": to, "state": outcome.state, "code": outcome.code, "reply": outcome.reply})
    else:
        message(f"Sent to {to}: {rendered.subject}")
