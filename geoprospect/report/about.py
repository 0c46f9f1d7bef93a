"""What people say of a run beside its data: who answers for it, as of when, under which licence."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """What a catalogue entry holds that no data tell; None where nobody said."""

    abstract: str | None = None
    date: datetime.date | None = None
    organisation: str | None = None
    contact: str | None = None
    email: str | None = None
    licence: str | None = None
    keywords: tuple[str, ...] = ()
    language: str = "eng"


def about(
    *,
    abstract: str | None = None,
    date: datetime.date | None = None,
    organisation: str | None = None,
    contact: str | None = None,
    email: str | None = None,
    licence: str | None = None,
    keywords: Sequence[str] = (),
    language: str = "eng",
) -> About:
    """
    What metadata and catalogue entries of a run say that its data do not tell.

    Nothing is made up for what is left out: metadata mark it as missing.

    Parameters
    ----------
    abstract : str, optional
        A sentence or two; otherwise made from the title.
    date : date, optional
        As of when the map holds. Outputs know no clock (the same data give the same bytes), so
        without it catalogues say that the time is unknown.
    organisation, contact, email : str, optional
        Who answers for it.
    licence : str, optional
        An SPDX identifier such as ``CC-BY-4.0``; otherwise ``other``.
    keywords : list of str, optional
        Beside those that every run bears.
    language : str
        Of title and abstract, three letters by ISO 639-2 (``eng``, ``zho``).

    Raises
    ------
    ValueError
        If *language*, *licence* or *email* is not of such a form.
    """
    if not re.fullmatch(r"[a-z]{3}", language):
        raise ValueError(
            f"language must be three letters by ISO 639-2 such as 'eng' or 'zho', got {language!r}"
        )
    if licence is not None and not re.fullmatch(r"[\w.+-]+", licence, re.ASCII):
        raise ValueError(
            f"licence must be one SPDX identifier such as 'CC-BY-4.0', got {licence!r}"
        )
    if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise ValueError(f"email must be an address such as 'name@survey.org', got {email!r}")
    return About(abstract, date, organisation, contact, email, licence, tuple(keywords), language)


KEYWORDS = ("mineral prospectivity", "mineral exploration", "geology")
"""What every run is about."""


def abstract_of(told: About, title: str) -> str:
    """The stated abstract, or one that is true of every run."""
    return told.abstract or (
        f"{title}: maps of mineral prospectivity, their doubt and their reasons, and ranked "
        "targets. A score is relative favourability of ground, not a resource."
    )
