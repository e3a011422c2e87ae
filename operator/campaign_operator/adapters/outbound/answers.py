"""What may be read from an answer: bounded JSON, Retry-After, and the short message that a user may see.

Answers are written by machines we do not control, and some of what is read here ends in status, Events and
logs. Everything is therefore checked, cleaned and cut at this one place. Sends nothing.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NoReturn

from campaign_operator.adapters.outbound.echoes import echoes

LONGEST_MESSAGE = 200
LONGEST_RETRY_AFTER_SECONDS = 86_400.0

NO_BODY = "its body is too large, encoded or cut off, or it repeats a secret"
"""Why there is no body to be read."""

_LONGEST_CLEANED = 2 * LONGEST_MESSAGE
"""Twice the length, so that no megabyte is cleaned for the sake of a line."""

_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_MESSAGE_FIELDS = ("message", "error_description", "error", "detail", "title")


class UnreadableAnswerError(ValueError):
    """A body is not what was agreed. The message is fit for users and repeats nothing of the body."""


def json_object(body: bytes) -> Mapping[str, object]:
    """The JSON object that a body holds. Raises UnreadableAnswerError for anything else."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswerError("the answer is not JSON") from error
    if not isinstance(value, dict):
        raise UnreadableAnswerError("the answer is not a JSON object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def retry_after_seconds(text: str | None, now: datetime) -> float | None:
    """How long Retry-After asks to wait: seconds or a date (RFC 9110, section 10.2.3), from 0 to 24 hours.

    None where there is no such header or it says nothing usable.
    """
    if text is None:
        return None
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        wait = (moment - now) / timedelta(seconds=1)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def cleaned(text: str) -> str:
    """One line of visible characters, at most LONGEST_MESSAGE of them."""
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[:_LONGEST_CLEANED])
    line = " ".join(visible.split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def stated_reason(body: bytes | None, secrets: Iterable[str]) -> str:
    """The short message in an error's JSON body, cleaned; "" where there is none or it repeats a secret."""
    if body is None:
        return ""
    try:
        found = json_object(body)
    except UnreadableAnswerError:
        return ""
    text = _message_in(found)[:_LONGEST_CLEANED]
    return "" if echoes(text, secrets) else cleaned(text)


def _message_in(found: Mapping[str, object]) -> str:
    for field in _MESSAGE_FIELDS:
        value = found.get(field)
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value.strip():
            return value
    return ""
