"""The submission protocol, searched to the end: what must never be cannot be, and there is always a way on.

A change of the protocol starts here. Change the rule in `rules`, `planning` or `cancelling`, which have the names and
the order of the operator's own; add the omission of a new rule to `setup`, and a configuration that finds it to
`configurations`. Only when this holds again, change the operator.

Runs overlap in it: zones that are far apart, windows that last longer than from one match to the next, up to three runs
at once. The listing lags: what was sent shows at any time up to the end of its settling time.

Not in it:

- two resources with one campaign at the dialer, which have a model of their own (`owners`);
- windows that are sent late or skipped by an edit;
- room for windows, `concurrencyPolicy` and `pastZones`: there are few matches, and every one is planned as soon as it
  may be, without `submitAheadSeconds`;
- the grace after the last end, and how calls are counted: a run has all its calls, or it has not;
- drift, and schedules of an earlier resource that no window holds;
- `resolve` by a person who is wrong about the dialer;
- a resource that is created again after the deadline of a deletion, before the listing shows what was last sent;
- crashes, lost requests and lost answers where requests are `prompt`: there the search is about which runs there are.

It is known not to hold, and nothing is promised, where a status is wiped together with an edit, and where a dialer has
no listing and a resource is created again under its old name. A match that failed is planned again only after an edit;
the budget of refusals hides what would come of it otherwise, which is that it fails without end.
"""

import pytest

from campaign_operator.api.vocabulary import WindowState
from model import world
from model.configurations import CONFIGURATIONS, FOUND_IN, search
from model.setup import Omission


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_protocol_holds_with(name: str) -> None:
    found = search(name)
    assert found.violation is None, str(found)


@pytest.mark.parametrize("omission", FOUND_IN, ids=str)
def test_it_is_found_that(omission: Omission) -> None:
    found = search(FOUND_IN[omission], omission)
    assert found.violation is not None, f"not found among {found.states} states"
    assert found.trace


def test_every_omission_has_a_configuration_that_finds_it() -> None:
    assert set(FOUND_IN) == set(Omission)


def test_the_model_has_the_states_of_the_code() -> None:
    # a Skipped window is so from its plan to its end, and no rule does anything about it
    assert {str(state) for state in WindowState} - {WindowState.SKIPPED} <= {
        name for name in vars(world).values() if isinstance(name, str)
    }
