"""Answers of the simulated dialer made wrong, though they were carried out and arrive whole.

Owns the functions from a right answer to a wrong one. A refusal is left as it is: what was not carried out
cannot be reported badly.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from campaign_sandbox.server_answers import Answer
from campaign_sandbox.simulator.dialer_faults import Effect, NoId, NotJson, Oversized, PageFault

_ABSURD_PAGES = 1_000_000_000
_HTML = {"Content-Type": "text/html; charset=utf-8"}


def distort(effect: Effect | None, answer: Answer) -> Answer:
    """The answer that the effect makes of a right one; the same for an effect of another kind."""
    if answer.status >= HTTPStatus.BAD_REQUEST:
        return answer
    match effect:
        case NoId():
            return replace(answer, payload={name: value for name, value in answer.payload.items() if name != "id"})
        case NotJson():
            return replace(answer, raw="<!doctype html><title>Welcome</title>", headers=_HTML)
        case Oversized():
            return replace(answer, payload=answer.payload | {"padding": "x" * effect.bytes}, chunked=effect.chunked)
        case PageFault():
            return replace(answer, payload=_distorted_page(effect, answer.payload))
        case _:
            return answer


def _distorted_page(effect: PageFault, page: dict[str, Any]) -> dict[str, Any]:
    match effect.shape:
        case "empty":
            return page | {"data": [], "totalPages": 1}
        case "wrongTypes":
            rows = [{name: _of_another_type(value) for name, value in row.items()} for row in page["data"]]
            return page | {"data": rows or "none", "totalPages": str(page["totalPages"])}
        case "absurdPages":
            return page | {"totalPages": _ABSURD_PAGES}
        case "fewerCalls":
            return page | {"data": [_halved(row) for row in page["data"]]}


def _of_another_type(value: str | int) -> str | int:
    return len(value) if isinstance(value, str) else f"about {value}"


def _halved(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value // 2 if isinstance(value, int) else value for name, value in row.items()}
