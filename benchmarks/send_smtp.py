"""How fast emails are built and sent: by us, by the standard library, by Postfix's smtp-source.

In:  nothing; takes the number of emails as an argument (default 2000).
Out: CPU time per email and rates on standard output, and their ratios. Compare numbers of one run only. The
     receiver is Postfix's smtp-sink if it is installed, else the small sink beside this file, in a process of
     its own.

    python benchmarks/send_smtp.py 5000
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from nurture.delivery import OutgoingEmail, SmtpSettings, SmtpTransport, WireBuilder

DATE = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)
PARAGRAPH = "いつもお世話になっております。{} 様の設備に合わせた保守のご案内です。" * 3
HTML = "\n".join(
    ["<html><body>"]
    + [f'<p style="margin:0 0 16px;font-size:15px;color:#222222">{PARAGRAPH}</p>' for _ in range(60)]
    + ["</body></html>"]
)
TEXT = "\n".join([PARAGRAPH] * 20)
CONNECTIONS = 10


@dataclass(frozen=True)
class Measured:
    what: str
    cpu_us: float
    per_second: float


def measure(what: str, count: int, work: Callable[[], object]) -> Measured:
    cpu, wall = cpu_seconds(), time.perf_counter()
    work()
    return Measured(what, (cpu_seconds() - cpu) / count * 1e6, count / (time.perf_counter() - wall))


def cpu_seconds() -> float:
    """CPU time of this process and of the children it has waited for."""
    return sum(os.times()[:4])


def ours(numbers: range) -> list[OutgoingEmail]:
    builder = WireBuilder(
        from_name="サンプル工業", from_address="news@sample.example", list_id="news.sample.example"
    )
    return [
        builder.build(
            delivery_id=number,
            mail_from=f"b+{number}@bounce.sample.example",
            to_address=f"c{number}@customer.example",
            to_name="佐藤 花子",
            subject=f"保守のご案内 {number}",
            html=HTML.format(*[number] * 180),
            text=TEXT.format(*[number] * 60),
            message_id=f"<{number}.abcdef@sample.example>",
            date=DATE,
            unsubscribe_url=f"https://sample.example/u/{number}",
        )
        for number in numbers
    ]


def standard(numbers: range) -> list[bytes]:
    found = []
    for number in numbers:
        message = EmailMessage(policy=SMTP)
        message["From"] = Address("サンプル工業", "news", "sample.example")
        message["To"] = Address("佐藤 花子", f"c{number}", "customer.example")
        message["Subject"] = f"保守のご案内 {number}"
        message["Date"] = DATE
        message["Message-ID"] = f"<{number}.abcdef@sample.example>"
        message["List-Unsubscribe"] = f"<https://sample.example/u/{number}>"
        message.set_content(TEXT.format(*[number] * 60), cte="8bit")
        message.add_alternative(HTML.format(*[number] * 180), subtype="html", cte="8bit")
        found.append(message.as_bytes())
    return found


def send_ours(port: int, emails: list[OutgoingEmail], connections: int) -> None:
    async def run() -> None:
        transport = SmtpTransport(SmtpSettings(port=port, connections=connections))
        states = [outcome.state async for outcome in transport.deliver(emails)]
        await transport.close()
        if states.count("sent") != len(emails):
            raise SystemExit(f"only {states.count('sent')} of {len(emails)} were sent")

    asyncio.run(run())


def send_smtplib(port: int, contents: list[bytes]) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example") as client:
        for number, content in enumerate(contents):
            client.sendmail(
                "b@bounce.sample.example", [f"c{number}@customer.example"], content, ["BODY=8BITMIME"]
            )


def send_smtp_source(port: int, count: int, length: int) -> None:
    command = ["smtp-source", "-s", str(CONNECTIONS), "-m", str(count), "-l", str(length)]
    subprocess.run(
        [*command, "-d", "-f", "a@sample.example", "-t", "b@c.example", f"127.0.0.1:{port}"], check=True
    )


@contextmanager
def sink(chunking: bool) -> Iterator[int]:
    if (postfix := shutil.which("smtp-sink")) and not chunking:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        command = [postfix, f"127.0.0.1:{port}", "100"]
    else:
        port = 0
        own = Path(__file__).with_name("smtp_sink.py")
        command = [sys.executable, str(own), *(["--chunking"] if chunking else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            if port == 0 and process.stdout is not None:
                port = int(process.stdout.readline().split()[-1])
            yield port
        finally:
            process.kill()


def measured_builds(numbers: range, few: range, emails: list[OutgoingEmail]) -> list[Measured]:
    count = len(numbers)
    return [
        measure("fill: the bodies alone", count, lambda: [HTML.format(*[n] * 180) for n in numbers]),
        measure("build: WireBuilder, bodies filled too", count, lambda: ours(numbers)),
        measure("write: content, 8bit", count, lambda: [one.content(True) for one in emails]),
        measure("write: content, base64", count, lambda: [one.content(False) for one in emails]),
        measure("build: EmailMessage, bodies filled too", len(few), lambda: standard(few)),
    ]


def measured_sends(emails: list[OutgoingEmail], contents: list[bytes]) -> list[Measured]:
    count, length = len(emails), len(emails[0].content(True))
    found = []
    with sink(chunking=False) as port:
        found += [
            measure("send: ours, PIPELINING, 1", count, lambda: send_ours(port, emails, 1)),
            measure("send: ours, PIPELINING, 10", count, lambda: send_ours(port, emails, CONNECTIONS)),
            measure("send: smtplib, 1", len(contents), lambda: send_smtplib(port, contents)),
        ]
        if shutil.which("smtp-source"):
            found.append(
                measure("send: smtp-source, 10", count, lambda: send_smtp_source(port, count, length))
            )
    with sink(chunking=True) as port:
        found.append(measure("send: ours, CHUNKING, 1", count, lambda: send_ours(port, emails, 1)))
        found.append(measure("send: ours, CHUNKING, 10", count, lambda: send_ours(port, emails, CONNECTIONS)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast emails are built and sent.")
    parser.add_argument("count", nargs="?", type=int, default=2000)
    count: int = parser.parse_args().count
    numbers, few = range(count), range(max(count // 10, 1))
    emails, contents = ours(numbers), standard(few)
    builds, sends = measured_builds(numbers, few, emails), measured_sends(emails, contents)
    print(
        f"{count} emails of {len(emails[0].content(True)):,} octets; the last number is that of connections"
    )
    for one in [*builds, *sends]:
        print(f"{one.what:40} {one.cpu_us:8.0f} us CPU per email {one.per_second:9,.0f}/s")
    built = builds[1].cpu_us + builds[2].cpu_us - builds[0].cpu_us
    print(
        f"WireBuilder takes 1/{(builds[4].cpu_us - builds[0].cpu_us) / built:.1f} of EmailMessage's CPU time"
    )
    print(f"our client takes 1/{sends[2].cpu_us / sends[0].cpu_us:.1f} of smtplib's CPU time")


if __name__ == "__main__":
    main()
