"""When the public holidays that a campaign names are read, and where; and what the rules of a zone allow."""

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, SETTINGS, campaign, spec
from lone_campaign import NoCalls

from campaign_operator.domain.planning.blueprint import Blueprint, draw_blueprint
from campaign_operator.engine import blueprints
from campaign_operator.engine.blueprints import Blueprints
from campaign_operator.engine.memory import Memory

US = {"country": "US"}
RULES = {"timeZones": ["Europe/London"], "holidays": [{"country": "GB", "subdivision": "SCT"}]}


@pytest.fixture
def read_by(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, set[object]]]:
    """The thread of each reading, and what it read."""
    found: list[tuple[int, set[object]]] = []
    monkeypatch.setattr(
        blueprints, "read_holidays", lambda wanted: found.append((threading.get_ident(), {each[:2] for each in wanted}))
    )
    return found


async def test_holidays_are_read_beside_the_loop_and_once_for_a_spec(read_by: list[tuple[int, set[object]]]) -> None:
    named = campaign(spec=spec(callingHours={"holidays": [US], "zones": [RULES]}))
    drawer, memory = Blueprints(NoCalls(), NoCalls(), NoCalls(), SETTINGS), Memory()
    for _ in range(2):
        drawn, _ = await drawer.of(named, memory, NOW)
        assert isinstance(drawn, Blueprint)
    ((thread, read),) = read_by
    assert thread != threading.get_ident()
    assert read == {("US", None), ("GB", "SCT")}
    await drawer.of(named, memory, NOW.replace(year=2027))
    assert len(read_by) == 2, "another year"


async def test_nothing_is_read_for_a_campaign_that_names_no_country(read_by: list[tuple[int, set[object]]]) -> None:
    await Blueprints(NoCalls(), NoCalls(), NoCalls(), SETTINGS).of(campaign(), Memory(), NOW)
    assert read_by == []


@pytest.mark.parametrize(
    ("zone", "day", "allowed"),
    [
        ("Europe/London", "2026-11-26", True),
        ("Europe/London", "2026-11-30", False),
        ("America/New_York", "2026-11-26", False),
        ("America/New_York", "2026-11-30", True),
    ],
)
def test_a_window_on_a_holiday_of_its_zone_is_not_allowed(zone: str, day: str, allowed: bool) -> None:
    """Thanksgiving, and Saint Andrew's Day in Scotland: by this, an edit cancels windows of a run that has started."""
    american = {"timeZones": ["America/New_York"], "holidays": [US]}
    drawn = draw_blueprint(spec(callingHours={"zones": [american, RULES]}))
    start = datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=ZoneInfo(zone))
    assert drawn.allows(zone, start, start + timedelta(hours=4)) is allowed
