"""One owner of a campaign, searched to the end: two resources never have schedules of it at once, and one always comes
to have them.

A change of who may submit starts here. Not in it: rivals that are cancelled, suspended, deleted or unreadable, and
several dialers.
"""

from dataclasses import replace

import pytest

from model.owners import LookOmission, Rivalry

RIVALRIES = {
    "two that are accepted": Rivalry((True, True), silences=2, crashes=2),
    "two whose windows end": Rivalry((True, True), windows=2, silences=2, crashes=2, ends=4, deletions=1),
    "three that are accepted": Rivalry((True, True, True), silences=2, crashes=1),
    "a stranger who is older": Rivalry((False, True), windows=2, silences=1, crashes=1, ends=1),
    "a stranger between two that are accepted": Rivalry((True, False, True), silences=1, crashes=1),
    "Secrets that are deleted": Rivalry((True, True), silences=1, crashes=1, deletions=2),
}

FOUND_AMONG = {
    LookOmission.NO_SECOND_LOOK: "two that are accepted",
    LookOmission.OLDER_INTENT_WINS: "two that are accepted",
    LookOmission.INTENT_DOES_NOT_COUNT: "two that are accepted",
    LookOmission.OWNS_TO_THE_END: "two whose windows end",
    LookOmission.UNREAD_DOES_NOT_COUNT: "two that are accepted",
    LookOmission.SECRET_NEEDED: "Secrets that are deleted",
    LookOmission.TOKEN_IS_A_CLAIM: "a stranger who is older",
    LookOmission.ADOPTS_UNSEEN: "two that are accepted",
}


@pytest.mark.parametrize("name", RIVALRIES)
def test_a_campaign_has_one_owner_among(name: str) -> None:
    found = RIVALRIES[name].search()
    assert found.violation is None, str(found)


@pytest.mark.parametrize("omission", LookOmission, ids=str)
def test_it_is_found_where(omission: LookOmission) -> None:
    found = replace(RIVALRIES[FOUND_AMONG[omission]], omitted=omission).search()
    assert found.violation is not None, f"not found among {found.states} states"
