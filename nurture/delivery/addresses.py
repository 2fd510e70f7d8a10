"""An email address as it may stand on the wire.

In:  an address as the customer table holds it.
Out: the same mailbox with its domain in A-labels (`xn--...`) and its local part quoted where it must be;
     InputError for what could break out of a command or a header.
"""

from __future__ import annotations

import re
from functools import lru_cache

import idna

from nurture.errors import Finding, InputError

# RFC 5321 section 4.5.3.1.3: a path has 256 octets, its angle brackets included.
LONGEST = 254

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LITERAL = re.compile(r"\[[0-9A-Za-z.:]+\]")
_PLAIN = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
# C0, DEL, C1, the line and paragraph separators, and halves of characters: none of them may reach a header or
# a command. C1 holds NEL, which some programs take for a line end.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def wire_address(address: str, where: str = "address") -> str:
    """The address in the form a command and a header may carry.

    Addresses that Japanese mobile carriers once gave out (`a..b@`, `a.@`) get the quotes RFC 5321 asks for.
    A local part outside ASCII stays as it is; only a relay with SMTPUTF8 takes it.

    >>> wire_address("info@日本.example")
    'info@xn--wgv71a.example'
    >>> wire_address("taro..sato@mobile.example")
    '"taro..sato"@mobile.example'

    Raises:
        InputError: this is no address, is too long, or holds a control character.
    """
    if len(address) > LONGEST:
        raise _refused(where, f"The address is longer than the {LONGEST} octets that SMTP allows.")
    if _PLAIN.fullmatch(address):
        return address
    if CONTROLS.search(address):
        raise _refused(where, "The address holds a line break or another control character.")
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise _refused(where, "This is not an email address: it needs a name, an @ and a domain.")
    written = f"{_local(local, where)}@{ascii_domain(domain, where)}"
    if len(written.encode()) > LONGEST:
        raise _refused(where, f"The address is longer than the {LONGEST} octets that SMTP allows.")
    return written


def _local(local: str, where: str) -> str:
    if _DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local):
        return local
    if '"' in local or "\\" in local:
        raise _refused(where, "The part before the @ has stray quotes.")
    return f'"{local}"'


@lru_cache(maxsize=4096)
def ascii_domain(domain: str, where: str = "domain") -> str:
    """A domain in A-labels; an address literal such as `[192.0.2.1]` stays as it is.

    Raises:
        InputError: no domain can have this name.
    """
    if _HOST.fullmatch(domain) or _LITERAL.fullmatch(domain):
        return domain
    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise _refused(where, "The domain after the @ is not one that can exist.") from None


def _refused(where: str, what: str) -> InputError:
    return InputError(Finding(where, what, "Correct the address; nothing is sent to it as it is."))
