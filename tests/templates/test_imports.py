"""A short command stays short: what only makes emails is taken in when an email is made."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("premailer", "cssutils", "inscriptis", "babel", "requests")


def test_asking_about_campaigns_takes_in_nothing_that_makes_emails() -> None:
    script = f"import sys, nurture.cli.campaigns; print([one for one in {HEAVY!r} if one in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
