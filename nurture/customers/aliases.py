"""The names that other systems give to our columns.

Keys are compared as `columns.key` writes them: one width, lower case, letters and digits only.
"""

from __future__ import annotations

_NAMES: dict[str, tuple[str, ...]] = {
    "email": ("email", "mail", "e-mail address", "mail address", "email address"),
    "family_name": ("family_name", "last_name", "surname"),
    "given_name": ("given_name", "first_name"),
    "full_name": ("full_name", "name", "contact name"),
    "family_kana": ("family_kana",),
    "given_kana": ("given_kana",),
    "full_kana": ("full_kana", "kana"),
    "honorific": ("honorific",),
    "title": ("title", "job title", "position"),
    "department": ("department",),
    "phone": ("phone", "telephone", "tel", "phone number"),
    "locale": ("locale", "language"),
    "time_zone": ("time_zone",),
    "owner": ("owner", "sales rep"),
    "birthday": ("birthday", "birthdays", "birth date", "date of birth"),
    "company": ("company", "company name", "organization", "organisation"),
    "industry": ("industry",),
    "company_founded_on": ("company_founded_on", "founded on"),
    "company_country": ("company_country",),
    "company_stage": ("company_stage",),
    "company_owner": ("company_owner",),
    "consent_basis": ("consent_basis",),
    "consent_date": ("consent_date",),
    "consent_evidence": ("consent_evidence",),
    "consent_recorded_by": ("consent_recorded_by",),
    "consent_expires_on": ("consent_expires_on",),
    "card_exchanged_on": ("card_exchanged_on",),
    "opted_out": ("opted_out", "opt out", "unsubscribed"),
    "may_mail": ("may_mail",),
    "special_days": ("special_days", "holidays"),
    "product": ("product",),
    "amount": ("amount",),
    "currency": ("currency",),
    "purchased_on": ("purchased_on",),
    "external_id": ("external_id",),
    "activity": ("activity",),
    "happened_at": ("happened_at",),
    "detail": ("detail",),
    "value": ("value",),
}


def _keyed() -> dict[str, str]:
    """Every alias by its key; a name claimed twice is a mistake of ours."""
    found: dict[str, str] = {}
    for field, names in _NAMES.items():
        for name in names:
            key = "".join(char for char in name.casefold() if char.isalnum())
            if found.setdefault(key, field) != field:
                raise AssertionError(f"{name} is claimed by {found[key]} and by {field}")
    return found


ALIASES = _keyed()
