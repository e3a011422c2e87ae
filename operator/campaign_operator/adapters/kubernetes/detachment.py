"""Taking the operator's finalizers from campaigns when there is no operator any more to take them.

Owns which finalizers are the operator's, and what is said of what stays at the dialer. Asks the dialer nothing: whoever
wants schedules cancelled deletes or suspends the campaigns while the operator runs.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaign_operator.adapters.kubernetes.api_server import APIAnswer, APIServer, NoAnswerError
from campaign_operator.adapters.kubernetes.campaign_paths import CAMPAIGN, lists_of
from campaign_operator.adapters.kubernetes.campaign_wire import Wire, campaign_of
from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.vocabulary import GROUP
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.engine.ports import UnusableError
from campaign_operator.wording import counted

FINALIZERS = f"{GROUP}/"
"""What the names of the operator's finalizers begin with: its own, and the one of earlier versions, which polled by
kopf.
"""

_PAGE = "500"
_MOST_ATTEMPTS = 5


class NotDetachedError(Exception):
    """A campaign still has a finalizer of the operator; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Detached:
    """A campaign that has no finalizer of the operator any more."""

    name: str
    """Namespace and name, with a slash."""

    left: str
    """What may still be dialed, in words."""


async def detached_campaigns(
    api: APIServer, namespaces: Sequence[str], selector: str, now: datetime
) -> AsyncIterator[Detached]:
    """Take the operator's finalizers from every campaign that has one; no namespaces are all of them, and an empty
    selector selects all.

    Raises NotDetachedError at the first that cannot be changed. It may be repeated.
    """
    async for wire in _campaigns(api, namespaces, selector):
        if _with_finalizers(wire):
            yield await _detached(api, wire, now)


async def campaigns_with_finalizers(api: APIServer, namespaces: Sequence[str], selector: str) -> list[str]:
    """The campaigns with a finalizer of the operator, by namespace and name. Raises NotDetachedError."""
    return [_name(wire) async for wire in _campaigns(api, namespaces, selector) if _with_finalizers(wire)]


async def _campaigns(api: APIServer, namespaces: Sequence[str], selector: str) -> AsyncIterator[Wire]:
    for path, names in lists_of(namespaces):
        first = {"limit": _PAGE, "labelSelector": selector}
        query = first
        while True:
            answer = await _answer(api, "GET", path, names, query)
            if answer.status != 200:
                raise NotDetachedError(f"the API server refuses to list campaigns: {answer.status} {answer.reason}")
            for wire in answer.body["items"]:
                yield wire
            following = answer.body["metadata"].get("continue")
            if not following:
                break
            query = {**first, "continue": following}


async def _detached(api: APIServer, wire: Wire, now: datetime) -> Detached:
    names = {"namespace": wire["metadata"]["namespace"], "name": wire["metadata"]["name"]}
    for _ in range(_MOST_ATTEMPTS):
        meta = wire["metadata"]
        others = [each for each in meta.get("finalizers", ()) if not each.startswith(FINALIZERS)]
        # a merge patch replaces the whole list, which the resourceVersion makes safe
        body = {"metadata": {"resourceVersion": meta["resourceVersion"], "finalizers": others}}
        answer = await _answer(api, "PATCH", CAMPAIGN, names, body=body)
        if answer.status in (200, 404):
            return Detached(_name(wire), _left(wire, now))
        if answer.status != 409:
            raise NotDetachedError(f"{_name(wire)}: the API server answered {answer.status} {answer.reason}")
        answer = await _answer(api, "GET", CAMPAIGN, names)
        if answer.status != 200:
            return Detached(_name(wire), _left(wire, now))
        wire = answer.body
    raise NotDetachedError(f"{_name(wire)} changes all the time; is an operator running?")


async def _answer(
    api: APIServer,
    method: str,
    path: str,
    names: dict[str, str],
    query: dict[str, str] | None = None,
    body: Wire | None = None,
) -> APIAnswer:
    try:
        return await api.request(method, path, names, query, body)
    except NoAnswerError as error:
        raise NotDetachedError(f"the API server cannot be reached: {error}") from None


def _with_finalizers(wire: Wire) -> bool:
    return any(each.startswith(FINALIZERS) for each in wire["metadata"].get("finalizers", ()))


def _name(wire: Wire) -> str:
    return f"{wire['metadata']['namespace']}/{wire['metadata']['name']}"


def _left(wire: Wire, now: datetime) -> str:
    try:
        status = campaign_of(wire).status
    except UnusableError:
        return "its status cannot be read, so look at the dialer for schedules"
    ends = [
        w.end_time for run in status.runs for w in runs.in_state(run, *window_states.OUTSTANDING) if w.end_time > now
    ]
    if not ends:
        return "the dialer has no schedule of it"
    return f"{counted(len(ends), 'schedule')} may stay at the dialer, until {to_rfc3339(max(ends))}"
