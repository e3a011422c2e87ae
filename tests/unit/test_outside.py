"""Whoever outside a look waits for, it makes room for others meanwhile, and is at work again when it has the answer."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any

import pytest

from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.engine import outside
from campaign_operator.engine.looks import Asked, Looks
from campaign_operator.engine.places import LookBounds, Place, Places
from campaign_operator.engine.submission import Permits

WRAPPERS = [each for name, each in vars(outside).items() if name.startswith("Outside")]
ASKED = [(each, name) for each in WRAPPERS for name, of in vars(each).items() if inspect.iscoroutinefunction(of)]
TOLD = [
    (each, name)
    for each in WRAPPERS
    for name, of in vars(each).items()
    if not (name.startswith("_") or inspect.iscoroutinefunction(of))
]


class OneLook:
    """A place for one, which is taken; `is_at_work` is whether it is."""

    def __init__(self) -> None:
        self._places = Places(LookBounds(at_work=1), lambda: None)
        self._place: Place = self._places.begin("sales")

    @property
    def is_at_work(self) -> bool:
        return not self._places.has_room("sales")

    def run(self, look: Callable[[], Awaitable[object]]) -> object:
        """The outcome of a look that is never really interrupted."""
        return copy_context().run(self._run, look)

    def _run(self, look: Callable[[], Awaitable[object]]) -> object:
        self._place.hold()
        steps = look().__await__()
        with pytest.raises(StopIteration) as end:
            next(steps)
        return end.value.value


class Recording:
    """Answers everything, and records with what it was asked and whether the look was at work."""

    def __init__(self, look: OneLook) -> None:
        self._look = look
        self.asked: list[tuple[str, list[object], bool]] = []

    def __getattr__(self, name: str) -> Any:
        async def answer(*given: object, **named: object) -> str:
            self.asked.append((name, [*given, *named.values()], self._look.is_at_work))
            return "the answer"

        def told(*given: object, **named: object) -> None:
            self.asked.append((name, [*given, *named.values()], self._look.is_at_work))

        return told if any(name == each for _, each in TOLD) else answer


def arguments(of: Callable[..., object]) -> tuple[list[object], dict[str, object]]:
    """A value of its own for each parameter, but for the object itself."""
    parameters = list(inspect.signature(of).parameters.values())[1:]
    named = {each.name: object() for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}
    return [object() for each in parameters if each.name not in named], named


def test_there_are_wrappers_for_all_that_a_look_may_wait_for() -> None:
    names = {f"{each.__name__}.{name}" for each, name in ASKED}
    assert names == {
        "OutsideDialer.authenticate",
        "OutsideDialer.check_access",
        "OutsideDialer.submit",
        "OutsideDialer.list_schedules",
        "OutsideDialer.cancel",
        "OutsideDialer.fetch_analytics",
        "OutsideNotifier.deliver",
        "OutsideAnalytics.counts",
        "OutsideContacts.read",
        "OutsideCalendars.excluded_dates",
        "OutsidePolicies.policy",
    }


@pytest.mark.parametrize(("wrapper", "name"), ASKED)
def test_the_question_is_passed_on_while_the_look_makes_room(wrapper: Any, name: str) -> None:
    look = OneLook()
    recording = Recording(look)
    asked = getattr(wrapper(recording), name)
    given, named = arguments(getattr(wrapper, name))
    assert look.run(lambda: asked(*given, **named)) == "the answer"
    assert recording.asked == [(name, [*given, *named.values()], False)]
    assert look.is_at_work


@pytest.mark.parametrize(("wrapper", "name"), TOLD)
def test_what_returns_at_once_is_passed_on(wrapper: Any, name: str) -> None:
    look = OneLook()
    recording = Recording(look)
    given, _ = arguments(getattr(wrapper, name))
    getattr(wrapper(recording), name)(*given)
    assert recording.asked == [(name, given, True)]


async def test_a_look_that_waits_for_permits_makes_room() -> None:
    """They are held while a dialer is waited for."""
    permits, looks, came = Permits(1), Looks(LookBounds(at_work=1)), list[str]()
    given_back, all_have_come = asyncio.Event(), asyncio.Event()

    async def look(ref: CampaignRef, _: Asked) -> None:
        came.append(ref.name)
        if len(came) == 3:
            all_have_come.set()
        async with permits.take(1):
            await given_back.wait()

    looks.on_look(look)
    async with permits.take(1):
        for name in ("one", "other", "third"):
            looks.ask(CampaignRef("sales", name), Asked(check=True))
        await asyncio.wait_for(all_have_come.wait(), 10)
    given_back.set()
    await looks.close(10)
