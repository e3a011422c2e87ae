"""Two campaigns with one campaignID at one dialer: exactly one of them submits."""

import itertools
from dataclasses import replace

import pytest
from builders import CONNECTION, NOW, at, campaign, run, status, window

from campaign_operator.api.vocabulary import CANCEL_FINALIZER, WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.decisions.ownership import (
    Claim,
    Rival,
    has_schedules_at,
    in_use,
    is_accepted,
    is_older,
    may_claim,
    may_have_schedules,
    owner,
)
from campaign_operator.domain.decisions.unusable import UnusableCampaign
from campaign_operator.domain.dialing.outcomes import (
    AccessGranted,
    AccessOutcome,
    AccessRefused,
    ListingNotOffered,
    Throttled,
    Unavailable,
)
from campaign_operator.domain.problem import Problem


def claim(name: str, *, age: float = 0, outstanding: bool = False, namespace: str = "sales", uid: str = "") -> Claim:
    return Claim(CampaignRef(namespace, name), uid or name, at(-age), outstanding)


def test_the_oldest_owns_while_nobody_has_schedules_outstanding() -> None:
    assert owner([claim("young", age=1), claim("old", age=9)]).ref.name == "old"


def test_schedules_outstanding_count_more_than_age() -> None:
    assert owner([claim("old", age=9), claim("young", age=1, outstanding=True)]).ref.name == "young"


def test_the_uid_settles_what_age_does_not() -> None:
    assert owner([claim("x", uid="b"), claim("y", uid="a")]).ref.name == "y"


def test_whoever_asks_gets_the_same_owner() -> None:
    claims = [
        claim("a", age=3),
        claim("b", age=3),
        claim("c", age=1, outstanding=True),
        claim("d", age=2, outstanding=True),
    ]
    assert {owner(order).ref.name for order in itertools.permutations(claims)} == {"d"}


def test_alone_nothing_is_in_the_way() -> None:
    assert in_use(claim("me"), []) is None


def test_the_owner_is_named_to_those_in_its_own_namespace() -> None:
    problem = in_use(claim("me"), [claim("other", age=9)])
    assert problem is not None
    assert '"other"' in problem.message


def test_the_owner_is_not_named_to_other_namespaces() -> None:
    problem = in_use(claim("me"), [claim("other", age=9, namespace="rivals")])
    assert problem is not None
    assert "other" not in problem.message.replace("another", "")
    assert "rivals" not in problem.message


def unusable(*finalizers: str, deleting: bool = False, dialer_hashes: frozenset[str] = frozenset()) -> UnusableCampaign:
    """A rival of which only the metadata is known."""
    return UnusableCampaign(
        ref=CampaignRef("support", "summer"),
        uid="uid-9",
        generation=1,
        resource_version="7",
        created=at(-60),
        deletion_time=at(-1) if deleting else None,
        finalizers=finalizers,
        labels={},
        conditions=(),
        problem=Problem("StatusUnreadable", "words"),
        secret_name="cxone",
        dialer_hashes=dialer_hashes,
    )


@pytest.mark.parametrize(
    ("rival", "claims", "outstanding"),
    [
        (unusable(), True, False),
        (unusable(CANCEL_FINALIZER), True, True),
        (unusable(deleting=True), False, False),
        (unusable(CANCEL_FINALIZER, deleting=True), True, True),
    ],
    ids=["new", "with our finalizer", "deleted", "deleted, with our finalizer"],
)
def test_a_rival_that_cannot_be_read_counts_by_its_metadata(
    rival: UnusableCampaign, claims: bool, outstanding: bool
) -> None:
    assert (may_claim(rival, NOW), may_have_schedules(rival, NOW)) == (claims, outstanding)


HERE, ELSEWHERE = CONNECTION.dialer_hash, "another"


@pytest.mark.parametrize(
    ("rival", "here", "somewhere"),
    [
        (campaign(status=status(run(window(WindowState.SUBMITTED)))), True, False),
        (campaign(status=status(run(window(WindowState.INTENT)))), True, False),
        (campaign(status=status(run(window()))), False, False),
        (campaign(status=status(run(window(WindowState.SUBMITTED, start=-60, end=-1)))), False, False),
        (campaign(status=status(run(window(WindowState.SUBMITTED), dialer_hash=ELSEWHERE))), False, False),
        (campaign(status=status(run(window(WindowState.UNCERTAIN), dialer_hash=None))), False, True),
        (unusable(CANCEL_FINALIZER, dialer_hashes=frozenset({HERE})), True, True),
        (unusable(CANCEL_FINALIZER, dialer_hashes=frozenset({ELSEWHERE})), False, True),
        (unusable(dialer_hashes=frozenset({HERE})), False, False),
    ],
    ids=[
        "submitted",
        "about to submit",
        "only planned",
        "all ended",
        "submitted at another dialer",
        "the status was lost",
        "unreadable, with runs at this dialer",
        "unreadable, with runs at another dialer",
        "unreadable, without our finalizer",
    ],
)
def test_a_status_tells_at_which_dialer_there_are_schedules(rival: Rival, here: bool, somewhere: bool) -> None:
    assert (has_schedules_at(rival, HERE, NOW), may_have_schedules(rival, NOW)) == (here, somewhere)


@pytest.mark.parametrize(
    ("outcome", "changes", "accepted"),
    [
        (AccessGranted(), {"client_id": "another", "token_url": "https://tokens.example/t"}, True),
        (ListingNotOffered(405), {"scope": "another"}, True),
        (ListingNotOffered(405), {"client_id": "another"}, False),
        (ListingNotOffered(405), {"token_url": "https://tokens.example/t"}, False),
        (AccessRefused(401, "dialer", "no"), {}, False),
        (Throttled(None, "too fast"), {}, False),
        (Unavailable("no answer"), {}, False),
    ],
)
def test_a_claim_is_what_the_dialer_itself_accepts(
    outcome: AccessOutcome, changes: dict[str, str], accepted: bool
) -> None:
    assert is_accepted(outcome, replace(CONNECTION, **changes), CONNECTION) is accepted


def test_only_the_oldest_is_older_than_all_others() -> None:
    claims = [claim("a", age=3), claim("b", age=2, outstanding=True), claim("c", age=1)]
    assert [is_older(each, [other for other in claims if other != each]) for each in claims] == [True, False, False]
