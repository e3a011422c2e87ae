"""A decision about a run of hundreds of windows: others wait for as long as it takes."""

from collections import Counter

import pytest
from builders import SETTINGS, campaign, observed, run, status, window

from campaign_operator.api.status import RunStatus
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.decisions.decide import decide

COUNTED = ("submission_started", "is_finished", "has_started", "is_cancelled")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a question was asked that looks at all windows of a run."""
    asked = Counter[str]()

    def counted(name: str) -> None:
        question = getattr(runs, name)

        def asks(of: RunStatus, *more: object) -> bool:
            asked[name] += 1
            return bool(question(of, *more))

        monkeypatch.setattr(runs, name, asks)

    for name in COUNTED:
        counted(name)
    return asked


@pytest.mark.parametrize("state", [WindowState.PLANNED, WindowState.SUBMITTED, WindowState.UNCERTAIN])
def test_no_question_about_a_run_is_asked_for_each_of_its_windows(looks: Counter[str], state: WindowState) -> None:
    asked = []
    for count in (2, 200):
        looks.clear()
        windows = [window(state, time_zone=f"Zone/{number}") for number in range(count)]
        decide(campaign(status(run(*windows))), observed(), SETTINGS, set())
        asked.append(dict(looks))
    assert asked[0] == asked[1]
